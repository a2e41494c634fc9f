"""MTA-STS (RFC 8461): whether a domain wants its mail over verified TLS only, and by which hosts.

A policy is found by a TXT record, fetched over HTTPS, kept in a table, and holds for its max_age whatever DNS says later.
Connecting as it says is the lanes'.
"""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal, cast

import peewee

from mailhub.db import transaction
from mailhub.delivery import mta_sts_rows
from mailhub.delivery.addressing import is_public
from mailhub.delivery.fetching import PATIENCE, NotFetched, fetch
from mailhub.delivery.tls import SYSTEM, Trust
from mailhub.dns.lookup import Lookup, NoSuchName, Unanswered
from mailhub.dns.names import ascii_name
from mailhub.hub import Hub

On = Callable[..., Awaitable[Any]]
Mode = Literal["enforce", "testing", "none"]

PATH = "/.well-known/mta-sts.txt"
LONGEST_AGE = 31_557_600
"""Seconds in a year: the longest max_age (RFC 8461 section 3.2)."""
RENEW = 86_400.0
"""Seconds after which a policy is fetched again though its id did not change, so that it does not run out unseen."""
NOT_AGAIN = 300.0
"""Seconds a policy that could not be fetched is left alone (RFC 8461 section 3.3)."""
SHORTEST_AGE = 300
"""Seconds a policy holds at least, or its server would be asked for every mail."""
LOOK = 60.0
"""Seconds between two looks at what other processes have fetched."""
REMEMBERED = 20_000
"""Policies kept in memory; one that is forgotten is fetched again."""
AT_ONCE = 20
"""Policies fetched at the same time."""

log = logging.getLogger(__name__)

_record = re.compile(r"v=STSv1[ \t]*;(.*)", re.DOTALL).fullmatch
_id = re.compile(r"(?:^|;)[ \t]*id[ \t]*=[ \t]*([A-Za-z0-9]{1,32})[ \t]*(?=;|$)").search


@dataclass(frozen=True, slots=True)
class Policy:
    """What a domain wants. hosts: names, or *.name for any one label before it. max_age: seconds."""

    id: str
    mode: Mode
    hosts: tuple[str, ...]
    max_age: int
    fetched_at: int = 0

    def allows(self, host: str) -> bool:
        """Whether mail may go to this MX host (RFC 8461 section 4.1)."""
        host = host.lower().removesuffix(".")
        return host in self.hosts or f"*.{host.partition('.')[2]}" in self.hosts

    def expires_at(self) -> int:
        """When it ends, in ms."""
        return self.fetched_at + self.max_age * 1000


