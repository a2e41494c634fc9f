"""What one worker tells of its lanes, another hears; a blocked lane becomes an event."""

from mailhub.delivery.routes import Router
from mailhub.delivery.sharing import Blocked, Exchange, Sharing, Wanted
from mailhub.hub import Hub
from mailhub.messages import Event
from mailhub.outbox.lanes import Shared


def test_a_pace_told_by_one_is_heard_by_the_other(sqlite_core: Hub) -> None:
    one, other = (Sharing(sqlite_core, Router(sqlite_core)) for _ in range(2))
    pace = Shared("k", 0.5, 600.0, sqlite_core.ms(), 0, 0, "too many")
    one.exchange(Exchange([pace]))
    assert other.exchange(Exchange())[0] == [pace]


def test_a_lane_just_opened_hears_what_is_known_of_it(sqlite_core: Hub) -> None:
    old = Shared("k", 0.5, 600.0, sqlite_core.ms() - 60_000, 0, 0, "too many")
    Sharing(sqlite_core, Router(sqlite_core)).exchange(Exchange([old]))
    fresh = Sharing(sqlite_core, Router(sqlite_core))
    fresh._heard_at += 60_000
    assert fresh.exchange(Exchange())[0] == []
    fresh._heard_at += 60_000
    assert fresh.exchange(Exchange(opened=["k"]))[0] == [old]


def test_turns_are_granted_and_a_block_is_told(sqlite_core: Hub) -> None:
    sharing = Sharing(sqlite_core, Router(sqlite_core))
    _, granted = sharing.exchange(
        Exchange(wanted=[Wanted("k", 600, 5)], blocked=[Blocked("google", "direct", "google", 7, "no")])
    )
    assert granted == {"k": 5}
    assert Event.get(Event.kind == "lane.blocked").values["words"] == "no"


def test_nothing_to_tell_is_seen() -> None:
    assert Exchange().is_empty()
    assert not Exchange(standing=[{}]).is_empty()
