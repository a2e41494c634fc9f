"""Claiming: a node takes messages that are due, for as long as a lease; what it did not send it gives back."""

from collections.abc import Sequence
from typing import NamedTuple

from mailhub.db import in_list, is_postgres, sql, sql_many
from mailhub.messages import Source, Waiting

LEASE = 60_000
"""Milliseconds a claim lasts when its node vanishes with its machine: then the sweep gives back what it had. On its own
machine it is seen at once. What is claimed stays so until it is given back: a clock that jumps makes nobody send twice."""

AHEAD = 1000.0
"""Milliseconds' worth of a rate that a worker takes from the shared bucket at once: one row update a second and source,
however many workers and machines there are, and none is woken before the next is due."""
LATE = 1000.0
"""Milliseconds' worth that may be made up for: slices begin when they are due or a little later."""

SCANNED = 5000
"""Due messages looked at for some whose lane is free: however many wait for the others, a claim stays short."""

_COLUMNS = "id, recipient_key, address, address_key, domain, language, content_id, envelope_from, attempts, first_at"


def claim(source: Source, node: int, limit: int, now: int, blocked: Sequence[str] = ()) -> list[Waiting]:
    """Take up to `limit` due messages of a source, less those to `blocked` domains, in the caller's transaction.

    Respects the source's rate, shared by all nodes. The oldest due are taken; they come in the order of submission.
    """
    limit = _within_rate(source, limit, now)
    if limit <= 0:
        return []
    due, parameters = _due(blocked)
    # As an array it is asked once: in a join PostgreSQL may ask again, and skip what it has just locked.
    chosen = f"= ANY(ARRAY({due} FOR UPDATE SKIP LOCKED))" if is_postgres() else f"IN ({due})"
    rows = sql(
        f"UPDATE queue SET holder = ?, due_at = ? WHERE id {chosen} RETURNING {_COLUMNS}",
        [node, now + LEASE, source.id, now, *parameters, limit],
    ).fetchall()
    if source.rate and rows:
        _spend(source, source.rate, len(rows), now)
    return [Waiting(*row) for row in sorted(rows)]


def _due(blocked: Sequence[str]) -> tuple[str, list[str]]:
    """The query for what is due, and its parameters between the moment and the limit."""
    if not blocked:
        return "SELECT id FROM queue WHERE source_id = ? AND due_at <= ? AND holder IS NULL ORDER BY due_at LIMIT ?", []
    condition, parameters = in_list("domain", blocked)
    if is_postgres():  # whose locks cannot be taken behind a LIMIT of their own
        return (
            "SELECT id FROM queue WHERE source_id = ? AND due_at <= ? AND holder IS NULL "
            f"AND NOT ({condition}) ORDER BY due_at LIMIT ?"
        ), parameters
    scanned = (
        "SELECT id, domain, due_at FROM queue WHERE source_id = ? AND due_at <= ? AND holder IS NULL "
        f"ORDER BY due_at LIMIT {SCANNED}"
    )
    return f"SELECT id FROM ({scanned}) WHERE NOT ({condition}) ORDER BY due_at LIMIT ?", parameters


def _within_rate(source: Source, limit: int, now: int) -> int:
    """How many may leave now: none before the source's turn (GCRA), then what is due until `AHEAD` from now."""
    if not source.rate:
        return limit
    if _next_turn(source) > now:  # nobody is kept waiting to hear that
        return 0
    if is_postgres():
        sql("SELECT id FROM sources WHERE id = ? FOR NO KEY UPDATE", (source.id,))
    source.next_at = _next_turn(source)
    if source.next_at > now:
        return 0
    return min(limit, max(1, int((now + AHEAD - _turn(source, now)) * source.rate / 60_000)))


def _next_turn(source: Source) -> float:
    return float(sql("SELECT next_at FROM sources WHERE id = ?", (source.id,)).fetchone()[0])


def _turn(source: Source, now: int) -> float:
    return max(source.next_at, now - LATE)


def _spend(source: Source, rate: int, count: int, now: int) -> None:
    sql("UPDATE sources SET next_at = ? WHERE id = ?", (_turn(source, now) + count * 60_000 / rate, source.id))


def renew(node: int, ids: Sequence[int], now: int) -> None:
    """Keep claimed messages for another lease: they are on their way, behind a server that takes its time."""
    if ids:
        condition, parameters = in_list("id", ids)
        sql(f"UPDATE queue SET due_at = ? WHERE holder = ? AND {condition}", [now + LEASE, node, *parameters])


def release(node: int, ids: Sequence[int], due_at: int) -> None:
    """Give claimed messages back, unsent and with no attempt counted, due at `due_at` (ms)."""
    if ids:
        condition, parameters = in_list("id", ids)
        sql(f"UPDATE queue SET holder = NULL, due_at = ? WHERE holder = ? AND {condition}", [due_at, node, *parameters])


