"""What a process tells the others of its lanes and hears of theirs: paces, leased turns, how each lane stands.

It runs on the desk's thread, a few times a second at most; the fleet says what there is to tell.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from mailhub.accounts import OPERATOR
from mailhub.db import transaction
from mailhub.delivery.lanes import Lane
from mailhub.delivery.pace import Pace
from mailhub.delivery.routes import Egress, Router
from mailhub.hub import Hub
from mailhub.outbox import lanes
from mailhub.outbox.lanes import Shared

OVERLAP = 5_000
"""Milliseconds looked back: what a slow transaction notes bears the time it began."""


class Wanted(NamedTuple):
    """Turns a lane asks for: its key, its rate (messages a minute, of all workers), how many."""

    key: str
    rate: float
    turns: int


class Blocked(NamedTuple):
    """A lane that a provider has just blocked, for the event that tells of it."""

    destination: str
    route: str
    provider: str
    until: int
    words: str


class Exchange(NamedTuple):
    """What is to be told: paces that changed, turns wanted, lanes blocked, how all lanes stand (None: not now), paces that
    are asked for (lanes just opened), what was granted of pools and not used, whose servers domains turned out to have."""

    paces: Sequence[Shared] = ()
    wanted: Sequence[Wanted] = ()
    blocked: Sequence[Blocked] = ()
    standing: Sequence[dict[str, Any]] | None = None
    opened: Sequence[str] = ()
    unused: Mapping[tuple[Egress, str, int], int] | None = None
    learned: Mapping[str, str] | None = None

    def is_empty(self) -> bool:
        """Whether there is nothing to tell."""
        return not any(self)


class Sharing:
    """One process's part. All calls on the desk's thread, outside of transactions."""

    def __init__(self, hub: Hub, router: Router) -> None:
        self.hub, self._router = hub, router
        self._heard_at = hub.ms()

    def exchange(self, told: Exchange) -> tuple[list[Shared], dict[str, int]]:
        """Tell, and hear what others told meanwhile: their paces, and the turns granted by key."""
        now = self.hub.ms()
        for (egress, provider, day), count in (told.unused or {}).items():
            self._router.put_back(egress, provider, count, day)
        for domain, provider in (told.learned or {}).items():
            self._router.learn(domain, provider)
        granted: dict[str, int] = {}
        if told.paces or told.wanted or told.blocked or told.standing is not None:
            with transaction():
                granted = self._write(told, now)
        heard = lanes.changed_paces(self._heard_at - OVERLAP)
        if told.opened:
            heard += lanes.known_paces(told.opened)
        self._heard_at = now
        return heard, granted

    def _write(self, told: Exchange, now: int) -> dict[str, int]:
        if told.paces:
            lanes.note_paces(told.paces, now)
        granted = {each.key: lanes.lease(each.key, each.rate, each.turns, now)[0] for each in sorted(told.wanted)}
        if told.standing is not None:
            lanes.publish(self.hub.node.number, told.standing, now)
        for each in told.blocked:  # last: whoever has a place in the order of events waits for no row any more
            self.hub.emit(
                "lane.blocked", OPERATOR, 0, destination=each.destination, route=each.route, provider=each.provider,
                until=each.until, words=each.words,
            )  # fmt: skip
        return granted


def wanted(lanes: Iterable[Lane], now: int) -> list[Wanted]:
    """The turns that lanes with a rate need for the next second; those of one pace together. `now` in ms."""
    waiting: Counter[Pace] = Counter()
    for lane in lanes:
        if lane.backlog and lane.pace.metered:
            waiting[lane.pace] += lane.backlog
    found = []
    for pace, backlog in waiting.items():
        rate = pace.rate(now)
        turns = min(backlog, int(rate / 60) + 1) - pace.left
        if rate and turns > 0:
            found.append(Wanted(pace.key, rate, turns))
    return found
