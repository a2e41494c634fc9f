"""What is taken for a host, a domain, a local address, a name in EHLO: checked, and put into the form that is kept."""

import ipaddress
import re
import socket
import unicodedata

import idna

from mailhub.errors import Sentence
from mailhub.routes import STREAMS

LONGEST_NAME = 64
_BETWEEN = frozenset(" ._:+-")
_HOST = re.compile(r"(?=.{1,253}$)(?!-)[a-z0-9_-]{1,63}(?<!-)(?:\.(?!-)[a-z0-9-]{1,63}(?<!-))*", re.ASCII)


def name(text: str, what: str) -> Sentence | None:
    """What is wrong with the name of a route or pool, or None. `what` is "route" or "pool"."""
    ends = text[:1] + text[-1:]
    if 0 < len(text) <= LONGEST_NAME and not _BETWEEN.intersection(ends) and all(map(_is_of_name, text)):
        return None
    if what == "route":
        return Sentence(
            "{name} cannot be a route’s name: take letters, digits, spaces and . _ : + - (64 at most).",
            name=text or "“”",
        )
    return Sentence(
        "{name} cannot be a pool’s name: take letters, digits, spaces and . _ : + - (64 at most).", name=text or "“”"
    )


def _is_of_name(sign: str) -> bool:
    """A letter, mark or digit of any script, or a sign that means nothing in a rule or an address of a page."""
    return sign in _BETWEEN or unicodedata.category(sign)[0] in "LMN"


def usual_name(text: str) -> str:
    """A name as it is kept: é is one sign, however it was typed (Unicode's form C)."""
    return unicodedata.normalize("NFC", text)


def host(text: str) -> str:
    """A host's name as an A-label, or its address. Raises ValueError."""
    bare = text.strip("[]")
    try:
        return str(ipaddress.ip_address(bare))
    except ValueError:
        return host_name(text)


def host_name(text: str) -> str:
    """A host's name as A-label, lower-case. Raises ValueError."""
    try:
        clean = idna.encode(text.rstrip("."), uts46=True).decode() if not text.isascii() else text.rstrip(".").lower()
    except idna.IDNAError as error:
        raise ValueError(text) from error
    if not _HOST.fullmatch(clean) or clean.rpartition(".")[2].isdigit():
        raise ValueError(text)
    return clean


def domain(text: str) -> str:
    """A condition on a domain: "", example.com, or *.example.com. Raises ValueError."""
    if not text:
        return ""
    start, bare = ("*.", text[2:]) if text.startswith("*.") else ("", text)
    clean = host_name(bare)
    if "." not in clean:
        raise ValueError(text)
    return start + clean


def helo(text: str) -> str:
    """A name for EHLO: a host name with a dot, "localhost", or "" for the server's own. Raises ValueError."""
    clean = host_name(text) if text else ""
    if clean and "." not in clean and clean != "localhost":
        raise ValueError(text)
    return clean


def stream(text: str) -> bool:
    """Whether it is a stream, or "" for any."""
    return text in ("", *STREAMS)


def usual(text: str) -> str:
    """An IP address in its usual form; what is none, as it was written."""
    try:
        return str(ipaddress.ip_address(text.strip("[]")))
    except ValueError:
        return text


def local_address(text: str) -> str | Sentence:
    """An address of this machine in its usual form; or the sentence that says why it is none."""
    try:
        parsed = ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return Sentence("{address} is no IP address: write one such as 192.0.2.10 or 2001:db8::10.", address=text)
    family = socket.AF_INET6 if parsed.version == 6 else socket.AF_INET
    if parsed.is_unspecified or parsed.is_multicast:
        return Sentence("No mail can leave from {address}: write an address that this machine has.", address=text)
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.bind((str(parsed), 0))
    except OSError as error:
        return Sentence(
            "{address} is not an address of this machine ({reason}): give it to a network interface first.",
            address=text, reason=error.strerror or str(error),
        )  # fmt: skip
    return str(parsed)
