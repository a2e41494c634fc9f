"""One look at all records of a domain: every question at the same time, and an end after half a minute whoever is silent.

Reads the database before it asks and writes nothing: keeping what was seen is left to `noting`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from mailhub.accounts import OPERATOR, Domain
from mailhub.dns.lookup import Lookup, Unanswered, open_lookup
from mailhub.domains import asking, checks
from mailhub.domains.dmarc import dmarc
from mailhub.domains.envelope import envelope, host_sender
from mailhub.domains.keys import keys_of, record_name
from mailhub.domains.ours import Ours, ours_of
from mailhub.domains.owning import proof_name, proves, rival_of
from mailhub.domains.records import TLS_REPORTS, host_names, link_name, report_address, return_path_name
from mailhub.domains.sending_addresses import check_address, find_addresses
from mailhub.domains.verdicts import (
    DKIM,
    DMARC,
    MTA_STS,
    PROOF,
    PTR,
    RETURN_PATH,
    SPF,
    TLS_RPT,
    TRACKING,
    Look,
    Verdict,
    unasked,
)
from mailhub.hub import Hub

LIMIT = 30.0
"""Seconds a check may take; what has no answer then could not be asked."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A domain as it is looked at: its row, the names and values of its keys' records, whether it needs a proof, who
    else has proved it, where reports about it are read here ("": nowhere), and this server's own names under it."""

    domain: Domain
    keys: tuple[tuple[str, str], ...]
    needs_proof: bool
    rival: Domain | None
    reports: str = ""
    tls_reports: str = ""
    hosts: tuple[str, ...] = ()


def subject_of(hub: Hub, domain: Domain) -> Subject:
    """Read what a look needs to know."""
    keys = tuple((record_name(key, domain.name), key.record) for key in keys_of(domain))
    needed = domain.account_id != OPERATOR and hub.config.domains.proof
    addresses = report_address(hub, domain.name), report_address(hub, domain.name, local=TLS_REPORTS)
    return Subject(domain, keys, needed, rival_of(domain), *addresses, tuple(host_names(domain, ours_of(hub))))


async def look_at(hub: Hub, domain: Domain) -> Look:
    """Look at a domain, believing nothing that was said at an earlier look. Never within a transaction: it may take
    `LIMIT` seconds."""
    subject, ours = subject_of(hub, domain), ours_of(hub)
    lookup = open_lookup(hub.config.dns)
    try:
        return await look(lookup, ours, subject)
    finally:
        lookup.close()


async def look(lookup: Lookup, ours: Ours, subject: Subject, limit: float = LIMIT) -> Look:
    """Look at one domain."""
    name = subject.domain.name
    end = asyncio.get_running_loop().time() + limit
    addresses = await _addresses(lookup, ours, end)
    proving = asyncio.ensure_future(_proof(lookup, subject, end))
    rest = await asyncio.gather(
        *(_one(checks.dkim(lookup, key, value), DKIM, key, end) for key, value in subject.keys),
        _spf(checks.sender, lookup, name, ours, addresses, end),
        *(_spf(host_sender, lookup, each, ours, addresses, end) for each in subject.hosts if each != ours.return_path),
        _one(dmarc(lookup, name, subject.reports), DMARC, f"_dmarc.{name}", end),
        _one(
            checks.return_path(lookup, name, ours, addresses or ()),
            RETURN_PATH, ours.return_path or return_path_name(name), end,
        ),
        _one(checks.tracking(lookup, name, ours), TRACKING, link_name(name), end),
        _one(checks.mta_sts(lookup, name), MTA_STS, f"_mta-sts.{name}", end),
        _one(checks.tls_rpt(lookup, name, subject.tls_reports), TLS_RPT, f"_smtp._tls.{name}", end),
        *(_one(check_address(lookup, ours, each), PTR, each, end) for each in addresses or ()),
    )  # fmt: skip
    verdict, found = await proving
    under = await _envelope(lookup, name, ours, addresses, rest, end)
    return Look((*([verdict] if verdict else []), *rest, *([under] if under else [])), tuple(found))


async def _envelope(
    lookup: Lookup, name: str, ours: Ours, addresses: tuple[str, ...] | None, seen: Sequence[Verdict], end: float
) -> Verdict | None:
    """SPF at the return path, once it is known whether that leads here."""
    back = next(each for each in seen if each.kind == RETURN_PATH)
    if addresses is None:
        return None if back.state != "ok" else unasked(SPF, back.name)
    try:
        async with asyncio.timeout_at(end):
            return await envelope(lookup, name, ours, addresses, back)
    except (Unanswered, TimeoutError):
        return unasked(SPF, back.name)


async def _addresses(lookup: Lookup, ours: Ours, end: float) -> tuple[str, ...] | None:
    try:
        async with asyncio.timeout_at(end):
            return await find_addresses(lookup, ours)
    except (Unanswered, TimeoutError):
        return None


async def _one(asking: Awaitable[Verdict], kind: str, name: str, end: float) -> Verdict:
    try:
        async with asyncio.timeout_at(end):
            return await asking
    except (Unanswered, TimeoutError):
        return unasked(kind, name)


async def _proof(lookup: Lookup, subject: Subject, end: float) -> tuple[Verdict | None, list[str]]:
    if not subject.needs_proof:
        return None, []
    name = proof_name(subject.domain)
    try:
        async with asyncio.timeout_at(end):
            found = await asking.texts(lookup, name)
    except (Unanswered, TimeoutError):
        return unasked(PROOF, name), []
    rival = subject.rival
    taken = rival is not None and (rival.account_id == OPERATOR or proves(rival, found))
    return checks.proof(subject.domain, found, taken), found


async def _spf(
    judge: Callable[[Lookup, str, Ours, tuple[str, ...]], Awaitable[Verdict]],
    lookup: Lookup,
    name: str,
    ours: Ours,
    addresses: tuple[str, ...] | None,
    end: float,
) -> Verdict:
    if addresses is None:
        return unasked(SPF, name)
    return await _one(judge(lookup, name, ours, addresses), SPF, name, end)
