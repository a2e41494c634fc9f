"""A lane's room follows its speed: it grows while what it was given was too little, and shrinks behind a slow server."""

from mailhub.delivery.measure import FEW, FIRST, MANY, Measure


def test_room_grows_with_proof_alone() -> None:
    measure = Measure(0.0)
    assert measure.room(0) == FIRST
    assert measure.room(0) == FIRST
    measure.answered = FIRST
    assert measure.room(FIRST // 2) == FIRST // 2
    assert measure.room(0) == 2 * FIRST
    for _ in range(20):
        measure.answered += MANY
        measure.room(0)
    assert measure.capacity == MANY


def test_urgent_messages_may_be_as_many_again() -> None:
    measure = Measure(0.0)
    assert measure.room(FIRST) == 0
    assert measure.room(FIRST, urgent=True) == FIRST
    assert measure.room(3 * FIRST, urgent=True) == 0


def test_a_lane_that_always_had_work_and_was_slow_takes_few() -> None:
    measure = Measure(0.0)
    for second in range(1, 8):
        measure.answered += 2
        measure.look(float(second), 40)
    assert measure.capacity == FEW
    assert 1.9 < measure.speed < 2.1


def test_an_idle_lane_keeps_its_room_and_speed() -> None:
    measure = Measure(0.0)
    measure.answered = 40
    measure.look(1.0, 0)
    measure.look(1.1, 0)
    measure.look(9.0, 0)
    assert (measure.capacity, measure.speed) == (FIRST, 40.0)
