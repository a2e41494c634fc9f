"""Checking: the ledger against itself and against the events, and what differs, in words.

Charges are compared with the counts of deliveries, which stay when messages and events are purged.
"""

import time
from typing import Any

from mailhub import Conflict, Hub
from mailhub.counting import count_events
from mailhub.db import is_postgres, sql, transaction
from mailhub.events import follow
from mailhub.messages import CANCELLED, DELIVERED, FINISHED
from mailhub_billing.models import CHARGE, RESERVED
from mailhub_billing.reserving import READER
from mailhub_billing.settling import follow_events, pass_by

TRIES = 50
SHOWN = 100
"""Differences told of each kind at most."""


def check(hub: Hub) -> dict[str, Any]:
    """Recount everything: `{"right": bool, "differences": [sentence, …], "sums": {unit: 0}, "reserved": {unit: amount}}`.

    Raises `Conflict` when events come in faster than they can be counted.
    """
    differences = [*_unbalanced(), *_balances(), *_lots(), *_against_events(hub)]
    sums = sql("SELECT unit, sum(amount) FROM billing_lines GROUP BY unit ORDER BY unit").fetchall()
    reserved = sql(
        "SELECT unit, sum(amount) FROM billing_balances WHERE book = ? GROUP BY unit ORDER BY unit", (RESERVED,)
    ).fetchall()
    return {
        "right": not differences,
        "differences": differences,
        "sums": {unit: int(amount) for unit, amount in sums},
        "reserved": {unit: int(amount) for unit, amount in reserved},
    }


def _unbalanced() -> list[str]:
    rows = sql(
        "SELECT entry_id, unit, sum(amount) FROM billing_lines GROUP BY entry_id, unit HAVING sum(amount) <> 0 LIMIT ?",
        (SHOWN,),
    ).fetchall()
    return [f"Entry {entry}: its sides differ by {amount} {unit}." for entry, unit, amount in rows]


def _balances() -> list[str]:
    rows = sql(
        "SELECT account_id, book, unit, sum(kept), sum(summed) FROM "
        "(SELECT account_id, book, unit, amount AS kept, 0 AS summed FROM billing_balances UNION ALL "
        "SELECT account_id, book, unit, 0, amount FROM billing_lines) AS both_sides "
        "GROUP BY account_id, book, unit HAVING sum(kept) <> sum(summed) LIMIT ?",
        (SHOWN,),
    ).fetchall()
    return [
        f"Account {account}: {book} is kept as {kept} {unit}, and its lines sum to {summed}."
        for account, book, unit, kept, summed in rows
    ]


def _lots() -> list[str]:
    rows = sql(
        "SELECT account_id, unit, sum(kept), sum(owed) FROM "
        "(SELECT account_id, unit, amount AS kept, 0 AS owed FROM billing_balances WHERE book = ? UNION ALL "
        "SELECT account_id, unit, 0, waiting * price FROM billing_lots) AS both_sides "
        "GROUP BY account_id, unit HAVING sum(kept) <> sum(owed) LIMIT ?",
        (RESERVED, SHOWN),
    ).fetchall()
    return [
        f"Account {account}: {kept} {unit} are reserved, and its sources account for {owed}."
        for account, unit, kept, owed in rows
    ]


def _against_events(hub: Hub) -> list[str]:
    """Charged, and passed but not yet taken in, against delivered; once both readers stand at the same event."""
    if sql("SELECT 1 FROM cursors WHERE name = ?", (READER,)).fetchone() is None:
        return []
    for _ in range(TRIES):
        follow_events(hub)
        count_events(hub)
        with transaction():
            if _level():
                return [*_differing(), *_left_reserved()]
        time.sleep(0.02)
    raise Conflict("Events come in faster than they are counted: check again when less is being sent.")


def _level() -> bool:
    """Bring this reader to where the counters stand. False when it is beyond."""
    locking = " FOR UPDATE" if is_postgres() else ""
    query = f"SELECT name, position FROM cursors WHERE name IN (?, 'counters') ORDER BY name{locking}"
    places = dict(sql(query, (READER,)).fetchall())
    mine, theirs = places[READER], places.get("counters", 0)
    between = sql("SELECT count(*) FROM events WHERE id > ? AND id <= ?", (mine, theirs)).fetchone()[0]
    if between:
        follow(READER, between, pass_by)
    return bool(mine <= theirs)


def _differing() -> list[str]:
    rows = sql(
        "SELECT source_id, account_id, charged, delivered FROM (SELECT s.source_id, s.account_id, "
        "(SELECT coalesce(sum(charged), 0) FROM billing_lots l WHERE l.source_id = s.source_id) + "
        "(SELECT coalesce(sum(count), 0) FROM billing_outcomes o WHERE o.source_id = s.source_id AND o.kind = ?) "
        "AS charged, (SELECT coalesce(sum(count), 0) FROM counters c WHERE c.source_id = s.source_id AND c.kind = ?) "
        "AS delivered FROM billing_sources s WHERE s.after_id = 0) AS counted WHERE charged <> delivered LIMIT ?",
        (CHARGE, DELIVERED, SHOWN),
    ).fetchall()
    return [
        f"Source {source} of account {account}: {charged} mails were charged, and {delivered} delivered."
        for source, account, charged, delivered in rows
    ]


def _left_reserved() -> list[str]:
    """What is reserved for a source that has ended, and of which no event is still to be read."""
    rows = sql(
        "SELECT l.source_id, l.account_id, sum(l.waiting) FROM billing_lots l JOIN sources s ON s.id = l.source_id "
        "WHERE l.waiting > 0 AND s.state IN (?, ?) "
        "AND NOT EXISTS (SELECT 1 FROM queue q WHERE q.source_id = l.source_id) "
        "AND NOT EXISTS (SELECT 1 FROM billing_outcomes o WHERE o.source_id = l.source_id) "
        "AND l.source_id NOT IN (SELECT e.source_id FROM events e "
        "WHERE e.id > (SELECT position FROM cursors WHERE name = ?) AND e.message_id <> 0) "
        "GROUP BY l.source_id, l.account_id LIMIT ?",
        (FINISHED, CANCELLED, READER, SHOWN),
    ).fetchall()
    return [
        f"Source {source} of account {account} has ended, and {count} mails of it are still reserved."
        for source, account, count in rows
    ]
