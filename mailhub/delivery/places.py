"""The connections that the lanes of one pace have between them: who may open one, and whose turn it is when all are taken."""

import time
from itertools import islice
from typing import Protocol

FEWER = 60.0
"""Seconds after which a server that wanted fewer connections is asked for one more."""
MANY = 1_000_000


class Sharer(Protocol):
    """A lane, as its places see it."""

    @property
    def connections(self) -> int:
        """Connections at work or kept open."""

    @property
    def open_now(self) -> int:
        """Connections that are open."""

    @property
    def wants(self) -> bool:
        """Whether it would use another connection now."""

    def wake(self, most: int) -> int:
        """Put connections to work, so many at most. Returns how many more."""

    def let_go(self) -> bool:
        """Give up a connection that is open and unused. False when there is none."""


class Places:
    """As many connections as a destination likes, for all its lanes. Calls from the loop's thread.

    A lane that finds none free waits; the others make room for it after a few messages, in the order of asking.
    """

    def __init__(self) -> None:
        self._holding: set[Sharer] = set()
        self._waiting: dict[Sharer, None] = {}
        self._limit, self._more_at = MANY, 0.0

    @property
    def open_now(self) -> int:
        """Connections that are open, of all lanes."""
        return sum(lane.open_now for lane in self._holding)

    def fewer(self) -> int:
        """One more than are open was too many: no more than those for a minute, then one more a minute. Returns how many."""
        self._limit, self._more_at = max(1, self.open_now), time.monotonic() + FEWER
        return self._limit

    def allowed(self, most: int) -> int:
        """How many all lanes together may have, where they may have `most`."""
        if self._limit < most and time.monotonic() >= self._more_at:
            self._limit, self._more_at = self._limit + 1, time.monotonic() + FEWER
        return min(most, self._limit)

    @property
    def crowded(self) -> bool:
        """Whether a lane waits for a place."""
        return bool(self._waiting)

    def may_open(self, lane: Sharer, most: int) -> bool:
        """Whether a lane may open a connection, where all together may have `most`; if not, it waits for its turn."""
        self._tidy()
        most = self.allowed(most)
        free = most - self._used()
        if free <= 0 and self._make_room(lane):
            free += 1
        allowed = lane in islice(self._waiting, free) or len(self._waiting) < free if free > 0 else False
        if allowed:
            self._waiting.pop(lane, None)
            self._holding.add(lane)
        else:
            self._waiting.setdefault(lane)
        return allowed

    def pass_on(self, lane: Sharer, most: int) -> None:
        """A connection of a lane's is done: whoever waits has its place."""
        self._tidy()
        most = self.allowed(most)
        if self._waiting and self._used() >= most:
            lane.let_go()
        for other in list(islice(self._waiting, max(0, most - self._used()))):
            other.wake(1)

    def _used(self) -> int:
        self._holding = {lane for lane in self._holding if lane.connections}
        return sum(lane.connections for lane in self._holding)

    def _make_room(self, lane: Sharer) -> bool:
        return any(other is not lane and other.let_go() for other in self._holding)

    def _tidy(self) -> None:
        """Who came first and needs nothing any more holds up nobody."""
        while self._waiting and not (first := next(iter(self._waiting))).wants:
            del self._waiting[first]
