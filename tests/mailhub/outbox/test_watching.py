"""The log tells once that a source is slow or held, and once that it goes on."""

import logging

import pytest

from mailhub import outbox
from mailhub.db import bulk, transaction
from mailhub.hub import Hub
from mailhub.messages import Outcome, Source
from mailhub.outbox.sources import open_held
from mailhub.outbox.watching import Watch
from mailhub.testing import Clock, make_owner, make_source


@pytest.fixture
def clock(core: Hub) -> Clock:
    core.clock = clock = Clock()
    return clock


def _source(hub: Hub) -> Source:
    return make_source(hub, make_owner(hub)[0], [f"a{n}@example.com" for n in range(50)], started_at=hub.ms())


def _settle(hub: Hub, source: Source, kind: str, count: int, enhanced: str = "2.0.0") -> None:
    with bulk():
        waiting = outbox.claim(source, hub.node.number, count, hub.ms())
        text = "bob@example.com has no room"
        outcomes = [Outcome(w.id, 1, kind, hub.ms(), 450, enhanced, text, due_at=hub.ms()) for w in waiting]
        outbox.settle(hub.node.number, outcomes)


def _looks(hub: Hub, clock: Clock, watch: Watch, times: int = 1) -> None:
    for _ in range(times):
        clock.move(6)
        watch.look(hub)


def test_it_stands_still_and_goes_on(core: Hub, clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "mailhub.outbox.watching")
    source, watch = _source(core), Watch()
    named = f"source {source.id} of account {source.account_id}"
    _looks(core, clock, watch)
    assert caplog.messages == []
    _looks(core, clock, watch, 5)
    assert caplog.messages == [f"{named} came to a stand: nothing left for ten seconds, and no worker said why"]
    _settle(core, source, "deferred", 9, "4.4.1")
    _looks(core, clock, watch, 5)
    assert caplog.messages[1:] == [f"{named} came to a stand: the next server could not be reached"]
    _settle(core, source, "delivered", 9)
    _looks(core, clock, watch, 1)
    assert caplog.messages[2:] == [f"{named} went on"]


def test_what_servers_answered_is_not_in_the_log(core: Hub, clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    source, watch = _source(core), Watch()
    clock.move(20)
    _settle(core, source, "deferred", 9, "4.2.2")
    _looks(core, clock, watch)
    assert caplog.messages == [
        f"source {source.id} of account {source.account_id} became slow: receiving servers put off most attempts"
    ]


def test_held_again_and_again_for_one_reason_is_told_once(
    core: Hub, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "mailhub.outbox.watching")
    source, watch = _source(core), Watch()
    named = f"source {source.id} of account {source.account_id}"
    for _ in range(3):
        with transaction():
            outbox.hold(core, source, "The plugin credit failed to answer.", core.ms() + 1000)
        _looks(core, clock, watch)
        open_held(core)
    assert caplog.messages == [f"{named} was held: The plugin credit failed to answer."]
    _settle(core, source, "delivered", 5)
    _looks(core, clock, watch)
    assert caplog.messages[1:] == [f"{named} went on"]


def test_a_pause_is_nobodys_surprise(core: Hub, clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    source, watch = _source(core), Watch()
    outbox.pause(source.id)
    _looks(core, clock, watch, 5)
    assert caplog.messages == []
