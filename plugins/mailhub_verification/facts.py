"""What DNS says of a domain as a place for mail: where it goes, that it goes nowhere, or that nobody said."""

from collections.abc import Awaitable, Callable
from ipaddress import ip_address
from typing import NamedTuple

import dns.message
import dns.rcode
import dns.rdatatype
from dns.rdatatype import RdataType

from mailhub.dns.asking import Unanswered

SHORTEST, LONGEST = 60, 3600
"""Seconds what was found is believed, whatever its own time to live is."""
SHOWN = 5

Ask = Callable[[str, RdataType], Awaitable[dns.message.Message]]


class Facts(NamedTuple):
    """Slugs (none: mail servers are named), the mail servers' names, best first, and how many seconds that holds."""

    reasons: tuple[str, ...] = ()
    servers: tuple[str, ...] = ()
    lifetime: float = SHORTEST


FAILED = Facts(("dns-failed",))
SKIPPED = Facts(("dns-skipped",))


async def look_up(domain: str, ask: Ask) -> Facts:
    """Find out about a domain (lower case, A-labels): MX, and where there is none A and AAAA (RFC 5321 section 5.1)."""
    try:
        answer = await ask(domain, dns.rdatatype.MX)
        if answer.rcode() == dns.rcode.NXDOMAIN:
            return Facts(("no-domain",), (), _lifetime(answer))
        named = _named(answer)
        return _of_servers(named, _lifetime(answer)) if named else await _by_address(domain, ask)
    except Unanswered:
        return FAILED


def _named(answer: dns.message.Message) -> list[str]:
    found = [each for rrset in answer.answer if rrset.rdtype == dns.rdatatype.MX for each in rrset]
    return [each.exchange.to_text(omit_final_dot=True).lower() for each in sorted(found, key=lambda mx: mx.preference)]


def _of_servers(named: list[str], lifetime: float) -> Facts:
    if all(name in ("", ".", "@") for name in named):
        return Facts(("null-mx",), (), lifetime)
    reachable = tuple(name for name in named if _is_host(name))
    return Facts((), reachable[:SHOWN], lifetime) if reachable else Facts(("no-mail-server",), (), lifetime)


def _is_host(name: str) -> bool:
    """Not nothing, not this machine, and not an address, which an MX record may not name (RFC 5321 section 5.1)."""
    if name in ("", ".", "@", "localhost") or name.endswith(".localhost"):
        return False
    try:
        ip_address(name)
    except ValueError:
        return True
    return False


async def _by_address(domain: str, ask: Ask) -> Facts:
    for kind in (dns.rdatatype.A, dns.rdatatype.AAAA):
        answer = await ask(domain, kind)
        if any(rrset.rdtype == kind for rrset in answer.answer):
            return Facts(("implicit-mx",), (domain,), _lifetime(answer))
    return Facts(("no-mail-server",), (), _lifetime(answer))


def _lifetime(answer: dns.message.Message) -> float:
    """The shortest time to live of what was said; for "there is none" that of the SOA record (RFC 2308 section 5)."""
    told = [rrset.ttl for rrset in answer.answer or answer.authority]
    return float(max(SHORTEST, min(LONGEST, *told))) if told else float(SHORTEST)
