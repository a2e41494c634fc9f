"""Events are numbered in commit order, and a reader's cursor moves with the reader's own transaction."""

import threading
import time

import pytest

from mailhub import events
from mailhub.db import close_database, transaction
from mailhub.events import NewEvent
from mailhub.hub import Hub
from mailhub.messages import EVENT_KINDS, Cursor, Event


def _write(*kinds: str) -> None:
    with transaction():
        events.write([NewEvent(kind, 1, 5) for kind in kinds])


def test_an_event_comes_back_as_it_went(core: Hub) -> None:
    new = NewEvent("clicked", 3, 1_700_000_000_000, 4, 382748501324333058, 2, 250, "2.0.0", "ok ’", {"link": 1})
    with transaction():
        events.write([new])
    row = Event.get()
    assert tuple(getattr(row, name) for name in NewEvent._fields) == new


def test_an_attempt_is_told_once_and_what_has_none_as_often_as_it_happens(core: Hub) -> None:
    attempt = NewEvent("delivered", 1, 5, message_id=9, attempt=1)
    opened = NewEvent("opened", 1, 5, message_id=9)
    for _ in range(2):
        with transaction():
            events.write([attempt, opened])
    assert [each.kind for each in Event.select().order_by(Event.id)] == ["delivered", "opened", "opened"]


def test_no_event_is_no_fault(core: Hub) -> None:
    _write()
    assert Event.select().count() == 0


def test_the_cores_kinds_of_message_events_are_known() -> None:
    assert set(EVENT_KINDS) <= {each.name for each in events.CORE_EVENTS}


def test_numbers_follow_the_commits(core: Hub, database_url: str) -> None:
    """Two connections interleaved: whatever a follower has passed is never filled in later."""
    if not database_url:
        pytest.skip("SQLite has one writer: its numbers cannot but follow the commits.")
    entered = threading.Event()

    def second() -> None:
        with transaction():
            entered.set()
            events.write([NewEvent("second", 1, 5)])
        close_database()

    thread = threading.Thread(target=second)
    with transaction():
        events.write([NewEvent("first", 1, 5)])
        thread.start()
        assert entered.wait(20)
        thread.join(0.3)
        assert thread.is_alive(), "the second took a number before the first had committed"
    thread.join(20)
    seen = [(each.kind) for each in Event.select().order_by(Event.id)]
    assert seen == ["first", "second"]


def test_a_follower_among_writers_sees_every_event_once_and_in_order(core: Hub) -> None:
    seen: list[int] = []
    faults: list[Exception] = []

    def write(name: str) -> None:
        try:
            for number in range(8):
                with transaction():
                    events.write([NewEvent(f"{name}.{number}", 1, 5), NewEvent(f"{name}.{number}", 1, 5)])
                    time.sleep(0.001)
        except Exception as error:
            faults.append(error)
        finally:
            close_database()

    def take(batch: list[Event]) -> None:
        seen.extend(each.id for each in batch)

    threads = [threading.Thread(target=write, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    until = time.monotonic() + 20
    while len(seen) < 48 and time.monotonic() < until and not faults:
        with transaction():
            events.follow("reader", 7, take)
    for thread in threads:
        thread.join()
    assert faults == []
    assert seen == sorted(each.id for each in Event.select())
    assert len(seen) == 48


def test_a_cursor_stays_where_it_was_when_its_reader_crashes(core: Hub) -> None:
    _write("a", "b", "c")
    seen: list[str] = []

    def take(batch: list[Event]) -> None:
        seen.extend(each.kind for each in batch)

    def crash() -> None:
        with transaction():
            events.follow("reader", 2, take)
            raise ZeroDivisionError

    with transaction():
        assert events.follow("reader", 1, take) == 1
    with pytest.raises(ZeroDivisionError):
        crash()
    with transaction():
        assert events.follow("reader", 10, take) == 2
    with transaction():
        assert events.follow("reader", 10, take) == 0
    assert seen == ["a", "b", "c", "b", "c"]


def test_a_reader_that_fails_does_not_move(core: Hub) -> None:
    _write("a")

    def take(batch: list[Event]) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), transaction():
        events.follow("reader", 1, take)
    assert Cursor.select().where(Cursor.position > 0).count() == 0


def test_readers_have_cursors_of_their_own(core: Hub) -> None:
    _write("a", "b")
    with transaction():
        assert events.follow("one", 10, lambda batch: None) == 2
        assert events.follow("two", 1, lambda batch: None) == 1
    assert {row.name: row.position for row in Cursor.select().where(Cursor.name.in_(["one", "two"]))} == {
        "one": Event.get(Event.kind == "b").id,
        "two": Event.get(Event.kind == "a").id,
    }


def test_two_readers_of_one_name_read_nothing_twice(core: Hub) -> None:
    """While one scheduler hands over to the next, both may read."""
    _write(*[f"e{number}" for number in range(60)])
    seen: list[int] = []
    barrier, faults = threading.Barrier(3), []

    def read() -> None:
        barrier.wait()
        try:
            for _ in range(10):
                with transaction():
                    events.follow("reader", 3, lambda batch: seen.extend(each.id for each in batch))
        except Exception as error:
            faults.append(error)
        finally:
            close_database()

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert len(seen) == len(set(seen)) == 60
