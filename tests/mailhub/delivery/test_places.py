"""Lanes of one provider have its connections between them, and each has its turn."""

import pytest

from mailhub.delivery import places as rooms
from mailhub.delivery.places import Places


class Some:
    """A lane as places see it."""

    def __init__(self, places: Places) -> None:
        self.places, self.busy, self.idle, self.wants = places, 0, 0, True

    @property
    def connections(self) -> int:
        return self.busy + self.idle

    @property
    def open_now(self) -> int:
        return self.connections

    def wake(self, most: int) -> int:
        opened = self.places.may_open(self, 2)
        self.busy += opened
        return int(opened)

    def let_go(self) -> bool:
        had, self.idle = self.idle, max(0, self.idle - 1)
        return had > 0

    def finish(self) -> None:
        self.busy, self.idle = self.busy - 1, self.idle + 1
        self.places.pass_on(self, 2)


def test_no_more_than_so_many_are_open_and_who_came_first_is_next() -> None:
    places = Places()
    one, two, three, four = (Some(places) for _ in range(4))
    assert [lane.wake(1) for lane in (one, one, two, three, four)] == [1, 1, 0, 0, 0]
    assert places.crowded
    one.finish()
    assert (one.connections, two.busy, three.busy) == (1, 1, 0)
    assert four.wake(1) == 0
    two.finish()
    assert (two.connections, three.busy, four.busy) == (0, 1, 0)
    one.finish()
    assert (one.connections, four.busy) == (0, 1)
    assert not places.crowded


def test_an_unused_connection_makes_room() -> None:
    places = Places()
    one, two = Some(places), Some(places)
    assert [one.wake(1), one.wake(1)] == [1, 1]
    one.busy, one.idle = 1, 1
    assert two.wake(1) == 1
    assert (one.idle, places.crowded) == (0, False)


def test_who_needs_nothing_any_more_holds_up_nobody() -> None:
    places = Places()
    one, two, three = (Some(places) for _ in range(3))
    assert [lane.wake(1) for lane in (one, one, two, three)] == [1, 1, 0, 0]
    two.wants = False
    one.finish()
    assert (two.busy, three.busy) == (0, 1)


def test_a_provider_that_wants_fewer_has_fewer_and_one_more_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(rooms.time, "monotonic", lambda: now)
    places = Places()
    one, two = Some(places), Some(places)
    assert one.wake(1) == 1
    assert places.fewer() == places.allowed(3) == 1
    assert two.wake(1) == 0
    now += 59
    assert places.allowed(3) == 1
    now += 1
    assert [places.allowed(3), places.allowed(3)] == [2, 2]
    now += 60
    assert places.allowed(3) == 3
    now += 60
    assert places.allowed(3) == 3
