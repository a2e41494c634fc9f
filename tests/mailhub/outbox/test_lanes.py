"""Workers share the pace of a lane and lease its turns; how lanes stand is read by pages."""

from mailhub.db import transaction
from mailhub.hub import Hub
from mailhub.outbox import lanes
from mailhub.outbox.lanes import LaneState, Shared

KEY = "0|0|mx.example"


def _lease(rate: float, wanted: int, now: int) -> int:
    with transaction():
        return lanes.lease(KEY, rate, wanted, now)[0]


def test_all_workers_together_keep_a_rate(core: Hub) -> None:
    now = core.ms()
    granted = sum(_lease(600, 5, now + passed) for passed in range(0, 10_000, 100) for _ in range(2))
    assert 100 <= granted <= 121


def test_a_slow_rate_grants_one_turn_at_its_time(core: Hub) -> None:
    now = core.ms()
    assert [_lease(6, 3, now + seconds * 1000) for seconds in (0, 5, 8, 9, 10, 19)] == [1, 0, 0, 1, 0, 1]


def _note(*paces: Shared, now: int) -> None:
    with transaction():
        lanes.note_paces(paces, now)


def test_two_workers_told_the_same_slow_down_once(core: Hub) -> None:
    now = core.ms()
    _note(Shared(KEY, 0.5, 600.0, now, 0, 0, "too many"), now=now)
    _note(Shared(KEY, 0.25, 600.0, now + 5_000, 0, 0, "too many"), now=now + 5_000)
    [known] = lanes.known_paces([KEY])
    assert (known.share, known.slowed_at) == (0.5, now)
    _note(Shared(KEY, 0.25, 0.0, now + 10_000, now + 99_000, 1, "blocked"), now=now + 10_000)
    [known] = lanes.changed_paces(now + 10_000)
    assert known == Shared(KEY, 0.25, 600.0, now + 10_000, now + 99_000, 1, "blocked")
    assert lanes.changed_paces(now + 10_001) == []


def test_a_share_comes_back_by_a_tenth_a_minute() -> None:
    assert lanes.share_at(0.5, 0, 60_000) == 0.6
    assert lanes.share_at(0.5, 0, 600_000) == 1.0


def _row(destination: str, **columns: object) -> dict[str, object]:
    usual = {"route_id": 0, "egress_id": 0, "route": "direct", "egress": "", "provider": "", "connections": 1,
             "backlog": 0, "rate": 0, "usual": 0, "state": "ok", "why": "Nothing waits.", "until": None}  # fmt: skip
    return {**usual, "destination": destination, **columns}


def test_lanes_of_living_workers_are_shown_those_in_trouble_first(core: Hub) -> None:
    now = core.ms()
    with transaction():
        lanes.publish(1, [_row("calm"), _row("busy", backlog=9), _row("bad", state="blocked")], now)
        lanes.publish(2, [_row("dead")], now - 30_000)
    assert [row.destination for row in lanes.living(now)] == ["bad", "busy", "calm"]
    with transaction():
        lanes.publish(1, [], now + 100_000)
    assert LaneState.select().count() == 0
