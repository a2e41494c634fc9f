"""What workers tell each other, and pages, of their lanes: how each stands, and the pace that all of a destination's share.

Workers write in batches, every few seconds; how a lane behaves is delivery's.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import peewee

from mailhub.db import Model, UTCField, in_list, is_postgres, sql, sql_many
from mailhub.sentences import SentenceField

OK, SLOWED, BLOCKED, RESOLVING = "ok", "slowed", "blocked", "resolving"
LANE_STATES = (OK, SLOWED, BLOCKED, RESOLVING)
FRESH = 20_000
"""Milliseconds after which nobody believes any more what a worker said of its lanes: it writes every three seconds."""
AHEAD, LATE = 1000.0, 1000.0
"""Milliseconds' worth of a rate leased at once, and made up for at most (as with a source's rate)."""
BETWEEN = 10_000
"""Milliseconds in which a pace is halved once, however many workers are told to slow down."""
LEAST = 1 / 64
RECOVERS = 0.1 / 60_000
"""Share of the usual pace that comes back in a millisecond: a tenth in a minute."""


class LaneState(Model):
    """One lane of one worker. `rate` and `usual` are messages a minute (`usual` 0: no limit known); `why` is
    a sentence, `until` when its state ends (ms)."""

    node = peewee.SmallIntegerField()
    route_id = peewee.IntegerField(default=0)
    egress_id = peewee.IntegerField(default=0)
    destination = peewee.TextField()
    route = peewee.TextField()
    egress = peewee.TextField(default="")
    provider = peewee.TextField(default="")
    connections = peewee.IntegerField(default=0)
    backlog = peewee.IntegerField(default=0)
    rate = peewee.IntegerField(default=0)
    usual = peewee.IntegerField(default=0)
    state = peewee.TextField(default=OK)
    why = SentenceField(default="")
    until = UTCField(null=True)
    at = UTCField(index=True)

    class Meta:
        table_name = "lanes"
        primary_key = peewee.CompositeKey("node", "route_id", "egress_id", "destination")


class LanePace(Model):
    """The pace all workers share on the way to one destination. `share` of the usual pace was allowed at `slowed_at`;
    `base` is that pace, a minute, where shaping names none; `blocked_until` is when it may be tried again at all."""

    key = peewee.TextField(primary_key=True)
    next_at = peewee.DoubleField(default=0)
    share = peewee.DoubleField(default=1)
    base = peewee.DoubleField(default=0)
    slowed_at = UTCField(default=0)
    blocked_until = UTCField(default=0)
    blocks = peewee.IntegerField(default=0)
    words = peewee.TextField(default="")
    changed_at = UTCField(default=0, index=True)

    class Meta:
        table_name = "lane_paces"


class Shared(NamedTuple):
    """A row of `LanePace` as workers exchange it; times in ms."""

    key: str
    share: float
    base: float
    slowed_at: int
    blocked_until: int
    blocks: int
    words: str


_NOTED = ("key", "share", "base", "slowed_at", "blocked_until", "blocks", "words", "changed_at")


def share_at(share: float, slowed_at: int, now: int) -> float:
    """The share of its usual pace a lane may go at now: what it was slowed to, and a tenth for each minute since."""
    return min(1.0, share + max(0, now - slowed_at) * RECOVERS)


def note_paces(paces: Sequence[Shared], now: int) -> None:
    """Tell the other workers that lanes were slowed or blocked, in the caller's transaction.

    Two workers that were told the same within ten seconds slow down once.
    """
    columns = ", ".join(_NOTED)
    sql_many(
        f"INSERT INTO lane_paces ({columns}, next_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0) ON CONFLICT (key) DO UPDATE SET "
        "share = CASE WHEN excluded.slowed_at >= lane_paces.slowed_at + ? THEN excluded.share ELSE lane_paces.share END, "
        "base = CASE WHEN excluded.base > 0 THEN excluded.base ELSE lane_paces.base END, "
        "slowed_at = CASE WHEN excluded.slowed_at >= lane_paces.slowed_at + ? THEN excluded.slowed_at "
        "ELSE lane_paces.slowed_at END, "
        "blocks = CASE WHEN excluded.blocked_until > lane_paces.blocked_until THEN excluded.blocks "
        "ELSE lane_paces.blocks END, "
        "blocked_until = CASE WHEN excluded.blocked_until > lane_paces.blocked_until THEN excluded.blocked_until "
        "ELSE lane_paces.blocked_until END, words = excluded.words, changed_at = excluded.changed_at",
        [(*each, now, BETWEEN, BETWEEN) for each in sorted(paces)],
    )


def changed_paces(since: int) -> list[Shared]:
    """What workers noted at `since` (ms) or later."""
    rows = sql(f"SELECT {', '.join(_NOTED[:-1])} FROM lane_paces WHERE changed_at >= ?", (since,)).fetchall()
    return [Shared(*row) for row in rows]


def known_paces(keys: Sequence[str]) -> list[Shared]:
    """What is known of these lanes, from before this process began."""
    condition, parameters = in_list("key", keys)
    rows = sql(f"SELECT {', '.join(_NOTED[:-1])} FROM lane_paces WHERE {condition}", parameters).fetchall()
    return [Shared(*row) for row in rows]


def lease(key: str, rate: float, wanted: int, now: int) -> tuple[int, int]:
    """Take up to `wanted` turns of a rate (messages a minute) that all workers share, in the caller's transaction.

    Returns how many, about a second's worth at most, and in how many ms it is worth asking again.
    """
    sql("INSERT INTO lane_paces (key, next_at, share, base, slowed_at, blocked_until, blocks, words, changed_at) "
        "VALUES (?, 0, 1, 0, 0, 0, 0, '', 0) ON CONFLICT (key) DO NOTHING", (key,))  # fmt: skip
    locked = " FOR NO KEY UPDATE" if is_postgres() else ""
    next_at = float(sql(f"SELECT next_at FROM lane_paces WHERE key = ?{locked}", (key,)).fetchone()[0])
    if next_at > now:
        return 0, int(next_at - now) + 1
    turn, each = max(next_at, now - LATE), 60_000 / rate
    granted = min(wanted, max(1, int((now + AHEAD - turn) / each)))
    sql("UPDATE lane_paces SET next_at = ? WHERE key = ?", (turn + granted * each, key))
    return granted, max(0, int(turn + granted * each - now))


def publish(node: int, lanes: Sequence[dict[str, Any]], now: int) -> None:
    """Write how a worker's lanes stand (columns of `LaneState`), in the caller's transaction; what it said before goes,
    and so does what dead workers said."""
    LaneState.delete().where((LaneState.node == node) | (LaneState.at < now - 3 * FRESH)).execute()
    if lanes:
        LaneState.insert_many([{**each, "node": node, "at": now} for each in lanes]).execute()


def living(now: int, limit: int = 1000) -> list[LaneState]:
    """The lanes of living workers, those in trouble first, then the busiest."""
    worst = peewee.Case(LaneState.state, ((BLOCKED, 0), (SLOWED, 1), (RESOLVING, 2)), 3)
    query = LaneState.select().where(LaneState.at > now - FRESH)
    return list(query.order_by(worst, LaneState.backlog.desc(), LaneState.destination, LaneState.node).limit(limit))
