"""Between slices the lane goes on by itself, for a moment: nothing is given back to be claimed again, and a pause counts."""

import time

from mailhub import outbox
from mailhub.hub import Hub
from mailhub.messages import Queued
from mailhub.testing import Sink
from tests.mailhub.delivery.delivering import delivering, holders, outcomes, source_to, work_off


def _until(seconds: float, true: object) -> None:
    until = time.monotonic() + seconds
    while not callable(true) or not true():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.01)


def test_what_is_left_goes_on_leaving_after_the_slice(core: Hub) -> None:
    source = source_to(core, count=300)
    with Sink(latency=0.05) as sink, delivering(core, sink.port) as delivery:
        assert delivery.run_slice(source.id) is True
        left = sink.count
        sink.wait_for(left + 5, 0.45)


def test_when_no_slice_follows_everything_is_given_back_and_settled(core: Hub) -> None:
    source = source_to(core, count=300)
    with Sink(latency=0.05) as sink, delivering(core, sink.port) as delivery:
        assert delivery.run_slice(source.id) is True
        assert holders() != {None}
        outbox.pause(source.id)
        _until(1.5, lambda: holders() == {None} and outcomes()["delivered"] == sink.count)
        taken = sink.count
        time.sleep(0.3)
        assert sink.count == taken
        assert sink.count + Queued.select().count() == 300


def test_a_pause_counts_while_another_sources_slices_go_on(core: Hub) -> None:
    paused, other = source_to(core, count=200), source_to(core, *[f"v{number}" for number in range(200)])
    with Sink(latency=0.05) as sink, delivering(core, sink.port) as delivery:
        delivery.run_slice(paused.id)
        outbox.pause(paused.id)
        sent = sum(each.recipient.startswith("u") for each in sink.received)
        for _ in range(2):
            delivery.run_slice(other.id)
        assert sum(each.recipient.startswith("u") for each in sink.received) - sent <= 4
        assert {row.holder for row in Queued.select().where(Queued.source == paused)} == {None}


def test_what_is_urgent_goes_ahead_of_what_the_lane_still_has(core: Hub) -> None:
    bulk = source_to(core, count=300)
    urgent = source_to(core, "urgent1", "urgent2", stream="transactional")
    with Sink(latency=0.05) as sink, delivering(core, sink.port, connections=1) as delivery:
        delivery.run_slice(bulk.id)
        before = sink.count
        delivery.run_slice(urgent.id)
        places = [place for place, each in enumerate(sink.received) if each.recipient.startswith("urgent")]
        assert len(places) == 2
        # At most what was built or on its way when they came: a group, and two on the connection.
        assert places[0] - before <= 11
        Queued.delete().execute()


def test_two_sources_take_turns_without_losing_or_repeating(core: Hub) -> None:
    one, two = source_to(core, count=400), source_to(core, *[f"v{number}" for number in range(400)])
    with Sink(latency=0.001) as sink, delivering(core, sink.port) as delivery:
        for _ in range(3):
            delivery.run_slice(one.id)
            delivery.run_slice(two.id)
        work_off(delivery, one)
        work_off(delivery, two)
        assert (sink.count, len({each.recipient for each in sink.received})) == (800, 800)
    assert outcomes() == {"delivered": 800}
