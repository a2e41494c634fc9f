"""A pace halves when it is asked to, comes back by itself, stops for longer each time, and is shared."""

from dataclasses import replace

import pytest

from mailhub.delivery.pace import Pace
from mailhub.delivery.shaping import Shape

NOW = 1_800_000_000_000


def _pace(**columns: int) -> Pace:
    return Pace("0|0|x", replace(Shape("x"), **columns), 8)  # type: ignore[arg-type]


def test_a_lane_without_limits_is_not_metered_until_it_is_slowed() -> None:
    pace = _pace()
    assert (pace.metered, pace.rate(NOW), pace.connections(NOW)) == (False, 0.0, 8)
    assert pace.slow(NOW, 1200.0, "too many")
    assert (pace.metered, pace.rate(NOW), pace.connections(NOW)) == (True, 600.0, 4)


def test_it_is_slowed_once_in_ten_seconds_and_recovers_a_tenth_a_minute() -> None:
    pace = _pace(rate=100)
    pace.slow(NOW, 0.0, "too many")
    assert not pace.slow(NOW + 9_000, 0.0, "too many")
    assert pace.slow(NOW + 10_000, 0.0, "too many")
    assert 25 < pace.rate(NOW + 10_000) < 27
    assert 35 < pace.rate(NOW + 70_000) < 37
    assert pace.rate(pace.whole_at()) == 100
    assert pace.share == 1.0


def test_it_stops_longer_each_time_and_a_day_forgives() -> None:
    pace = _pace()
    waits = []
    for _ in range(3):
        now = pace.blocked_until + 1 if pace.blocked_until else NOW
        assert pace.stop(now, "blocked")
        assert not pace.stop(now + 1, "blocked")
        waits.append(pace.blocked_until - now)
    assert waits == [300_000, 600_000, 1_200_000]
    later = pace.blocked_until + 25 * 3_600_000
    pace.stop(later, "blocked")
    assert pace.blocked_until - later == 300_000


def test_another_workers_pace_is_taken_over() -> None:
    one, other = _pace(), _pace()
    one.slow(NOW, 600.0, "too many")
    one.stop(NOW, "blocked")
    assert one.dirty
    other.hear(one.noted())
    assert not one.dirty
    assert (other.share, other.base, other.blocked_until, other.words) == (0.5, 600.0, one.blocked_until, "blocked")


def test_turns_are_leased_and_lapse() -> None:
    pace = _pace(rate=60)
    assert not pace.take()
    pace.leased(2, NOW)
    assert [pace.take() for _ in range(3)] == [True, True, False]
    pace.leased(2, NOW)
    pace.leased(1, NOW + 3_001)
    assert pace.left == 1


@pytest.mark.parametrize(("workers", "most"), [(1, 5), (2, 2), (3, 1), (9, 1)])
def test_a_providers_connections_are_for_all_workers_together(workers: int, most: int) -> None:
    assert Pace("0|0|x", Shape("x", connections=5), 8, workers).most == most
    assert Pace("0|0|x", Shape("x"), 8, workers).most == 8