class Policies:
    """Policies of other domains, for one process. Lives in the loop of its `Lookup`.

    on: runs a function on a thread that may use the database, such as `Desk.on`. port and trust: of the HTTPS servers.
    patience: seconds a fetch may take.
    """

    def __init__(
        self,
        hub: Hub,
        lookup: Lookup,
        on: On,
        *,
        port: int = 443,
        trust: Trust = SYSTEM,
        patience: float = PATIENCE,
    ) -> None:
        self.hub = hub
        self._lookup, self._on = lookup, on
        self._port, self._trust, self._patience = port, trust, patience
        self._kept: dict[str, Policy] = {}
        self._read_until = 0
        self._look_at = 0.0
        self._failed: dict[str, float] = {}
        self._fetching: dict[str, asyncio.Task[Policy | None]] = {}
        self._looking = asyncio.Lock()
        self._room = asyncio.Semaphore(AT_ONCE)

    async def policy(self, domain: str) -> Policy | None:
        """The policy that holds for a domain now, or None: it has none, or mode none. Costs a domain without one a TXT
        question in its time to live, and no query."""
        try:
            domain = ascii_name(domain)
        except ValueError:
            return None
        await self._look()
        told = await self._told(domain)
        kept = self._holding(domain)
        if told and (kept is None or kept.id != told or self._is_old(kept)):
            kept = await self._renewed(domain, told) or kept
        return kept if kept is not None and kept.mode != "none" else None

    async def _told(self, domain: str) -> str:
        """The id that DNS tells (RFC 8461 section 3.1), or ""."""
        try:
            texts = await self._lookup.txt(f"_mta-sts.{domain}")
        except (NoSuchName, Unanswered):
            return ""
        found = [match[1] for text in texts if (match := _record(text))]
        told = _id(found[0]) if len(found) == 1 else None
        return told[1] if told else ""

    def _holding(self, domain: str) -> Policy | None:
        kept = self._kept.get(domain)
        return kept if kept is not None and kept.expires_at() > self.hub.ms() else None

    def _is_old(self, policy: Policy) -> bool:
        return self.hub.ms() > policy.fetched_at + 1000 * min(RENEW, policy.max_age / 2)

    async def _look(self) -> None:
        """Read from the table what was fetched since the last look, at most once a minute."""
        if self._lookup.clock() < self._look_at:
            return
        async with self._looking:
            if self._lookup.clock() < self._look_at:
                return
            self._look_at = self._lookup.clock() + LOOK
            now = self.hub.ms()
            try:  # from a little before the last look, since clocks of machines differ
                rows = await self._on(mta_sts_rows.since, self._read_until - 120_000, now, REMEMBERED)
            except peewee.PeeweeException as error:
                log.warning("MTA-STS policies could not be read from the database: %s", error)
                return
            self._kept |= {row.domain: _of_row(row) for row in rows}
            holding = [(domain, policy) for domain, policy in self._kept.items() if policy.expires_at() > now]
            self._kept = dict(holding[-REMEMBERED:])
            self._read_until = now

    async def _renewed(self, domain: str, told: str) -> Policy | None:
        """The policy as it is fetched now: once, however many wait; None when that fails."""
        now = self._lookup.clock()
        if self._failed.get(domain, 0.0) > now:
            return None
        task = self._fetching.get(domain)
        if task is None:
            task = self._fetching[domain] = asyncio.get_running_loop().create_task(self._renew(domain, told))
            task.add_done_callback(lambda _: self._fetching.pop(domain))
        return await asyncio.shield(task)

    async def _renew(self, domain: str, told: str) -> Policy | None:
        now = self._lookup.clock()
        try:
            async with self._room:
                content = await self._fetch(f"mta-sts.{domain}")
            policy = read(content, told, self.hub.ms())
        except (NotFetched, ValueError) as failure:
            log.warning("the MTA-STS policy of %s could not be read: %s", domain, failure)
            self._failed = {each: until for each, until in self._failed.items() if until > now}
            self._failed[domain] = now + NOT_AGAIN
            return None
        self._kept[domain] = policy
        try:
            await self._on(_keep, domain, policy, self.hub.ms())
        except peewee.PeeweeException as error:  # this process holds to it all the same
            log.warning("the MTA-STS policy of %s could not be written: %s", domain, error)
        return policy

    async def _fetch(self, host: str) -> bytes:
        try:
            addresses = await self._lookup.addresses(host)
        except (NoSuchName, Unanswered) as failure:
            raise NotFetched(f"{host} has no address that DNS would tell") from failure
        if not self.hub.config.delivery.private_mx:
            addresses = [address for address in addresses if is_public(address)]
        kind, content = await fetch(host, PATH, addresses[:4], self._port, self._trust.strict, self._patience)
        if kind != "text/plain":
            raise NotFetched(f"{host} answered with {kind or 'no media type'} instead of text/plain")
        return content


def read(content: bytes, told: str, fetched_at: int) -> Policy:
    """A policy from its file (RFC 8461 section 3.2). `told`: its id; `fetched_at`: ms. Raises ValueError."""
    fields: dict[str, list[str]] = {}
    for line in content.decode("utf-8").splitlines():
        name, colon, value = line.partition(":")
        if colon:
            fields.setdefault(name.strip(), []).append(value.strip())
    first = {name: values[0] for name, values in fields.items()}
    if first.get("version") != "STSv1":
        raise ValueError("it is no MTA-STS policy of version 1")
    mode, age = first.get("mode", ""), first.get("max_age", "")
    if mode not in ("enforce", "testing", "none") or not re.fullmatch(r"[0-9]{1,10}", age):
        raise ValueError("it says no mode or no max_age")
    hosts = tuple(_host(each) for each in fields.get("mx", ()))
    if mode != "none" and not hosts:
        raise ValueError("it names no mail server")
    return Policy(told, cast(Mode, mode), hosts, max(SHORTEST_AGE, min(int(age), LONGEST_AGE)), fetched_at)


def _host(written: str) -> str:
    wild, name = written.startswith("*."), ascii_name(written.removeprefix("*."))
    return f"*.{name}" if wild else name


def report(domain: str, policy: Policy | None, host: str, tls: str) -> None:
    """Tell the log of a connection that a policy in testing would not have allowed. tls: as in `SmtpClient.tls`."""
    if policy is None or policy.mode != "testing":
        return
    if not policy.allows(host):
        log.warning("the MTA-STS policy of %s (testing) does not name its mail server %s", domain, host)
    elif not tls.endswith("verified"):
        seen = f"{tls} with a certificate that is not believed" if tls else "no TLS"
        log.warning("the MTA-STS policy of %s (testing) asks for more than %s has: %s", domain, host, seen)


def _of_row(row: mta_sts_rows.StsPolicy) -> Policy:
    values: Any = row
    return Policy(values.policy_id, values.mode, tuple(values.hosts.split()), values.max_age, values.fetched_at)


def _keep(domain: str, policy: Policy, now: int) -> None:
    row = {
        "domain": domain, "policy_id": policy.id, "mode": policy.mode, "hosts": " ".join(policy.hosts),
        "max_age": policy.max_age, "fetched_at": policy.fetched_at, "expires_at": policy.expires_at(),
    }  # fmt: skip
    with transaction():
        mta_sts_rows.keep(row, now)
