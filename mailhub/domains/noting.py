"""Keeping what a look saw: since when, how often in a row it failed, and telling once when a domain breaks or mends.

What could not be asked changes nothing but the time: silence is no fault of the domain.
"""

import random
from collections.abc import Sequence

from mailhub.accounts import DkimKey, Domain
from mailhub.db import is_postgres, sql
from mailhub.domains import keys, owning
from mailhub.domains.models import DomainCheck, checks_of
from mailhub.domains.policy import ROTATE
from mailhub.domains.verdicts import DKIM, FAILED, MATTERS, Look, Verdict
from mailhub.errors import Sentence
from mailhub.hub import Hub
from mailhub.vocabulary import EventKind

BROKEN, MENDED, KEYS_MADE = "domain.broken", "domain.mended", "domain.keys_made"
_FIELDS = {"domain": "its name", "checks": "what failed: proof, dkim, spf, dmarc, return_path"}
EVENTS = (
    EventKind(BROKEN, "A record of a domain is gone or wrong at two looks in a row", {**_FIELDS, "said": "what to do"}),
    EventKind(MENDED, "A broken record of a domain is right again", _FIELDS),
    EventKind(KEYS_MADE, "New signing keys of a domain wait for their records", {"domain": "its name"}),
)
IN_A_ROW = 2
"""Failing looks before a domain is called broken."""
RETRY = 900_000
"""Milliseconds after which a failure that is not told yet is looked at again."""
SEEN_FOR = 3_600_000
"""Milliseconds the records of new keys must have been seen before they sign by themselves: who asked earlier may believe
for so long that there is nothing."""


def note(hub: Hub, domain: Domain, look: Look) -> None:
    """Keep what was seen, in the caller's transaction; settle the proof, tell what broke or mended, go on with new keys."""
    lock = " FOR UPDATE" if is_postgres() else ""
    if sql(f"SELECT id FROM domains WHERE id = ?{lock}", (domain.id,)).fetchone() is None:
        return  # it was deleted meanwhile
    owning.take(hub, domain, look.proofs)
    kept = checks_of(domain)
    rows = [_keep(hub, domain, verdict, kept.pop((verdict.kind, verdict.name), None)) for verdict in look.verdicts]
    for row in kept.values():
        row.delete_instance()
    _tell(hub, domain, rows)
    _advance(hub, domain)
    now = hub.ms()
    later = now + _pause(hub, rows)
    Domain.update(checked_at=now, check_at=later, asked_at=None).where(Domain.id == domain.id).execute()


def _keep(hub: Hub, domain: Domain, verdict: Verdict, row: DomainCheck | None) -> DomainCheck:
    now = hub.ms()
    if row is None:
        row = DomainCheck(domain=domain, kind=verdict.kind, name=verdict.name, since=now)
    if row.state != verdict.state:
        row.since = now
    row.state, row.checked_at = verdict.state, now
    row.said = {"template": verdict.said.template, "values": verdict.said.values}
    if verdict.state != "unasked":
        row.found = verdict.found
        row.failures = (row.failures or 0) + 1 if verdict.state in FAILED else 0
    if verdict.good:
        row.good_at = now
    row.save()
    return row


def _tell(hub: Hub, domain: Domain, rows: Sequence[DomainCheck]) -> None:
    """One event for all that broke at this look, and one for all that mended."""
    signing = {keys.record_name(key, domain.name) for key in keys.keys_of(domain, keys.ACTIVE)}
    counting = [row for row in rows if row.kind in MATTERS and (row.kind != DKIM or row.name in signing)]
    broken = [row for row in counting if row.broken_at is None and row.good_at and row.failures >= IN_A_ROW]
    mended = [row for row in counting if row.broken_at is not None and row.state in ("ok", "warning")]
    for row, at in [*((each, hub.ms()) for each in broken), *((each, None) for each in mended)]:
        row.broken_at = at
        row.save()
    if broken:
        hub.emit(BROKEN, domain.account_id, domain=domain.name, checks=_kinds(broken), said=str(said(broken[0])))
    if mended:
        hub.emit(MENDED, domain.account_id, domain=domain.name, checks=_kinds(mended))


def _kinds(rows: Sequence[DomainCheck]) -> list[str]:
    return list(dict.fromkeys(row.kind for row in rows))


def said(row: DomainCheck) -> Sentence:
    """The sentence of a check, which pages can translate."""
    return Sentence(row.said["template"], **row.said["values"])


def _advance(hub: Hub, domain: Domain) -> None:
    """Use new keys whose records have been seen for an hour, make some when it is time, forget those that are gone."""
    waiting = keys.keys_of(domain, keys.NEXT)
    if waiting:
        seen = [keys.published_since(domain, key) for key in waiting]
        if all(since and hub.ms() - since >= SEEN_FOR for since in seen):
            keys.activate(hub, domain)
    elif _is_old(hub, domain):
        keys.rotate(hub, domain)
        hub.emit(KEYS_MADE, domain.account_id, domain=domain.name)
    for key in keys.keys_of(domain, keys.RETIRED):
        if keys.is_over(hub, key) and _is_gone(domain, key):
            key.delete_instance()


def _is_old(hub: Hub, domain: Domain) -> bool:
    days = int(hub.setting(domain.account_id, ROTATE))
    active = keys.keys_of(domain, keys.ACTIVE)
    return bool(days and active) and hub.ms() - max(key.changed_at for key in active) >= days * keys.DAY


def _is_gone(domain: Domain, key: DkimKey) -> bool:
    row = checks_of(domain).get((DKIM, keys.record_name(key, domain.name)))
    return row is not None and row.state == "missing"


def _pause(hub: Hub, rows: Sequence[DomainCheck]) -> int:
    """Milliseconds until the next look: spread, so that domains added together are not looked at together for ever."""
    usual = hub.config.domains.check_every * 1000
    doubtful = any(row.kind in MATTERS and row.good_at and row.broken_at is None and row.failures for row in rows)
    return min(usual, RETRY) if doubtful else int(usual * random.uniform(0.8, 1.2))
