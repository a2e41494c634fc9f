"""Domain names as DNS takes them: international letters as A-labels, sizes as RFC 1035 section 2.3.4 allows."""

from ipaddress import ip_address

import idna

LONGEST_NAME = 253
LONGEST_LABEL = 63


def ascii_name(name: str) -> str:
    """A domain in lower case and A-labels (RFC 5890), without a final dot. Raises ValueError for what DNS cannot hold."""
    name = name.removesuffix(".")
    if not name.isascii():
        name = ".".join(_ascii_label(label) for label in _dotted(name).split("."))
    labels = name.split(".")
    if len(name) > LONGEST_NAME or not all(0 < len(label) <= LONGEST_LABEL for label in labels):
        raise ValueError(f"{name!r} is no domain name")
    if not name.isprintable() or " " in name:
        raise ValueError(f"{name!r} is no domain name")
    return name.lower()


def _dotted(name: str) -> str:
    """The full stops of other scripts are full stops too (RFC 3490 section 3.1)."""
    return name.translate({0x3002: ".", 0xFF0E: ".", 0xFF61: "."})


def _ascii_label(label: str) -> str:
    # Label by label, since IDNA knows no underscore, and _dmarc.bücher.example is asked all the same.
    return label if label.isascii() else idna.encode(label, uts46=True).decode("ascii")


def reverse_name(address: str) -> str:
    """The name under which the PTR record of an IP address stands (RFC 1035 section 3.5, RFC 3596 section 2.5)."""
    return ip_address(address).reverse_pointer
