"""How many mails are asked about at once, in all and for each peer and sender's domain: one sender's are not everybody's."""

from collections import Counter
from ipaddress import ip_address, ip_network

MOST = 64
MOST_OF_PEER = 16
MOST_OF_DOMAIN = 8
OCTETS = 32_000_000
"""Octets of mail that are held meanwhile, unless one mail alone is larger."""


class Room:
    """What one process has under way. It is for one thread at a time."""

    def __init__(self) -> None:
        self._inside: dict[int, tuple[str, str, int]] = {}
        self._peers: Counter[str] = Counter()
        self._domains: Counter[str] = Counter()
        self._octets = 0

    def enter(self, key: int, peer: str, domain: str, octets: int) -> bool:
        """Let a mail in. False when it must come again later."""
        network = _network(peer)
        if (
            len(self._inside) >= MOST
            or self._peers[network] >= MOST_OF_PEER
            or (domain and self._domains[domain] >= MOST_OF_DOMAIN)
            or (self._inside and self._octets + octets > OCTETS)
        ):
            return False
        self._inside[key] = network, domain, octets
        self._peers[network] += 1
        self._domains[domain] += 1
        self._octets += octets
        return True

    def leave(self, key: int) -> None:
        """A mail that was let in is done with."""
        network, domain, octets = self._inside.pop(key)
        self._octets -= octets
        for counter, one in ((self._peers, network), (self._domains, domain)):
            counter[one] -= 1
            if not counter[one]:
                del counter[one]

    def is_tight(self, peer: str) -> bool:
        """Whether more than half of what all, or this peer, may have is taken: then nobody stays long."""
        return len(self._inside) > MOST // 2 or self._peers[_network(peer)] > MOST_OF_PEER // 2


def _network(peer: str) -> str:
    """A peer, or for IPv6 the network of 64 bits that one household has."""
    try:
        six = ip_address(peer).version == 6
    except ValueError:
        return peer
    return str(ip_network(f"{peer}/64", strict=False)) if six else peer
