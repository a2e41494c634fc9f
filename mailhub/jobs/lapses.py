"""What time alone would get wrong: claims of machines that vanished, and due times after the clock was set back.

Everything due is kept as wall time, so a jump of the clock must neither free what living workers have claimed nor leave
mail waiting for the hour that was taken away.
"""

import logging
import time

import peewee

from mailhub import outbox
from mailhub.db import BULK_ROWS, bulk, is_postgres, sql
from mailhub.hub import Hub
from mailhub.ids import Node, lock_node
from mailhub.jobs.rows import Job
from mailhub.messages import Event

JUMP = 5_000
"""Milliseconds by which two looks at the clock may differ from the time that passed, before it counts as a jump."""
EVERY = 10_000
"""Milliseconds between two looks at who has claimed what: they read the whole queue."""
LOOKS = 6
"""So many looks at a node whose leases have not moved, and it is dead: a living one renews them three times a minute.
Looks are counted, not time: neither a clock nor an outage of the database makes a living node look dead."""

log = logging.getLogger(__name__)


class Lapses:
    """Looks once a second, in each scheduler; only the elected one mends."""

    def __init__(self) -> None:
        self._wall: int | None = None
        self._passed = time.monotonic() * 1000
        self._looked = 0.0
        self._back = self._moved = 0
        self._seen: dict[int, tuple[int, int]] = {}

    def look(self, hub: Hub, elected: bool) -> None:
        """One look at the clock. `elected`: whether this process may change rows now."""
        wall, passed = hub.ms(), time.monotonic() * 1000
        back = _last_written() - wall if self._wall is None else int(passed - self._passed) - (wall - self._wall)
        self._wall, self._passed = wall, passed
        if not elected:
            return
        if back > JUMP:
            log.warning("the clock was set back by %s s: what waits is due as much earlier", back // 1000)
            self._back += back
        if self._back:
            self._set_back(wall)
        if passed - self._looked > EVERY:
            self._looked = passed
            self._free_dead(hub)

    def _set_back(self, now: int) -> None:
        """Move everything that waits for a time by as much as the clock was moved; goes on where an outage stopped it."""
        later = f"CASE WHEN {{0}} - {self._back} > {now} THEN {{0}} - {self._back} ELSE {now} END"
        page = "SELECT id FROM queue WHERE id > ? AND due_at > ? ORDER BY id LIMIT ?"
        ids = [0]
        while ids:
            with bulk():
                ids = [id_ for (id_,) in sql(page, (self._moved, now, BULK_ROWS)).fetchall()]
                if ids:
                    sql(
                        f"UPDATE queue SET due_at = {later.format('due_at')} WHERE id BETWEEN ? AND ? AND due_at > ?",
                        (ids[0], ids[-1], now),
                    )
            self._moved = ids[-1] if ids else self._moved
        with bulk():
            for table, column in (("sources", "held_until"), ("sources", "next_at"), ("jobs", "due_at")):
                sql(f"UPDATE {table} SET {column} = {later.format(column)} WHERE {column} > ?", (now,))
        self._back = self._moved = 0

    def _free_dead(self, hub: Hub) -> None:
        """Give back what dead nodes have claimed: of this machine by their lock, of others when nothing of theirs moves."""
        holders = outbox.holders()
        self._seen = {
            number: (until, self._seen[number][1] + 1 if self._seen.get(number, (0,))[0] == until else 1)
            for number, until in holders.items()
        }
        for number, (_, looks) in self._seen.items():
            local = not is_postgres() or Node.select().where(
                Node.number == number, Node.machine == hub.node.machine
            ).exists()  # fmt: skip
            if _is_dead(hub, number) if local else looks > LOOKS:
                with bulk():
                    released = outbox.release_node(number, hub.ms())
                log.warning("node %s vanished: %s messages given back", number, released)


def _is_dead(hub: Hub, number: int) -> bool:
    """Nobody has its lock, and no journal of its waits to be replayed, which comes first."""
    lock = lock_node(hub.node.run, number)
    if lock is None:
        return False
    lock.close()
    return not (hub.node.run / f"node-{number}.journal").exists()


def _last_written() -> int:
    """When the last event or a job's progress was written, by the clock as it was then; 0 before the first."""
    event = Event.select(Event.at).order_by(Event.id.desc()).limit(1).scalar()
    return max(event or 0, Job.select(peewee.fn.max(Job.updated_at)).scalar() or 0)
