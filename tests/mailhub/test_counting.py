"""Counters follow the events once each, hour by hour; a first open is a message's only one."""

from mailhub import counting, events
from mailhub.counting import HOUR, by_hour, count_events, totals
from mailhub.db import bulk, transaction
from mailhub.events import NewEvent
from mailhub.hub import Hub
from mailhub.messages import Message, Outcome
from mailhub.outbox import claim, settle
from mailhub.testing import make_owner, make_source

NOON = 475_000 * HOUR


def _tell(*new: NewEvent) -> None:
    with transaction():
        events.write(new)


def _delivered(core: Hub, count: int) -> tuple[int, list[int]]:
    source = make_source(core, make_owner(core)[0], [f"u{number}@example.com" for number in range(count)])
    with bulk():
        ids = [each.id for each in claim(source, core.node.number, count, core.ms())]
        settle(core.node.number, [Outcome(id_, 1, "delivered", NOON, 250) for id_ in ids])
    return source.id, ids


def test_each_event_is_counted_once_in_its_hour(core: Hub) -> None:
    source, _ = _delivered(core, 5)
    _tell(NewEvent("deferred", 1, NOON + HOUR, source), NewEvent("deferred", 1, NOON + 2 * HOUR - 1, source))
    for _ in range(3):
        count_events(core)
    assert totals(source) == {"delivered": 5, "deferred": 2}
    assert by_hour(source) == [(NOON, "delivered", 5), (NOON + HOUR, "deferred", 2)]
    _tell(NewEvent("deferred", 1, NOON, source))
    count_events(core)
    assert totals(source) == {"delivered": 5, "deferred": 3}


def test_a_message_is_opened_and_clicked_for_the_first_time_once(core: Hub) -> None:
    source, [one, two] = _delivered(core, 2)
    _tell(*[NewEvent(kind, 1, NOON + at, source, one) for at in (5, 3, 9) for kind in ("opened", "clicked")])
    count_events(core)
    _tell(NewEvent("opened", 1, NOON + HOUR, source, one), NewEvent("opened", 1, NOON + HOUR + 1, source, two))
    count_events(core)
    assert totals(source) == {"delivered": 2, "opened": 5, "opened.first": 2, "clicked": 3, "clicked.first": 1}
    row = Message.get_by_id(one)
    assert (row.opened_at, row.clicked_at) == (NOON + 5, NOON + 5)
    assert (Message.get_by_id(two).opened_at, Message.get_by_id(two).clicked_at) == (NOON + HOUR + 1, None)


def test_each_link_is_counted_and_so_are_those_who_followed_it(core: Hub) -> None:
    source, [one, two] = _delivered(core, 2)
    for clicks in ([(one, 0), (one, 0), (two, 1)], [(one, 0), (one, 1)], [(two, 1)]):
        _tell(*[NewEvent("clicked", 1, NOON, source, message, values={"link": link}) for message, link in clicks])
        _tell(NewEvent("clicked", 1, NOON, source, one, values={"agent": "no link"}))
        count_events(core)
    assert counting.links(source) == {0: (3, 1), 1: (3, 2)}
    assert counting.links(source + 1) == {}


def test_more_than_a_batch_is_counted_to_the_end(core: Hub) -> None:
    source, _ = _delivered(core, 1)
    _tell(*[NewEvent("opened", 1, NOON, source, 99) for _ in range(2 * counting.BATCH + 1)])
    count_events(core)
    assert totals(source)["opened"] == 2 * counting.BATCH + 1


def test_what_belongs_to_no_source_and_to_another_is_not_counted_here(core: Hub) -> None:
    source, _ = _delivered(core, 1)
    _tell(NewEvent("user.created", 1, NOON), NewEvent("opened", 1, NOON, source + 1, 7))
    count_events(core)
    assert totals(source) == {"delivered": 1}
    assert totals(0) == {}
    assert by_hour(99) == []
