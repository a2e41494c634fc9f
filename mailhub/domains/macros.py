"""Macros in SPF records: `%{i}`, `%{d2}` and their like (RFC 7208 section 7)."""

import re
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import quote

_MACRO = re.compile(r"%(?:%|_|-|\{([slodiphcrtv])(\d*)(r?)([.\-+,/_=]*)\})", re.IGNORECASE)
_PLAIN = {"%%": "%", "%_": " ", "%-": "%20"}


def expand(text: str, domain: str, address: IPv4Address | IPv6Address | None) -> str:
    """A domain-spec with its macros put in, for mail from postmaster@`domain`, sent by `address`."""
    if "%" not in text:
        return text
    return _MACRO.sub(lambda found: _one(found, domain, address), text)


def _one(found: "re.Match[str]", domain: str, address: IPv4Address | IPv6Address | None) -> str:
    if found[1] is None:
        return _PLAIN[found[0]]
    letter, digits, backwards, marks = found[1], found[2], found[3], found[4]
    value = {
        "s": f"postmaster@{domain}", "l": "postmaster", "o": domain, "d": domain, "h": domain, "p": "unknown",
        "i": _dotted(address), "v": "ip6" if address is not None and address.version == 6 else "in-addr",
    }.get(letter.lower(), "unknown")  # fmt: skip
    parts = re.split(f"[{re.escape(marks or '.')}]", value)
    if backwards:
        parts.reverse()
    if digits and int(digits):
        parts = parts[-int(digits) :]
    made = ".".join(parts)
    return quote(made, safe="") if letter.isupper() else made


def _dotted(address: IPv4Address | IPv6Address | None) -> str:
    if address is None:
        return "0.0.0.0"
    return str(address) if address.version == 4 else ".".join(address.exploded.replace(":", ""))
