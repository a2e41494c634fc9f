"""Where a domain's mail goes: its mail servers in order, with addresses, or why there is nowhere to go (RFC 5321 section 5.1).

It asks DNS and connects to nothing. Which connections are shared is said by `Mx.key`; the lanes open them.
"""

import asyncio
import hashlib
import random
import re
from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import NamedTuple

from dns.rdatatype import MX

from mailhub.delivery.addressing import fits, is_here, is_public, sendable
from mailhub.delivery.mta_sts import On, Policies, Policy
from mailhub.delivery.smtp_words import Outcome
from mailhub.dns.lookup import Lookup, NoSuchName, Unanswered, open_lookup
from mailhub.hub import Hub

HOSTS, ADDRESSES = 10, 20
"""So many mail servers of a domain, and addresses of all of them, are tried at most."""
REMEMBERED = 20_000
AGAIN = 5.0
"""Seconds a failure of DNS is remembered."""
LITERAL_HOLDS = 3600.0
LONGEST_KEY = 500
CERTIFIED = "certified "

NULL = Outcome("bounced", 556, "5.1.10", "The domain takes no mail: its MX record says so (RFC 7505).")
NO_DOMAIN = Outcome("bounced", 550, "5.1.2", "The recipient's domain does not exist.")
NO_SERVER = Outcome("bounced", 550, "5.1.2", "The recipient's domain names no mail server that has an address.")
NO_LITERAL = Outcome("bounced", 550, "5.1.2", "The recipient's domain is an address that nobody can have.")
OURSELVES = Outcome("bounced", 554, "5.4.6", "The domain's mail comes back to this server, which does not take it.")
NO_PRIVATE = Outcome(
    "bounced", 550, "5.4.0", "The recipient's domain names private addresses alone, and no mail is sent to those."
)
NO_ANSWER = Outcome("deferred", 451, "4.4.3", "DNS gives no answer about the recipient's domain.")
NO_ROUTE = Outcome(
    "deferred", 451, "4.4.4", "No mail server of the domain has an address that can be reached from here."
)
NOT_ALLOWED = Outcome("deferred", 451, "4.7.5", "The domain's MTA-STS policy allows none of its mail servers.")

_literal = re.compile(r"\[(?:IPv6:([0-9A-Fa-f:.]+)|([0-9.]+))\]", re.IGNORECASE).fullmatch


class NoMail(Exception):
    """A domain nothing can be sent to, for ever or for now: `outcome` is what the ledger says of its messages."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.text)
        self.outcome = outcome


@dataclass(frozen=True, slots=True)
class MxHost:
    """A mail server: its name in A-labels (the one its certificate must bear), its IP addresses, its preference."""

    name: str
    addresses: tuple[str, ...]
    preference: int = 0


@dataclass(frozen=True, slots=True)
class Mx:
    """Where the mail of a domain goes.

    key: destinations with the same key share connections: it is made of all their hosts, in order, so that no domain's
    mail reaches a host that domain did not name. provider: a slug, or "": whose limits it keeps. hosts: in order of
    preference, equal ones shuffled. expires: until when that holds, by the clock of the lookup. policy: the domain's
    MTA-STS policy; when it is enforced, `certified`: connections need `SmtpClient(tls="required", verify=True,
    server_name=host.name)`.
    """

    key: str
    provider: str
    hosts: tuple[MxHost, ...]
    expires: float
    certified: bool = False
    policy: Policy | None = None

    @property
    def party(self) -> str:
        """Whose limits it keeps, together with all others of theirs: a provider's, or those of these hosts."""
        return self.provider or self.key.removeprefix(CERTIFIED)

    def attempts(self, source: str = "") -> list[tuple[MxHost, str]]:
        """The addresses to try, in order, at most ADDRESSES, with equal hosts shuffled anew.

        source: the local IP to leave from: only its family is tried; "": whatever this machine has a route to.
        Raises `NoMail` (deferred) when there is none.
        """
        hosts = sorted(self.hosts, key=lambda host: (host.preference, random.random()))
        found = [(host, address) for host in hosts for address in host.addresses if fits(address, source)]
        if not found:
            raise NoMail(NO_ROUTE)
        return found[:ADDRESSES]


Provider = Callable[[Sequence[str], str], str]


