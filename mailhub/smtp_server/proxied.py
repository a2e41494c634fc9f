"""The PROXY protocol, versions 1 and 2: a proxy's words about whom it brings, before anything else is said.

Read octet by octet as far as they go and no further: what follows is the peer's, and may be TLS.
"""

import ipaddress
import re
from collections.abc import Awaitable, Callable

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
"""What version 2 begins with."""
LONGEST_LINE = 107
"""Octets of a line of version 1, CRLF counted."""
PATIENCE = 5.0
"""Seconds a proxy has for its words."""
_FAMILIES = {"TCP4": 4, "TCP6": 6}
_PORT = re.compile(r"[0-9]{1,5}")
_LOCAL, _PROXY = 0, 1
_INET, _INET6 = 0x11, 0x21
_ADDRESSES = {_INET: 12, _INET6: 36}
"""Octets of addresses and ports, TCP over IPv4 and over IPv6."""

Receive = Callable[[int], Awaitable[bytes]]


class Malformed(Exception):
    """A proxy that does not say whom it brings, or says it wrongly."""


async def read(receive: Receive) -> str | None:
    """The IP address of whoever is brought, "" when the proxy does not know, None when it speaks for itself.

    `receive(n)` gives at most n octets, none at the end. Raises `Malformed`.
    """
    start = await _exactly(receive, len(SIGNATURE))
    if start == SIGNATURE:
        return await _second(receive)
    if not start.startswith(b"PROXY "):
        raise Malformed("no PROXY header")
    line = bytearray(start)
    while not line.endswith(b"\r\n"):
        if len(line) >= LONGEST_LINE:
            raise Malformed("a PROXY line without end")
        line += await _exactly(receive, 1)
    return _first(line[:-2].decode("ascii", "replace"))


def _first(line: str) -> str:
    words = line.split(" ")
    if words[1] == "UNKNOWN":
        return ""
    if len(words) != 6 or words[1] not in _FAMILIES:
        raise Malformed("a PROXY line of another form")
    addresses, ports = words[2:4], words[4:]
    if not all(_PORT.fullmatch(each) and int(each) < 65536 for each in ports):
        raise Malformed("a PROXY line with a port that is none")
    try:
        parsed = [ipaddress.ip_address(each) for each in addresses]
    except ValueError as error:
        raise Malformed("a PROXY line with an address that is none") from error
    if any(each.version != _FAMILIES[words[1]] for each in parsed):
        raise Malformed("a PROXY line whose addresses are of another family")
    return str(parsed[0])


async def _second(receive: Receive) -> str | None:
    version, family, high, low = await _exactly(receive, 4)
    rest = await _exactly(receive, high << 8 | low)  # addresses, then TLVs, which are of no use here
    if version >> 4 != 2 or version & 0x0F not in (_LOCAL, _PROXY):
        raise Malformed("a PROXY header of an unknown version or command")
    if version & 0x0F == _LOCAL:
        return None
    if family not in _ADDRESSES:
        return ""  # a socket of another kind: the proxy brings somebody who has no IP address
    if len(rest) < _ADDRESSES[family]:
        raise Malformed("a PROXY header that is too short")
    return str(ipaddress.ip_address(rest[:4] if family == _INET else rest[:16]))


async def _exactly(receive: Receive, count: int) -> bytes:
    octets = b""
    while len(octets) < count:
        more = await receive(count - len(octets))
        if not more:
            raise Malformed("the end in the middle of a PROXY header")
        octets += more
    return octets
