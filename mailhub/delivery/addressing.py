"""Which IP addresses of other servers can be connected to from here, and which are this machine's own."""

import contextlib
import random
import socket
from collections.abc import Iterable
from ipaddress import IPv6Address, IPv6Network, ip_address

_TRANSLATED = IPv6Network("64:ff9b::/96")


def source_of(address: str) -> str:
    """The local IP address a connection to this IP address would leave from, or "" when there is no route.

    Nothing is sent. A private IPv6 address does not count towards the world: unlike with IPv4 nobody translates it.
    """
    ip = ip_address(address)
    family = socket.AF_INET if ip.version == 4 else socket.AF_INET6
    with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.connect((address, 25))
        source = str(probe.getsockname()[0])
        if ip.version == 4 or not ip.is_global or ip_address(source).is_global:
            return source
    return ""


def is_here(address: str) -> bool:
    """Whether an IP address is this machine's: then it is also the one that would be connected from."""
    return ip_address(address).is_loopback or source_of(address) == address


def sendable(addresses: Iterable[str]) -> tuple[str, ...]:
    """Those of the addresses (text from DNS) that one host can have: IPv4 first, each family shuffled.

    IPv4 comes first since large providers ask more of IPv6, such as names that lead both ways.
    """
    kept = []
    for address in addresses:
        try:
            ip = ip_address(address)
        except ValueError:
            continue
        mapped = getattr(ip, "ipv4_mapped", None)
        if not (ip.is_unspecified or ip.is_multicast or mapped or str(ip) == "255.255.255.255"):
            kept.append((ip.version, random.random(), str(ip)))
    return tuple(address for _, _, address in sorted(kept))


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the world, and not to a network of somebody's own, also inside IPv6 (6to4, RFC 3056,
    and NAT64, RFC 6052)."""
    ip = ip_address(address)
    if isinstance(ip, IPv6Address):
        within = ip_address(int(ip) & 0xFFFFFFFF) if ip in _TRANSLATED else ip.sixtofour
        if within is not None and not within.is_global:
            return False
    return ip.is_global


def fits(address: str, source: str) -> bool:
    """Whether an address can be connected to from this local address, or, when it is "", from any."""
    if source:
        return ip_address(source).version == ip_address(address).version
    return bool(source_of(address))