class Destinations:
    """Finds where domains' mail goes, and remembers it. Lives in the loop of its `Lookup`.

    names: this server's own host names (A-labels); ports: those it listens on for mail, of which 25 is taken to be one;
    port: the one other servers are asked at. private: whether mail goes to private addresses too.
    provider: (names of the MX hosts, domain) → a slug, or "".
    policies: MTA-STS, or None not to ask.
    """

    def __init__(
        self,
        lookup: Lookup,
        *,
        names: Collection[str] = (),
        ports: Collection[int] = (),
        port: int = 25,
        private: bool = True,
        provider: Provider = lambda hosts, domain: "",
        policies: Policies | None = None,
    ) -> None:
        self.names = {name.lower() for name in names} | {"localhost"}
        self._lookup = lookup
        self._own_port = port in {25, *ports}
        self._private = private
        self._provider = provider
        self._policies = policies
        self._known: OrderedDict[str, tuple[float, Mx | NoMail]] = OrderedDict()

    async def destination(self, domain: str) -> Mx:
        """Where mail for a domain (A-labels or Unicode) or an address literal goes. Raises `NoMail`."""
        known = self.known(domain)
        if known is None:
            known = await self._find(domain)
        if isinstance(known, NoMail):
            raise NoMail(known.outcome)
        return known

    def close(self) -> None:
        """End the questions and close the sockets."""
        self._lookup.close()

    def known(self, domain: str) -> Mx | NoMail | None:
        """The same from memory; None when it must be asked."""
        expires, known = self._known.get(domain, (0.0, None))
        return known if expires > self._lookup.clock() else None

    async def _find(self, domain: str) -> Mx | NoMail:
        found: Mx | NoMail
        expires = self._lookup.clock() + AGAIN
        try:
            found = self._by_literal(domain) if domain.startswith("[") else await self._by_name(domain)
            expires = found.expires
        except NoMail as failure:
            found = failure
        except NoSuchName as failure:
            found, expires = NoMail(NO_DOMAIN), failure.expires
        except Unanswered:
            found = NoMail(NO_ANSWER)
        self._known[domain] = expires, found
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return found

    def _by_literal(self, domain: str) -> Mx:
        """RFC 5321 section 4.1.3."""
        match = _literal(domain)
        addresses = sendable([match[1] or match[2]]) if match else ()
        if not addresses:
            raise NoMail(NO_LITERAL)
        hosts = self._public(self._not_ours((MxHost(addresses[0], addresses),)))
        return Mx(domain.lower(), "", hosts, self._lookup.clock() + LITERAL_HOLDS)

    async def _by_name(self, domain: str) -> Mx:
        policy = asyncio.ensure_future(self._policies.policy(domain)) if self._policies else None
        try:
            mx = await self._by_records(domain)
        except BaseException:
            if policy is not None:
                policy.cancel()
            raise
        return mx if policy is None else _as_allowed(mx, await policy)

    async def _by_records(self, domain: str) -> Mx:
        found = await self._lookup.find(domain, MX)
        named = sorted((each.preference, _name(each.exchange)) for each in found.records) or [(0, found.name)]
        if found.records and not any(name for _, name in named):
            raise NoMail(NULL)
        best = self._not_named([(preference, name) for preference, name in named if name])
        hosts, expires = await self._with_addresses(best[:HOSTS])
        provider = self._provider_of([host.name for host in hosts], domain)
        return Mx(_key(provider, hosts), provider, _shuffled(hosts), min(found.expires, expires))

    def _provider_of(self, hosts: Sequence[str], domain: str) -> str:
        """Whoever has all of a domain's servers; one that others name beside their own makes nobody a provider's."""
        slugs = {self._provider([host], domain) for host in hosts}
        return slugs.pop() if len(slugs) == 1 else ""

    def _not_named(self, named: Sequence[tuple[int, str]]) -> list[tuple[int, str]]:
        """Without ourselves and every server that is no better: those would only send it back (RFC 5321 section 5.1)."""
        own = [preference for preference, name in named if name in self.names or name.endswith(".localhost")]
        kept = [(preference, name) for preference, name in named if not own or preference < min(own)]
        if not kept:
            raise NoMail(OURSELVES)
        return kept

    def _not_ours(self, hosts: tuple[MxHost, ...]) -> tuple[MxHost, ...]:
        """The same by address, where other servers are asked at a port we listen on."""
        own = [host.preference for host in hosts if self._own_port and any(map(is_here, host.addresses))]
        kept = tuple(host for host in hosts if not own or host.preference < min(own))
        if not kept:
            raise NoMail(OURSELVES)
        return kept

    def _public(self, hosts: tuple[MxHost, ...]) -> tuple[MxHost, ...]:
        """Without the private addresses, which anybody could write into their DNS to learn what listens in our network."""
        if self._private:
            return hosts
        known = (replace(host, addresses=tuple(filter(is_public, host.addresses))) for host in hosts)
        kept = tuple(host for host in known if host.addresses)
        if not kept:
            raise NoMail(NO_PRIVATE)
        return kept

    async def _with_addresses(self, named: Sequence[tuple[int, str]]) -> tuple[tuple[MxHost, ...], float]:
        asked = await asyncio.gather(*(self._ask(name) for _, name in named))
        told = zip(named, asked, strict=True)
        hosts = tuple(MxHost(name, one.addresses, preference) for (preference, name), one in told if one.addresses)
        unsure = any(one.unsure for one in asked)
        if not hosts:
            raise NoMail(NO_ANSWER if unsure else NO_SERVER)
        try:
            return self._public(self._not_ours(hosts)), min(one.expires for one in asked)
        except NoMail as ours:  # a better one may be among those DNS did not answer for
            raise NoMail(NO_ANSWER) if unsure else ours from None

    async def _ask(self, name: str) -> "_Asked":
        try:
            addresses, expires = await self._lookup.addresses_until(name)
        except NoSuchName as failure:
            return _Asked((), failure.expires)
        except Unanswered:
            return _Asked((), self._lookup.clock() + AGAIN, True)
        return _Asked(sendable(addresses), expires)


