"""Claiming: a node takes messages that are due, for as long as a lease; what it did not send it gives back."""

from collections.abc import Sequence

from mailhub.db import in_list, is_postgres, sql
from mailhub.messages import Source, Waiting

LEASE = 60_000
"""Milliseconds a claim lasts when its node vanishes with its machine; on its own machine the sweep sees it at once."""

_COLUMNS = (
    "id, recipient_key, address, address_key, domain, language, content_id, envelope_from, attempts, first_at"
)


def claim(source: Source, node: int, limit: int, now: int, blocked: Sequence[str] = ()) -> list[Waiting]:
    """Take up to `limit` due messages of a source, less those to `blocked` domains, in the caller's transaction.

    Respects the source's rate, shared by all nodes. One statement; rows come oldest due first.
    """
    limit = _within_rate(source, limit, now)
    if limit <= 0:
        return []
    condition, parameters = in_list("domain", blocked) if blocked else ("", [])
    rows = sql(
        "UPDATE queue SET holder = ?, due_at = ? WHERE id IN (SELECT id FROM queue WHERE source_id = ? AND due_at <= ? "
        + (f"AND NOT ({condition}) " if blocked else "")
        + "ORDER BY due_at LIMIT ?"
        + (" FOR UPDATE SKIP LOCKED" if is_postgres() else "")
        + f") RETURNING {_COLUMNS}",
        [node, now + LEASE, source.id, now, *parameters, limit],
    ).fetchall()
    if source.rate:
        _spend(source, len(rows), now)
    return [Waiting(*row) for row in rows]


def _within_rate(source: Source, limit: int, now: int) -> int:
    """How many may leave now: those whose turn (GCRA, a second's worth at most) has come."""
    if not source.rate:
        return limit
    if is_postgres():
        sql("SELECT id FROM sources WHERE id = ? FOR UPDATE", (source.id,))
    source.next_at = sql("SELECT next_at FROM sources WHERE id = ?", (source.id,)).fetchone()[0]
    turn = max(source.next_at, now - 1000.0)
    return min(limit, int((now - turn) * source.rate / 60_000) + (1 if turn <= now else 0))


def _spend(source: Source, count: int, now: int) -> None:
    next_at = max(source.next_at, now - 1000.0) + count * 60_000 / source.rate
    sql("UPDATE sources SET next_at = ? WHERE id = ?", (next_at, source.id))


def release(node: int, ids: Sequence[int], due_at: int) -> None:
    """Give claimed messages back, unsent and with no attempt counted, due at `due_at` (ms)."""
    if ids:
        condition, parameters = in_list("id", ids)
        sql(f"UPDATE queue SET holder = NULL, due_at = ? WHERE holder = ? AND {condition}", [due_at, node, *parameters])


def release_node(node: int, now: int) -> int:
    """Give back everything a dead node had claimed. Returns how many messages."""
    released: int = sql("UPDATE queue SET holder = NULL, due_at = ? WHERE holder = ?", (now, node)).rowcount
    return released
