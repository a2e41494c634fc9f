"""SPF as receivers evaluate it (RFC 7208): would mail from one of our addresses pass, and does the record keep the limits."""

import asyncio
import re
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import NamedTuple

from mailhub.dns.lookup import Lookup
from mailhub.domains import asking
from mailhub.domains.macros import expand
from mailhub.errors import Sentence

Address = IPv4Address | IPv6Address
LOOKUPS = 10
"""Terms that ask DNS, at most (RFC 7208 section 4.6.4)."""
VOIDS = 2
"""Of them, those that find nothing."""
HOSTS = 10
"""Hosts of an `mx` or `ptr` term."""

_TERM = re.compile(
    r"([+?~-]?)(all|include|a|mx|ptr|ip4|ip6|exists)(?:[:]([^/\s]+|[0-9a-f:.]+))?(?:/(\d{1,3}))?(?://(\d{1,3}))?\Z",
    re.IGNORECASE,
)
_MODIFIER = re.compile(r"([a-z][a-z0-9_.-]*)=(\S*)\Z", re.IGNORECASE)
_RESULTS = {"+": "pass", "": "pass", "-": "fail", "~": "softfail", "?": "neutral"}


class Broken(Exception):
    """The record cannot be used as it is (permerror): `sentence` says why."""

    def __init__(self, sentence: Sentence) -> None:
        self.sentence = sentence
        super().__init__(sentence)


class Term(NamedTuple):
    """A mechanism: its result when it matches, its name, its value and the prefix lengths for IPv4 and IPv6."""

    result: str
    name: str
    value: str
    short: int
    long: int


class Policy(NamedTuple):
    """A record, read: mechanisms in order, and where `redirect=` leads, or ""."""

    terms: tuple[Term, ...]
    redirect: str


@dataclass
class Spf:
    """One evaluation. `address` None matches nothing, so that the whole record is walked and counted.

    Afterwards `lookups` says how many terms asked DNS, `included` which domains the record led to.
    """

    lookup: Lookup
    address: Address | None
    lookups: int = 0
    voids: int = 0
    included: set[str] = field(default_factory=set)

    async def check(self, domain: str) -> str:
        """pass, fail, softfail, neutral or none. Raises `Broken`, and what a lookup raises when nobody answers."""
        record = await find_record(self.lookup, domain)
        if record is None:
            return "none"
        policy = read(record)
        for term in policy.terms:
            if await self._matches(term, domain):
                return term.result
        if policy.redirect:
            target = self._count_to(policy.redirect, domain)
            result = await self.check(target)
            if result == "none":
                raise Broken(
                    Sentence("The SPF record leads to {name}, which has none: correct redirect=.", name=target)
                )
            return result
        return "neutral"

    async def _matches(self, term: Term, domain: str) -> bool:
        if term.name == "all":
            return True
        if term.name in ("ip4", "ip6"):
            return self.address is not None and self.address in ip_network(term.value, strict=False)
        target = self._count_to(term.value or domain, domain)
        if term.name == "include":
            return await self._includes(target)
        if term.name == "a":
            return self._covers(term, await self._addresses(target))
        if term.name == "mx":
            return await self._mx(term, target)
        if term.name == "exists":
            return bool(await self._addresses(target, 4)) and self.address is not None
        return await self._ptr(target)

    async def _includes(self, target: str) -> bool:
        self.included.add(target)
        result = await self.check(target)
        if result == "none":
            raise Broken(
                Sentence("The SPF record includes {name}, which has none: take include:{name} out.", name=target)
            )
        return result == "pass"

    async def _mx(self, term: Term, target: str) -> bool:
        hosts = [host for _, host in await asking.hosts(self.lookup, target) if host]
        self._void(not hosts)
        if len(hosts) > HOSTS:
            raise Broken(
                Sentence("The SPF record names mx:{name}, which has more than 10 hosts: name addresses.", name=target)
            )
        found = [await asking.addresses(self.lookup, host) for host in hosts]
        return self._covers(term, [address for some in found for address in some])

    async def _ptr(self, target: str) -> bool:
        """Slow, and not to be used any more (section 5.5), yet some do."""
        if self.address is None:
            return False
        names = (await asking.pointers(self.lookup, str(self.address)))[:HOSTS]
        self._void(not names)
        near = [name for name in names if name == target or name.endswith(f".{target}")]
        found = [await asking.addresses(self.lookup, name) for name in near]
        return any(ip_address(each) == self.address for some in found for each in some)

    async def _addresses(self, name: str, version: int = 0) -> list[str]:
        found = await asking.addresses(self.lookup, name)
        kind = version or (self.address.version if self.address else 0)
        fitting = [each for each in found if not kind or ip_address(each).version == kind]
        self._void(not found)
        return fitting

    def _covers(self, term: Term, addresses: list[str]) -> bool:
        if self.address is None:
            return False
        length = term.short if self.address.version == 4 else term.long
        same = [each for each in addresses if ip_address(each).version == self.address.version]
        return any(self.address in ip_network(f"{each}/{length}", strict=False) for each in same)

    def _count_to(self, name: str, domain: str) -> str:
        """One more term that asks DNS; where it leads."""
        self.lookups += 1
        if self.lookups > LOOKUPS:
            raise Broken(
                Sentence(
                    "The SPF record needs more than 10 look-ups, so receivers give up: take includes out that are not used."
                )
            )
        return expand(name, domain, self.address).rstrip(".").lower()

    def _void(self, empty: bool) -> None:
        self.voids += empty
        if self.voids > VOIDS:
            raise Broken(Sentence("The SPF record names more than 2 hosts that do not exist: take them out."))


