"""The job: a list verified in slices; each page's findings and the place in the list in one transaction.

So a kill at any line verifies nobody twice and leaves nobody out. Slow domains are looked up while others are written.
"""

import time
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from mailhub.db import bulk, sql_many, transaction
from mailhub.errors import UserError
from mailhub.hub import Hub
from mailhub.vocabulary import Recipient
from mailhub_verification.checking import Result, Written, judge_all, read
from mailhub_verification.events import VERIFIED
from mailhub_verification.facts import FAILED, Facts
from mailhub_verification.models import DONE, RUNNING, Verification
from mailhub_verification.prober import Prober, prober_of
from mailhub_verification.verifications import running

AHEAD = 10_000
"""Addresses whose domains are looked up while those before them are judged."""
PAGE = 1000
"""Addresses written in one transaction."""
GLANCE = 0.3
"""Seconds a slice waits for the next domain; then the worker is free for others."""
AGAIN = 0.2
DEAF = 5.0
"""Seconds to wait when no DNS server answers anything: to write "unknown" for a whole list would help nobody."""


class Ahead(NamedTuple):
    """A recipient still to be verified."""

    recipient: Recipient
    written: Written


def step(hub: Hub, job: Any, until: float) -> bool | float:
    """One slice: True when there is more to do at once, seconds to wait, or False when it is done.

    Raises `UserError` when nobody knows the list any more.
    """
    prober = prober_of(hub)
    while time.monotonic() < until:
        record = running(job.account_id, job.ref)
        if record is None:
            return False
        ahead = _ahead(hub, record)
        if not ahead:
            _finish(hub, record)
            return False
        more = _work(hub, record, prober, ahead, until)
        job.done, job.total = record.done, max(record.total, record.done)
        if more is not True:
            return more
    return True


def _ahead(hub: Hub, record: Verification) -> list[Ahead]:
    page: list[Recipient] | None = hub.hook.audience_recipients(
        hub=hub, account=record.account_id, include=[record.audience], exclude=[], after=record.marker, limit=AHEAD
    )
    if page is None:
        raise UserError("{name} is not there any more: the rest of it was not verified.", name=record.name)
    return [Ahead(each, read(each.address)) for each in page]


def _work(hub: Hub, record: Verification, prober: Prober, ahead: Sequence[Ahead], until: float) -> bool | float:
    """Judge and write what is ahead as far as its domains are known by `until`."""
    prober.ask({each.written.domain for each in ahead if each.written.domain}, 0.0)  # begins all of them
    place = 0
    while place < len(ahead) and time.monotonic() < until:
        page = ahead[place : place + PAGE]
        domains = {each.written.domain for each in page if each.written.domain}
        facts = prober.ask(domains, min(until, time.monotonic() + GLANCE))
        if not prober.is_heard():
            return DEAF
        ready = _known(page, facts)
        if ready and not _write(hub, record, ready, facts):
            return False
        if len(ready) < len(page):
            return AGAIN
        place += len(ready)
    return True


def _known(page: Sequence[Ahead], facts: dict[str, Facts]) -> list[Ahead]:
    """The first of them, up to one whose domain is still being looked up."""
    for place, each in enumerate(page):
        if each.written.domain and each.written.domain not in facts:
            return list(page[:place])
    return list(page)


def _write(hub: Hub, record: Verification, page: Sequence[Ahead], facts: dict[str, Facts]) -> bool:
    """Write a page; False when the verification was cancelled, or somebody else has written it."""
    results = judge_all(hub.config, record.account_id, [each.written for each in page], facts, FAILED)
    before, record.marker = record.marker, page[-1].recipient.key
    _count(record, results)
    with bulk():
        mine = (
            Verification.update(
                marker=record.marker, done=record.done, verdicts=record.verdicts,
                reasons=record.reasons, scores=record.scores,
            )
            .where(
                Verification.account == record.account_id, Verification.id == record.id,
                Verification.state == RUNNING, Verification.marker == before,
            )
            .execute()
        )  # fmt: skip
        if mine:
            _keep(record, page, results)
    return bool(mine)


def _count(record: Verification, results: Sequence[Result]) -> None:
    record.done += len(results)
    record.verdicts = dict(Counter(record.verdicts) + Counter(each.verdict for each in results))
    record.reasons = dict(Counter(record.reasons) + Counter(slug for each in results for slug in each.reasons))
    for each in results:
        record.scores[each.score // 10] += 1


def _keep(record: Verification, page: Sequence[Ahead], results: Sequence[Result]) -> None:
    sql_many(
        "INSERT INTO verified_addresses "
        '(verification_id, "key", address, verdict, score, reasons, suggestion, active_at) '
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                record.id, each.recipient.key, each.recipient.address, result.verdict, result.score,
                " ".join(result.reasons), result.suggestion, result.active_at,
            )
            for each, result in zip(page, results, strict=True)
        ],
    )  # fmt: skip


def _finish(hub: Hub, record: Verification) -> None:
    with transaction():
        ended = (
            Verification.update(state=DONE, finished_at=hub.ms())
            .where(
                Verification.account == record.account_id, Verification.id == record.id, Verification.state == RUNNING
            )
            .execute()
        )
        if ended:
            counts = {f"count_{verdict}": count for verdict, count in record.verdicts.items()}
            hub.emit(VERIFIED, record.account_id, number=record.id, name=record.name, addresses=record.done, **counts)
