"""Where a request may go: an address is resolved, checked, and then connected to as it was checked (no second look-up)."""

import ipaddress
import socket
from typing import NamedTuple
from urllib.parse import urlsplit

from mailhub.errors import Invalid, Sentence

LONGEST = 2000
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class Target(NamedTuple):
    """An endpoint's address in parts; `path` with its query."""

    scheme: str
    host: str
    port: int
    path: str


class Unreachable(Exception):
    """There is nowhere to connect to; the text says why."""


def parse(url: str, allow_private: bool) -> Target:
    """Take an address apart. Raises `Invalid` (field `url`) unless it is https, or http where private is allowed."""
    schemes = ("https", "http") if allow_private else ("https",)
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        parts, host, port = urlsplit(""), "", None
    plain = url.isascii() and url.isprintable() and " " not in url
    if parts.scheme not in schemes or not host or len(url) > LONGEST or not plain:
        raise Invalid(
            fields={
                "url": Sentence("{url} is no address for webhooks: write one that begins with https://.", url=url[:200])
            }
        )
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise Invalid(fields={"url": Sentence("The address holds a login or a fragment: leave both out.")})
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, port or {"https": 443, "http": 80}[parts.scheme], path)


def resolve(target: Target, allow_private: bool) -> list[str]:
    """The IP addresses to connect to, in order. Raises `Unreachable` when there are none, or one of them is private."""
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unreachable(Sentence("{host} has no address: {error}", host=target.host, error=str(error))) from error
    addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
    for each in addresses:
        if not allow_private and not is_public(each):
            raise Unreachable(
                Sentence("{host} is {address}, which is no public address", host=target.host, address=str(each))
            )
    return addresses


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the public Internet, also by what is wrapped in an IPv6 one."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip in _NAT64:
            return is_public(str(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)))
        inside = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inside is not None:
            return is_public(str(inside))
    return ip.is_global and not ip.is_multicast and not ip.is_reserved
