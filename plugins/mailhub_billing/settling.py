"""Settling: outcomes become charges and releases. First the cursor passes them, then each account's ledger takes them in.

Two steps, so that a transaction never holds the ledgers of two accounts; each is exactly once, since what it has done and
how far it has come are committed together.
"""

import logging
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

from mailhub import Hub
from mailhub.db import bulk, in_list, sql, sql_many, transaction
from mailhub.events import follow
from mailhub.messages import DELIVERED, OUTCOMES, Event
from mailhub_billing import ledger, low, terms
from mailhub_billing.ledger import Move, Posting
from mailhub_billing.models import AVAILABLE, CHARGE, CHARGED, RELEASE, RESERVED
from mailhub_billing.reserving import READER

BATCH = 2000
AT_ONCE = 500
"""Rows of outcomes that an account's ledger takes in by one transaction."""
log = logging.getLogger(__name__)


class Tally(NamedTuple):
    """Outcomes of a source: whose, how many, and the events they were told by."""

    source_id: int
    kind: str
    mails: int
    first_event: int
    last_event: int


def follow_events(hub: Hub) -> None:
    """Take in what happened since last time; up to 100,000 events a call, in transactions of 2,000."""
    if sql("SELECT 1 FROM cursors WHERE name = ?", (READER,)).fetchone() is None:
        return  # nothing was ever reserved
    for _ in range(50):
        with bulk():
            count = follow(READER, BATCH, pass_by)
        if count < BATCH:
            break
    for (account_id,) in sql("SELECT DISTINCT account_id FROM billing_outcomes").fetchall():
        while take_in(hub, account_id) == AT_ONCE:
            pass


def pass_by(events: Sequence[Event]) -> None:
    """Write down the final outcomes among these events of messages that are charged, summed by source."""
    final = [each for each in events if each.message_id and each.attempt and each.kind in OUTCOMES]
    if not final:
        return
    condition, values = in_list("source_id", list({each.source_id for each in final}))
    rows = sql(f"SELECT source_id, account_id, after_id FROM billing_sources WHERE {condition}", values).fetchall()
    charged = {source_id: (account_id, after_id) for source_id, account_id, after_id in rows}
    told: dict[tuple[int, int, str], list[int]] = defaultdict(list)
    for each in final:
        account_id, after_id = charged.get(each.source_id, (0, 0))
        if account_id and each.message_id > after_id:
            told[account_id, each.source_id, CHARGE if each.kind == DELIVERED else RELEASE].append(each.id)
    sql_many(
        "INSERT INTO billing_outcomes (account_id, source_id, kind, count, first_event, last_event) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        [(*about, len(ids), ids[0], ids[-1]) for about, ids in told.items()],
    )


def take_in(hub: Hub, account_id: int) -> int:
    """Charge and release what was passed by, in a transaction. Returns how many rows there were."""
    with transaction():
        terms.lock(hub, account_id)
        rows = sql(
            "SELECT id, source_id, kind, count, first_event, last_event FROM billing_outcomes WHERE account_id = ? "
            "ORDER BY id LIMIT ?",
            (account_id, AT_ONCE),
        ).fetchall()
        for tally in _summed(rows):
            _post(hub, account_id, tally)
        if rows:
            condition, ids = in_list("id", [row[0] for row in rows])
            sql(f"DELETE FROM billing_outcomes WHERE {condition}", ids)
            if not terms.look(hub, account_id).under_way:
                low.rearm(hub, account_id)
    return len(rows)


def _summed(rows: Sequence[tuple[Any, ...]]) -> list[Tally]:
    groups: dict[tuple[int, str], list[tuple[int, int, int]]] = defaultdict(list)
    for _, source_id, kind, count, first, last in rows:
        groups[source_id, kind].append((count, first, last))
    return [
        Tally(source_id, kind, sum(each[0] for each in group), group[0][1], group[-1][2])
        for (source_id, kind), group in groups.items()
    ]


def _post(hub: Hub, account_id: int, tally: Tally) -> None:
    """One entry for the outcomes of a source: what was reserved first is charged first, and given back last."""
    target, column = (CHARGED, "charged") if tally.kind == CHARGE else (AVAILABLE, "released")
    order = "id" if tally.kind == CHARGE else "id DESC"
    lots = sql(
        f"SELECT id, unit, price, waiting FROM billing_lots WHERE source_id = ? AND waiting > 0 ORDER BY {order}",
        (tally.source_id,),
    ).fetchall()
    left, moves = tally.mails, list[Move]()
    for lot_id, unit, price, waiting in lots:
        taken = min(left, waiting)
        left -= taken
        if taken:
            sql(
                f"UPDATE billing_lots SET waiting = waiting - ?, {column} = {column} + ? WHERE id = ?",
                (taken, taken, lot_id),
            )
            moves += [Move(RESERVED, target, unit, taken * price)] if price else []
    if left:
        log.error("source %s had %d outcomes more than were reserved: `billing.check` tells", tally.source_id, left)
    if moves:
        about = Posting(
            tally.kind, tally.source_id, tally.mails - left, first_event=tally.first_event, last_event=tally.last_event
        )
        ledger.post(account_id, hub.ms(), about, moves)
