"""What goes back to the queue says when it is due again and why it waits; it is never under way as well."""

import asyncio
from collections.abc import Callable
from typing import Any

from mailhub.delivery.berths import Berths
from mailhub.delivery.building import Ready, Way
from mailhub.delivery.connecting import Dialer
from mailhub.delivery.finding import Homeless
from mailhub.delivery.lanes import Lane, LaneKey
from mailhub.delivery.mx import Destinations
from mailhub.delivery.pace import Pace
from mailhub.delivery.returning import Returns
from mailhub.delivery.routes import Egress, Route
from mailhub.delivery.shaping import load
from mailhub.delivery.smtp_words import Outcome
from mailhub.dns.lookup import open_lookup
from mailhub.hub import Hub
from mailhub.messages import Waiting
from mailhub.outbox import Back

HERE = Egress(0, "", "mail.example")
ROUTE = Route(1, "one", "smart_host", "127.0.0.1", 9, "none", egresses=(HERE,))
WAY = Way(7, "a.example", (ROUTE,))


def _ready(number: int, attempts: int = 0, first_at: int = 0) -> Ready:
    waiting = Waiting(number, 0, f"u{number}@a.example", 1, "a.example", attempts=attempts, first_at=first_at)
    return Ready(waiting, "", False, lambda: b"")


def _scene(hub: Hub, work: Callable[[Returns, Lane, list[Back], list[Any]], None]) -> None:
    async def whole() -> None:
        lookup = open_lookup(hub.config.dns)
        back: list[Back] = []
        told: list[Any] = []

        def make(key: LaneKey, dialer: Dialer, pace: Pace, provider: str) -> Lane:
            return Lane(key, dialer, pace, lambda *_: None, lambda _: None, hub.ms, provider=provider)

        berths = Berths(hub, load(), make, lambda: Destinations(lookup))
        returns = Returns(berths, lambda *each: told.append(each), back.extend, lambda *_: None)
        returns.under_way.update(dict.fromkeys(range(10), 7))
        work(returns, berths.lane(ROUTE, HERE, None), back, told)
        lookup.close()

    asyncio.run(whole())


def test_what_overflows_waits_for_its_turn_or_because_the_lane_was_slowed(sqlite_core: Hub) -> None:
    def work(returns: Returns, lane: Lane, back: list[Back], told: list[Any]) -> None:
        returns.overflow(lane, [_ready(1), _ready(2, attempts=1)])
        assert [(each.id, each.reason) for each in back] == [(1, ""), (2, None)]
        assert not {1, 2} & set(returns.under_way)
        lane.pace.slow(sqlite_core.ms(), 60, "slow down")
        returns.overflow(lane, [_ready(3), _ready(4, attempts=1)])
        assert [each.reason for each in back[2:]] == ["rate_limited"] * 2

    _scene(sqlite_core, work)


def test_one_tells_of_a_server_that_went_away_and_the_others_wait_with_its_words(sqlite_core: Hub) -> None:
    def work(returns: Returns, lane: Lane, back: list[Back], told: list[Any]) -> None:
        lane.block(60, Outcome("deferred", 421, "4.3.2", "Shutting down"))
        returns.homeless(WAY, [_ready(1), _ready(2), _ready(3)], Homeless(blocked=lane))
        [(_, ready, _, meaning, _)] = told
        assert (ready.waiting.id, meaning.reason) == (1, "unavailable")
        assert [(each.id, each.reason, each.code, each.text) for each in back] == [
            (number, "unavailable", 421, "Shutting down") for number in (2, 3)
        ]
        assert all(50_000 < each.due_at - sqlite_core.ms() <= 60_000 and each.ages for each in back)

    _scene(sqlite_core, work)


def test_after_a_fault_what_went_back_already_is_let_be(sqlite_core: Hub) -> None:
    def work(returns: Returns, lane: Lane, back: list[Back], told: list[Any]) -> None:
        lane._backlog.append(_ready(1))
        returns.overflow(lane, [_ready(3)])
        returns.after_fault(lane, [_ready(1), _ready(2), _ready(3)])
        assert [each.id for each in back] == [3, 1, 2]
        assert lane.backlog == 0
        assert all(each.due_at > sqlite_core.ms() + 4_000 and each.reason is None for each in back[1:])

    _scene(sqlite_core, work)
