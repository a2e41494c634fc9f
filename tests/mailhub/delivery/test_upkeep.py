"""Between slices lanes are looked after and shown; a lane that waits for turns gets them."""

import time
from collections.abc import Callable

from mailhub.hub import Hub
from mailhub.messages import Queued
from mailhub.outbox.lanes import LaneState
from mailhub.testing import Sink
from tests.mailhub.delivery.delivering import delivering, outcomes, source_to


def _until(true: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not true():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.02)


def test_how_lanes_stand_is_written_and_goes_with_the_worker(sqlite_core: Hub) -> None:
    source = source_to(sqlite_core, count=5)
    with Sink() as sink, delivering(sqlite_core, sink.port) as delivery:
        delivery.run_slice(source.id)
        _until(lambda: LaneState.select().where(LaneState.state == "ok").exists())
        row = LaneState.get()
        assert (row.node, row.route) == (sqlite_core.node.number, f"127.0.0.1:{sink.port}")
    assert not LaneState.select().exists()


def test_a_lane_with_a_rate_gets_turns_without_any_slice(sqlite_core: Hub) -> None:
    source = source_to(sqlite_core, count=12)
    with Sink() as sink, delivering(sqlite_core, sink.port) as delivery:
        first = source_to(sqlite_core, "first")
        delivery.run_slice(first.id)
        [lane] = delivery.fleet.lanes.values()
        lane.pace.usual = 1200.0
        delivery.run_slice(source.id)
        _until(lambda: sink.count == 13)
        _until(lambda: not Queued.select().exists())
    assert outcomes() == {"delivered": 13}
