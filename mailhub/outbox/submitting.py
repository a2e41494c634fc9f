"""Submitting: a page of recipients becomes queue rows, those not admitted become refusals in the ledger."""

from collections.abc import Sequence
from typing import NamedTuple

from mailhub import metrics
from mailhub.address import address_key, domain_of, normalise
from mailhub.db import sql, sql_many
from mailhub.errors import Conflict
from mailhub.hub import Hub
from mailhub.messages import CANCELLED, FINISHED, REFUSED, Outcome, Source, Waiting
from mailhub.outbox.admission import Refusals, admit
from mailhub.outbox.reserving import reserve
from mailhub.outbox.settling import record
from mailhub.vocabulary import Recipient

LOOK_AHEAD = 50_000
"""Messages a source may have waiting while its audience is still being submitted."""


class Submitted(NamedTuple):
    """How many messages of a page wait now, how many were refused, and the ids of all."""

    queued: int
    refused: int
    ids: range


def submit(
    hub: Hub,
    source: Source,
    recipients: Sequence[Recipient],
    *,
    content_id: int | None = None,
    envelope_from: str | None = None,
) -> Submitted:
    """Take messages in (1 to 2,000), in the caller's transaction: once it commits they are never lost.

    Raises `outbox.Held` when the source must wait; the caller rolls back and holds it. Raises `outbox.Short` when no
    more than its `room` may be taken in now; the caller rolls back, submits so many, and holds the source once these have
    left (`outbox.hold_when_left`). Raises `Conflict` when the source has ended.
    """
    now = hub.ms()
    ids = hub.node.new_ids(len(recipients))
    waiting = [_waiting(each, id_, now, content_id, envelope_from) for each, id_ in zip(recipients, ids, strict=True)]
    with metrics.spending("submit"):
        refusals = admit(hub, source, waiting, "submit")
        if len(waiting) > len(refusals):
            reserve(hub, source, len(waiting) - len(refusals))
        _count(source, len(waiting))
        _insert(source, [each for each in waiting if each.id not in refusals], now)
        if refusals:
            _refuse(hub, source, [each for each in waiting if each.id in refusals], refusals, now)
    metrics.count("submitted", len(waiting))
    metrics.count("admitted", len(waiting) - len(refusals))
    metrics.count("messages.refused", len(refusals))
    return Submitted(len(waiting) - len(refusals), len(refusals), ids)


def _waiting(recipient: Recipient, id_: int, now: int, content_id: int | None, envelope_from: str | None) -> Waiting:
    address = normalise(recipient.address)
    return Waiting(
        id_, recipient.key, address, address_key(address), domain_of(address),
        recipient.language, content_id, envelope_from, 0, now,
    )  # fmt: skip


def _count(source: Source, count: int) -> None:
    counted = sql(
        "UPDATE sources SET submitted = submitted + ? WHERE id = ? AND state NOT IN (?, ?)",
        (count, source.id, FINISHED, CANCELLED),
    )
    if not counted.rowcount:
        raise Conflict("{name} has ended, so nothing was submitted: begin a new one.", name=source.name)


def _insert(source: Source, waiting: Sequence[Waiting], now: int) -> None:
    sql_many(
        "INSERT INTO queue (id, source_id, recipient_key, address, address_key, domain, language, content_id, "
        "envelope_from, due_at, attempts, first_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?)",
        [
            (each.id, source.id, each.recipient_key, each.address, each.address_key, each.domain, each.language,
             each.content_id, each.envelope_from, now, now)
            for each in waiting
        ],
    )  # fmt: skip


def _refuse(hub: Hub, source: Source, waiting: Sequence[Waiting], refusals: Refusals, now: int) -> None:
    outcomes = [
        Outcome(each.id, 0, REFUSED, now, text=refusals[each.id][1].text, reason=refusals[each.id][1].reason,
                plugin=refusals[each.id][0])
        for each in waiting
    ]  # fmt: skip
    record(source.account_id, source.id, waiting, outcomes)


def room_left(source: Source) -> int:
    """How many more messages a source may have waiting now (its bounded look-ahead)."""
    query = "SELECT count(*) FROM (SELECT 1 FROM queue WHERE source_id = ? LIMIT ?) AS waiting"
    return LOOK_AHEAD - int(sql(query, (source.id, LOOK_AHEAD)).fetchone()[0])