async def find_record(lookup: Lookup, domain: str) -> str | None:
    """A domain's SPF record, or None. Raises `Broken` when there are several (section 4.5), `Unanswered`."""
    texts = await asking.texts(lookup, domain)
    found = [text for text in texts if text.lower() == "v=spf1" or text.lower().startswith("v=spf1 ")]
    if len(found) > 1:
        raise Broken(
            Sentence("{name} has {count} SPF records, so none counts: make one of them.", name=domain, count=len(found))
        )
    return found[0] if found else None


def read(record: str) -> Policy:
    """A record's mechanisms and redirect. Raises `Broken` for what cannot be read (section 4.6)."""
    terms: list[Term] = []
    redirects: list[str] = []
    for word in record.split()[1:]:
        modifier = _MODIFIER.match(word)
        if modifier is not None:
            redirects += [modifier[2]] if modifier[1].lower() == "redirect" else []
            continue
        terms.append(_read_term(word))
    if len(redirects) > 1 or "" in redirects:
        raise Broken(Sentence("The SPF record's redirect= cannot be read: write it once, with a domain."))
    ends = any(term.name == "all" for term in terms)
    return Policy(tuple(terms), redirects[0] if redirects and not ends else "")


def _read_term(word: str) -> Term:
    wrong = Broken(Sentence("The SPF record says {word}, which is no SPF: correct it.", word=word))
    found = _TERM.match(word)
    if found is None:
        raise wrong
    sign, name, value, short, long = found[1], found[2].lower(), found[3] or "", found[4], found[5]
    if name in ("ip4", "ip6"):
        return Term(_RESULTS[sign], name, _network(name, value, short, long, wrong), 32, 128)
    if (name in ("include", "exists") and not value) or (name == "all" and value):
        raise wrong
    if name not in ("a", "mx") and (short or long):
        raise wrong
    if int(short or 32) > 32 or int(long or 128) > 128:
        raise wrong
    return Term(_RESULTS[sign], name, value, int(short or 32), int(long or 128))


def _network(name: str, value: str, short: str | None, long: str | None, wrong: Broken) -> str:
    try:
        network = ip_network(f"{value}/{short}" if short else value, strict=False)
    except ValueError:
        raise wrong from None
    if long or network.version != (4 if name == "ip4" else 6):
        raise wrong
    return str(network)


class Outcome(NamedTuple):
    """What SPF says of us: which addresses do not pass, whether all was walked within the limits, what it leads to."""

    record: str | None
    outside: tuple[str, ...]
    included: frozenset[str]
    over: Sentence | None


async def evaluate(lookup: Lookup, domain: str, addresses: tuple[str, ...]) -> Outcome:
    """Evaluate a domain's record for each of our addresses, and walk it whole.

    Raises `Broken` when receivers cannot use it for mail of ours, `Unanswered` and `TimeoutError` when nobody answers.
    """
    record = await find_record(lookup, domain)
    if record is None:
        return Outcome(None, addresses, frozenset(), None)
    results = await asyncio.gather(*(Spf(lookup, ip_address(each)).check(domain) for each in addresses))
    outside = tuple(each for each, result in zip(addresses, results, strict=True) if result != "pass")
    whole = Spf(lookup, None)
    over = None
    try:
        await whole.check(domain)
    except Broken as broken:
        if not addresses:
            raise
        over = broken.sentence
    return Outcome(record, outside, frozenset(whole.included), over)