class _Asked(NamedTuple):
    addresses: tuple[str, ...]
    expires: float
    unsure: bool = False


def _as_allowed(mx: Mx, policy: Policy | None) -> Mx:
    """The destination as the domain's MTA-STS policy allows it; raises `NoMail` when it allows no host."""
    if policy is None or policy.mode != "enforce":
        return replace(mx, policy=policy)
    hosts = tuple(host for host in mx.hosts if policy.allows(host.name))
    if not hosts:
        raise NoMail(NOT_ALLOWED)
    return replace(mx, key=CERTIFIED + _key(mx.provider, hosts), hosts=hosts, certified=True, policy=policy)


def _key(provider: str, hosts: Sequence[MxHost]) -> str:
    """All hosts in order, those of equal preference with commas between. DNS writes a blank in a name as \\032, so that
    no name can look like two."""
    ranked = sorted(hosts, key=lambda host: (host.preference, host.name))
    ranks = groupby(ranked, key=lambda host: host.preference)
    text = "; ".join(", ".join(host.name for host in rank) for _, rank in ranks)
    if len(text) > LONGEST_KEY:  # it is the key of a row too, and PostgreSQL has a limit for those
        text = f"{text[:100]} … {hashlib.sha256(text.encode()).hexdigest()}"
    return f"{provider}: {text}" if provider else text


def short_name(key: str) -> str:
    """How people are shown a destination's key: whose servers they are, or the first of them and how many more."""
    provider, is_provider, _ = key.removeprefix(CERTIFIED).partition(": ")
    if is_provider:
        return provider
    names = re.split("[,;] ", provider)
    return names[0] if len(names) == 1 else f"{names[0]} +{len(names) - 1}"


def _name(exchange: object) -> str:
    return str(exchange).removesuffix(".").lower()


def _shuffled(hosts: Sequence[MxHost]) -> tuple[MxHost, ...]:
    return tuple(sorted(hosts, key=lambda host: (host.preference, random.random())))


def open_destinations(hub: Hub, on: On, provider: Provider, names: Collection[str] = ()) -> Destinations:
    """Destinations as the configuration says. on: as in `Policies`; names: more host names of this server's, such as
    those it gives in HELO. Raises `UserError` for DNS servers that make no sense."""
    smtp, lookup = hub.config.smtp, open_lookup(hub.config.dns)
    return Destinations(
        lookup,
        names=[smtp.hostname, *names],
        ports=[smtp.inbound_port, smtp.submission_port],
        port=hub.config.delivery.mx_port,
        private=hub.config.delivery.private_mx,
        provider=provider,
        policies=Policies(hub, lookup, on),
    )
