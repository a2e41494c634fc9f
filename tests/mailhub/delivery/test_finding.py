"""A lane is found at once where nothing has to be asked; else route after route, asking the pool for an address."""

import asyncio
from collections.abc import Callable, Sequence

import peewee
import pytest

from mailhub.delivery.berths import Berths
from mailhub.delivery.building import Ready, Way
from mailhub.delivery.connecting import Dialer
from mailhub.delivery.finding import AFTER_FAULT, Finder, Homeless
from mailhub.delivery.lanes import Lane, LaneKey
from mailhub.delivery.mx import Destinations
from mailhub.delivery.pace import Pace
from mailhub.delivery.routes import Egress, Route
from mailhub.delivery.shaping import load
from mailhub.delivery.smtp_words import Outcome
from mailhub.dns.lookup import open_lookup
from mailhub.hub import Hub
from mailhub.messages import Waiting
from mailhub.routes import today

POOL = (Egress(5, "127.0.0.5", "five.example"), Egress(6, "127.0.0.6", "six.example"))
PLAIN = Route(1, "plain", "smart_host", "127.0.0.1", 9, "none")
POOLED = Route(2, "pooled", "smart_host", "127.0.0.1", 9, "none", egresses=POOL)
GONE = Outcome("deferred", 0, "4.4.1", "gone")


class Scene:
    """A finder, what it gave to which lane, and whom no route took."""

    def __init__(self, hub: Hub, granted: int) -> None:
        lookup = open_lookup(hub.config.dns)

        def make(key: LaneKey, dialer: Dialer, pace: Pace, provider: str) -> Lane:
            return Lane(key, dialer, pace, lambda *_: None, lambda _: None, hub.ms, provider=provider)

        async def ask(
            route: Route, provider: str, count: int, among: Sequence[Egress]
        ) -> tuple[Egress | None, int, int]:
            if self.fault:
                raise self.fault
            self.left -= (some := min(count, self.left, 3))
            self.asked()
            return (among[self.left % 2], some, 0) if some else (None, 0, 9000)

        self.left = granted
        self.asked: Callable[[], object] = lambda: None
        self.fault: Exception | None = None
        self.given: list[tuple[str, int, int]] = []
        self.homeless: list[tuple[int, Homeless]] = []
        self.berths = Berths(hub, load(), make, lambda: Destinations(lookup))
        self.finder = Finder(
            self.berths, ask,
            lambda lane, way, messages: self.given.append((lane.name, lane.key.egress, len(messages))),
            lambda way, messages, why: self.homeless.append((len(messages), why)),
        )  # fmt: skip

    async def look(self, *routes: Route, count: int = 5) -> None:
        waiting = [Waiting(number, 0, "u@a.example", 1, "a.example") for number in range(count)]
        self.finder.look_for(Way(7, "a.example", routes), [Ready(each, "", False, lambda: b"") for each in waiting])
        while self.finder.count or self.finder._tasks:
            await asyncio.sleep(0.001)


def test_a_plain_route_is_found_at_once_and_a_pool_is_asked(sqlite_core: Hub) -> None:
    async def scene() -> None:
        made = Scene(sqlite_core, 5)
        assert made.finder.at_once(Way(7, "a.example", (PLAIN,))) is made.berths.lanes[LaneKey(1, 0, "")]
        assert made.finder.at_once(Way(7, "a.example", (POOLED,))) is None
        await made.look(POOLED)
        assert sorted(count for _, _, count in made.given) == [2, 3]
        assert {egress for _, egress, _ in made.given} <= {5, 6}

    asyncio.run(scene())


def test_a_blocked_route_gives_way_to_the_next_and_a_spent_pool_waits(sqlite_core: Hub) -> None:
    async def scene() -> None:
        made = Scene(sqlite_core, 3)
        made.berths.lane(PLAIN, Egress(0, "", "localhost"), None).block(60, GONE)
        assert made.finder.at_once(Way(7, "a.example", (PLAIN, POOLED))) is None
        await made.look(PLAIN, POOLED)
        assert [count for _, _, count in made.given] == [3]
        [(count, why)] = made.homeless
        assert (count, why.wait) == (2, 9000)
        assert why.blocked is made.berths.lanes[LaneKey(1, 0, "")]

    asyncio.run(scene())


def test_what_is_looked_for_can_be_taken_back(sqlite_core: Hub) -> None:
    async def scene() -> None:
        made = Scene(sqlite_core, 5)
        ready = Ready(Waiting(1, 0, "u@a.example", 1, "a.example"), "", False, lambda: b"")
        made.finder.look_for(Way(7, "a.example", (POOLED,)), [ready])
        assert made.finder.take_back(lambda _: False) == []
        assert made.finder.take_back(lambda _: True) == [ready]
        await asyncio.sleep(0.01)
        assert (made.given, made.homeless) == ([], [])

    asyncio.run(scene())


def test_when_the_pool_cannot_be_asked_the_messages_wait_a_few_seconds(
    sqlite_core: Hub, caplog: pytest.LogCaptureFixture
) -> None:
    async def scene() -> None:
        made = Scene(sqlite_core, 5)
        made.berths.lane(PLAIN, Egress(0, "", "localhost"), None).block(60, GONE)
        made.fault = peewee.OperationalError("database is locked")
        await made.look(PLAIN, POOLED)
        assert made.homeless == [(5, Homeless(wait=AFTER_FAULT, reason=""))]
        assert made.finder.count == 0

    asyncio.run(scene())
    assert "database is locked" in caplog.text


def test_what_a_pool_granted_for_messages_taken_back_meanwhile_is_put_back(sqlite_core: Hub) -> None:
    async def scene() -> None:
        made = Scene(sqlite_core, 5)
        ready = [
            Ready(Waiting(number, 0, "u@a.example", 1, "a.example"), "", False, lambda: b"") for number in range(3)
        ]
        made.asked = lambda: made.finder.take_back(lambda each: each is not ready[2])
        day = today(sqlite_core.ms())
        made.finder.look_for(Way(7, "a.example", (POOLED,)), list(ready))
        while made.finder.count:
            await asyncio.sleep(0.001)
        assert [count for _, _, count in made.given] == [1]
        assert list(made.finder.unused.values()) == [2]
        ((egress, provider, of),) = made.finder.unused
        assert (provider, ready[2].day) == ("", of)
        assert day <= of <= today(sqlite_core.ms())
        assert egress in POOL

    asyncio.run(scene())


def test_what_a_pool_granted_for_a_lane_that_is_blocked_is_put_back(sqlite_core: Hub) -> None:
    async def scene() -> None:
        made = Scene(sqlite_core, 5)
        for egress in POOL:
            made.berths.lane(POOLED, egress, None).block(60, GONE)
        await made.look(POOLED, count=2)
        assert list(made.finder.unused.values()) == [2]
        assert made.homeless[0][1].blocked is not None

    asyncio.run(scene())
