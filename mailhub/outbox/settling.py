"""Settling: outcomes become ledger rows and events, queue rows go or wait for their next attempt; set-based, idempotent.

A queue row must still exist for its outcome to count, so settling twice changes nothing. `delivered` always wins; any
other outcome needs the claim to be still its node's. Attempts are counted by the queue row, so that an outcome heard
after another node's has an attempt, and with it an event, of its own.
"""

from collections.abc import Sequence

from mailhub.db import db, is_postgres, sql, sql_many
from mailhub.events import NewEvent, order, write
from mailhub.messages import Outcome, Waiting

_TABLE = (
    "(id BIGINT PRIMARY KEY, attempt SMALLINT, kind TEXT, at BIGINT, code SMALLINT, enhanced TEXT, text TEXT, "
    "reason TEXT, plugin TEXT, route TEXT, tls TEXT, due_at BIGINT)"
)


def settle(node: int, outcomes: Sequence[Outcome]) -> int:
    """Write a batch of outcomes (one per message), in the caller's transaction. Returns how many still counted."""
    if not outcomes:
        return 0
    _load(outcomes)
    if is_postgres():
        sql("SELECT 1 FROM queue q JOIN settling t ON t.id = q.id ORDER BY q.id FOR UPDATE OF q")
    sql(
        "DELETE FROM settling WHERE NOT EXISTS (SELECT 1 FROM queue q WHERE q.id = settling.id "
        "AND (settling.kind = 'delivered' OR (q.holder = ? AND q.attempts + 1 = settling.attempt)))",
        (node,),
    )
    sql(
        "INSERT INTO messages (id, account_id, source_id, recipient_key, address, address_key, content_id, outcome, "
        "attempts, code, enhanced, text, reason, plugin, route, tls, settled_at) "
        "SELECT q.id, s.account_id, q.source_id, q.recipient_key, q.address, q.address_key, "
        "coalesce(q.content_id, s.content_id), t.kind, q.attempts + 1, t.code, t.enhanced, t.text, t.reason, t.plugin, "
        "t.route, t.tls, t.at FROM settling t JOIN queue q ON q.id = t.id JOIN sources s ON s.id = q.source_id "
        "WHERE t.kind <> 'deferred'"
    )
    order()
    counted: int = sql(
        "INSERT INTO events (kind, account_id, source_id, message_id, attempt, at, code, enhanced, text) "
        "SELECT t.kind, s.account_id, q.source_id, q.id, q.attempts + 1, t.at, t.code, t.enhanced, t.text "
        "FROM settling t JOIN queue q ON q.id = t.id JOIN sources s ON s.id = q.source_id ORDER BY t.id "
        "ON CONFLICT (message_id, attempt) DO NOTHING"
    ).rowcount
    sql(
        "UPDATE queue SET due_at = t.due_at, attempts = queue.attempts + 1, holder = NULL, "
        "first_at = CASE WHEN queue.attempts = 0 THEN t.at ELSE queue.first_at END, "
        "reason = t.reason, code = t.code, text = substr(t.text, 1, 200) FROM settling t "
        "WHERE queue.id = t.id AND t.kind = 'deferred'"
    )
    sql("DELETE FROM queue WHERE id IN (SELECT id FROM settling WHERE kind <> 'deferred')")
    return counted


def _load(outcomes: Sequence[Outcome]) -> None:
    if not is_postgres():
        sql(f"CREATE TEMP TABLE IF NOT EXISTS settling {_TABLE}")
        sql("DELETE FROM settling")
        sql_many(f"INSERT OR REPLACE INTO settling VALUES ({','.join('?' * len(Outcome._fields))})", outcomes)
        return
    sql(f"CREATE TEMP TABLE IF NOT EXISTS settling {_TABLE} ON COMMIT DELETE ROWS")
    # A fifth of what one array a column costs, and an eighth of this process's time in it.
    with db.cursor().copy("COPY settling FROM STDIN") as copy:
        for each in {each.id: each for each in outcomes}.values():
            copy.write_row(each)


def record(account_id: int, source_id: int, waiting: Sequence[Waiting], outcomes: Sequence[Outcome]) -> None:
    """Write outcomes of messages that never were in the queue (refused at submit), in the caller's transaction."""
    sql_many(
        "INSERT INTO messages (id, account_id, source_id, recipient_key, address, address_key, content_id, outcome, "
        "attempts, code, enhanced, text, reason, plugin, route, tls, settled_at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, 0, '', ?, ?, ?, '', '', ?)",
        [
            (each.id, account_id, source_id, each.recipient_key, each.address, each.address_key, each.content_id,
             outcome.kind, outcome.text, outcome.reason, outcome.plugin, outcome.at)
            for each, outcome in zip(waiting, outcomes, strict=True)
        ],
    )  # fmt: skip
    write([
        NewEvent(each.kind, account_id, each.at, source_id=source_id, message_id=each.id, attempt=0, text=each.text)
        for each in outcomes
    ])  # fmt: skip


def cancel_waiting(source_id: int, node: int, now: int, limit: int) -> int:
    """Settle up to `limit` waiting messages of a cancelled source as cancelled. Returns how many."""
    rows = sql(
        # Asked twice: what a worker has claimed since the inner question is let be, and settled by what it says.
        "UPDATE queue SET holder = ? WHERE id IN (SELECT id FROM queue WHERE source_id = ? "
        "AND holder IS NULL LIMIT ?) AND holder IS NULL RETURNING id, attempts",
        (node, source_id, limit),
    ).fetchall()
    settle(node, [Outcome(id_, attempts + 1, "cancelled", now) for id_, attempts in rows])
    return len(rows)
