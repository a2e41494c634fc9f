import pytest

from mailhub.db import transaction
from mailhub.hub import Hub
from mailhub.inbound import arrivals
from mailhub.inbound.arrivals import Arrival
from mailhub.inbound.failing import ATTEMPTS, PAUSES, failed, given_up
from mailhub.messages import NEVER
from tests.mailhub.inbound.coming import come


def _claimed(hub: Hub, attempts: int) -> arrivals.Claimed:
    come(hub, b"Subject: Hello\r\n\r\n", "box@in.example")
    Arrival.update(attempts=attempts - 1).execute()
    with transaction():
        return arrivals.claim(1, hub.ms(), 1)[0]


@pytest.mark.parametrize("attempts", [1, 2])
def test_what_failed_is_tried_again_later(sqlite_core: Hub, attempts: int) -> None:
    each = _claimed(sqlite_core, attempts)
    before = sqlite_core.ms()
    failed(sqlite_core, 1, each, ValueError("no"))
    row = Arrival.get()
    assert (row.attempts, row.holder, row.kept) == (attempts, None, "")
    assert row.due_at >= before + PAUSES[attempts - 1]


def test_what_failed_too_often_is_kept_with_what_was_raised(sqlite_core: Hub) -> None:
    failed(sqlite_core, 1, _claimed(sqlite_core, ATTEMPTS), ValueError("no such thing"))
    row = Arrival.get()
    assert (row.due_at, row.kept, row.subject) == (NEVER, "failed", "Hello")
    assert "no such thing" in row.told


def test_another_slots_is_left_alone(sqlite_core: Hub) -> None:
    each = _claimed(sqlite_core, ATTEMPTS)
    failed(sqlite_core, 2, each, ValueError("no"))
    assert Arrival.get().kept == ""


@pytest.mark.parametrize(("attempts", "up"), [(ATTEMPTS, False), (ATTEMPTS + 1, True)])
def test_what_was_claimed_too_often_is_not_read_again(sqlite_core: Hub, attempts: int, up: bool) -> None:
    assert given_up(sqlite_core, 1, _claimed(sqlite_core, attempts)) is up
    assert bool(Arrival.get().kept) is up