class Back(NamedTuple):
    """A claimed message that goes back unsent: when it is due again (ms), and why it waits (a slug, "" for its turn; a code,
    words). None: for what it waited before.

    `ages`: its destination could not be reached, so from the first time on it ages, and expires in the end.
    """

    id: int
    due_at: int
    reason: str | None = None
    code: int = 0
    text: str = ""
    ages: bool = False


def give_back(node: int, messages: Sequence[Back], now: int) -> None:
    """Give claimed messages back, each due at its own time. No attempt is counted, but for the first of what ages."""
    for ages in (False, True):
        for told in (False, True):
            some = [each for each in messages if each.ages == ages and (each.reason is not None) == told]
            if some:
                _give_back(node, some, told, ages, now)


_AGES = (
    ", first_at = CASE WHEN queue.attempts = 0 THEN {now} ELSE queue.first_at END, "
    "attempts = CASE WHEN queue.attempts = 0 THEN 1 ELSE queue.attempts END"
)


def _give_back(node: int, messages: Sequence[Back], told: bool, ages: bool, now: int) -> None:
    """Messages that are alike: those that say no reason keep the one they had."""
    rows = [(each.due_at, each.reason or "", each.code, each.text[:200], each.id) for each in messages]
    aging = _AGES.format(now=int(now)) if ages else ""
    if is_postgres():
        reason = ", reason = t.reason, code = t.code, text = t.words" if told else ""
        sql(
            f"UPDATE queue SET holder = NULL, due_at = t.due_at{reason}{aging} FROM unnest(?::bigint[], ?::text[], "
            "?::smallint[], ?::text[], ?::bigint[]) AS t (due_at, reason, code, words, id) "
            "WHERE queue.id = t.id AND queue.holder = ?",
            [*map(list, zip(*rows, strict=True)), node],
        )
        return
    reason = ", reason = ?, code = ?, text = ?" if told else ""
    sql_many(
        f"UPDATE queue SET holder = NULL, due_at = ?{reason}{aging} WHERE id = ? AND holder = ?",
        [(*(row if told else (row[0], row[4])), node) for row in rows],
    )


def put_off(node: int, ids: Sequence[int], due_at: int, now: int) -> None:
    """Give claimed messages back because their destination could not be reached, due at `due_at` (ms).

    From the first time on they age, and expire in the end, though no server has answered for them.
    """
    give_back(node, [Back(id_, due_at, "unreachable", ages=True) for id_ in ids], now)


class Aside(NamedTuple):
    """Messages of a source to some domains that are set aside: when they are due again, from `start` (ms) to `spread` ms
    later, and why they wait (as in `Back`)."""

    domains: Sequence[str]
    start: int
    spread: int
    reason: str | None = None
    code: int = 0
    text: str = ""


def set_aside(source_id: int, which: Aside, now: int, limit: int = 2000) -> int:
    """Make up to `limit` due messages due again later: their lanes take none before, so nobody looks at them again and
    again. Returns how many."""
    domains, spread = which.domains, max(1, which.spread)
    condition, parameters = in_list("domain", domains)
    due = f"SELECT id FROM queue WHERE source_id = ? AND due_at <= ? AND holder IS NULL AND {condition} LIMIT ?"
    chosen = f"= ANY(ARRAY({due} FOR UPDATE SKIP LOCKED))" if is_postgres() else f"IN ({due})"
    told, words = _said(which)
    moved: int = sql(
        f"UPDATE queue SET due_at = ? + id - id / ? * ?{told} WHERE id {chosen} AND holder IS NULL",
        [which.start, spread, spread, *words, source_id, now, *parameters, limit],
    ).rowcount
    return moved


def _said(which: Aside) -> tuple[str, list[int | str]]:
    """Why they wait, as a part of an UPDATE, and its values. What has an answer of its own waits for its turn with that."""
    if which.reason is None:
        return "", []
    if which.reason:
        return ", reason = ?, code = ?, text = ?", [which.reason, which.code, which.text[:200]]
    fresh = "CASE WHEN attempts = 0 THEN {0} ELSE {1} END"
    return "".join(f", {name} = {fresh.format(none, name)}" for name, none in _NOTHING), []


_NOTHING = (("reason", "''"), ("code", "0"), ("text", "''"))


def claimed_by(node: int) -> list[int]:
    """The messages a node has claimed. Reads the whole queue: not for every batch."""
    return [id_ for (id_,) in sql("SELECT id FROM queue WHERE holder = ?", (node,)).fetchall()]


def holders() -> dict[int, int]:
    """The nodes that have claimed messages, each with the moment (ms) until which the last of its leases runs.

    A living node's moves on: it claims, and renews what it has three times a lease. Reads the whole queue.
    """
    return dict(sql("SELECT holder, max(due_at) FROM queue WHERE holder IS NOT NULL GROUP BY holder").fetchall())


def release_node(node: int, now: int) -> int:
    """Give back everything a dead node had claimed. Returns how many messages."""
    released: int = sql("UPDATE queue SET holder = NULL, due_at = ? WHERE holder = ?", (now, node)).rowcount
    return released
