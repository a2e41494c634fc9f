"""What time alone would get wrong: claims of machines that vanished, and due times after the clock was set back.

Everything due is kept as wall time, so a jump of the clock must neither free what living workers have claimed nor leave
mail waiting for the hour that was taken away.
"""

import logging
import time

from mailhub import outbox
from mailhub.db import bulk, is_postgres, sql
from mailhub.hub import Hub
from mailhub.ids import Node, lock_node
from mailhub.messages import Event
from mailhub.outbox.claims import LEASE

JUMP = 5_000
"""Milliseconds by which two looks at the clock may differ from the time that passed, before it counts as a jump."""
QUIET = 2 * LEASE / 3
"""Milliseconds after a jump, an outage or a start in which nobody's lease counts as run out: a living node renews its
claims three times a lease."""
EVERY = 10_000
"""Milliseconds between two looks for claims that ran out: they are found by reading the whole queue."""

log = logging.getLogger(__name__)


class Lapses:
    """Looks once a second, in each scheduler; only the elected one mends."""

    def __init__(self) -> None:
        self._wall: int | None = None
        self._freed = 0.0
        self._passed = self._jumped = time.monotonic() * 1000

    def look(self, hub: Hub, elected: bool) -> None:
        """One look at the clock. `elected`: whether this process may change rows now."""
        wall, passed = hub.ms(), time.monotonic() * 1000
        back = _newest_event() - wall if self._wall is None else int(passed - self._passed) - (wall - self._wall)
        if abs(back) > JUMP or passed - self._passed > JUMP:
            self._jumped = passed
        self._wall, self._passed = wall, passed
        if elected and back > JUMP:
            _set_back(wall, back)
        if elected and passed - self._freed > EVERY:
            self._freed = passed
            _free_lapsed(hub, steady=passed - self._jumped > QUIET)


def _newest_event() -> int:
    """When the last event was written, by the clock as it was then; 0 before the first."""
    return int(Event.select(Event.at).order_by(Event.id.desc()).limit(1).scalar() or 0)


def _set_back(now: int, back: int) -> None:
    """Move everything that waits for a time by as much as the clock was moved."""
    log.warning("the clock was set back by %s s: what waits is due as much earlier", back // 1000)
    moved = f"CASE WHEN {{0}} - {back} > {now} THEN {{0}} - {back} ELSE {now} END"
    with bulk():
        for table, column in (
            ("queue", "due_at"),
            ("sources", "held_until"),
            ("sources", "next_at"),
            ("jobs", "due_at"),
        ):
            sql(f"UPDATE {table} SET {column} = {moved.format(column)} WHERE {column} > ?", (now,))


def _free_lapsed(hub: Hub, *, steady: bool) -> None:
    """Give back what nodes have claimed that are dead for sure: of this machine by their lock, of others by their lease."""
    for number in outbox.lapsed_nodes(hub.ms()):
        lock = None
        if not is_postgres() or Node.get_or_none(Node.number == number, Node.machine == hub.node.machine):
            lock = lock_node(hub.node.run, number)
            if lock is None:
                continue
        elif not steady:
            continue
        with bulk():
            released = outbox.release_node(number, hub.ms())
        if lock is not None:
            lock.close()
        log.warning("node %s did not renew its claims: %s messages given back", number, released)
