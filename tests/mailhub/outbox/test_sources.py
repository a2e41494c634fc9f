"""A source's states: every move that is allowed, and no other; held ones go on, finished ones stay finished."""

import threading

import pytest

from mailhub import outbox
from mailhub.db import bulk, close_database, transaction
from mailhub.errors import Conflict
from mailhub.hub import Hub
from mailhub.messages import Event, Queued, Source
from mailhub.outbox.sources import finish, open_held
from mailhub.testing import make_owner, make_source
from mailhub.vocabulary import Recipient

MOVES = {
    "pause": {"open": "paused", "held": "paused"},
    "resume": {"paused": "open", "held": "open"},
    "cancel": {"open": "cancelled", "paused": "cancelled", "held": "cancelled"},
}


def _set(source: Source, state: str) -> None:
    Source.update(state=state, held_reason="why", held_until=5).where(Source.id == source.id).execute()


@pytest.mark.parametrize("state", ["open", "paused", "held", "cancelled", "finished"])
@pytest.mark.parametrize("verb", list(MOVES))
def test_a_move_is_made_from_its_states_only(sqlite_core: Hub, verb: str, state: str) -> None:
    source = make_source(sqlite_core, make_owner(sqlite_core)[0], ["a@example.com"])
    _set(source, state)
    run = {
        "pause": lambda: outbox.pause(source.id),
        "resume": lambda: outbox.resume(source.id),
        "cancel": lambda: outbox.cancel(sqlite_core, source.id),
    }[verb]
    expected = MOVES[verb].get(state)
    if expected is None:
        with pytest.raises(Conflict):
            run()
        assert Source.get_by_id(source.id).state == state
        return
    run()
    moved = Source.get_by_id(source.id)
    assert (moved.state, moved.held_reason, moved.held_until) == (expected, "", None)


@pytest.mark.parametrize(("stream", "priority"), [("system", 20), ("transactional", 10), ("bulk", 0)])
def test_a_source_opens_with_its_streams_priority(sqlite_core: Hub, stream: str, priority: int) -> None:
    source = make_source(sqlite_core, make_owner(sqlite_core)[0], [], stream=stream, rate=60)
    read = Source.get_by_id(source.id)
    assert (read.state, read.priority, read.rate, read.submitted) == ("open", priority, 60, 0)


def test_only_an_open_source_is_held_and_told_once(core: Hub) -> None:
    source = make_source(core, make_owner(core)[0], [])
    with transaction():
        outbox.hold(core, source, "The window is closed.", 5)
        outbox.hold(core, source, "Another reason.", 6)
    held = Source.get_by_id(source.id)
    assert (held.state, held.held_reason, held.held_until) == ("held", "The window is closed.", 5)
    assert [each.values for each in Event.select()] == [{"reason": "The window is closed.", "until": 5}]


def test_what_was_paused_meanwhile_is_not_opened(core: Hub) -> None:
    source = make_source(core, make_owner(core)[0], [])
    with transaction():
        outbox.hold(core, source, "Wait.", 5)
        outbox.pause(source.id)
        assert open_held(core) == 0
    assert Source.get_by_id(source.id).state == "paused"


def test_a_source_finishes_when_it_fills_no_more_and_nothing_waits(core: Hub) -> None:
    account, _, _ = make_owner(core)
    waiting = make_source(core, account, ["a@example.com"])
    filling = make_source(core, account, [], filling=True)
    login = make_source(core, account, [], kind="smtp")
    paused = make_source(core, account, [])
    outbox.pause(paused.id)
    done = make_source(core, account, [])
    with transaction():
        assert finish(core) == 1
        assert finish(core) == 0
    states = {each.id: each.state for each in Source.select()}
    assert states == {
        waiting.id: "open",
        filling.id: "open",
        login.id: "open",
        paused.id: "paused",
        done.id: "finished",
    }
    assert Source.get_by_id(done.id).finished_at is not None
    assert [(each.kind, each.source_id) for each in Event.select()] == [("source.finished", done.id)]


def test_nothing_is_submitted_to_what_has_ended(core: Hub) -> None:
    source = make_source(core, make_owner(core)[0], [])
    with transaction():
        finish(core)
    with pytest.raises(Conflict, match="News has ended"), bulk():
        outbox.submit(core, source, [Recipient(1, "a@example.com")])
    assert Queued.select().count() == 0


def test_a_submission_under_way_keeps_its_source_open(core: Hub, database_url: str) -> None:
    if not database_url:
        pytest.skip("SQLite has one writer: finishing cannot begin before the submission has ended.")
    source = make_source(core, make_owner(core)[0], [])
    finished: list[int] = []

    def sweep() -> None:
        with transaction():
            finished.append(finish(core))
        close_database()

    thread = threading.Thread(target=sweep)
    with bulk():
        outbox.submit(core, source, [Recipient(1, "a@example.com")])
        thread.start()
        thread.join(0.3)
    thread.join()
    assert finished == [0]
    assert Source.get_by_id(source.id).state == "open"
