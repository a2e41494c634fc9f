"""Daily caps hold whoever asks, cost few writes, and come back when they are not used."""

import pytest

from mailhub.db import sql
from mailhub.delivery.warming import Allowances
from mailhub.hub import Hub
from mailhub.routes import DAY, WarmUp, iso, today
from mailhub.testing import Clock

DAY_S = DAY / 1000


@pytest.fixture
def clock() -> Clock:
    return Clock(20_833 * DAY_S + 3600)


def _allowances(hub: Hub, clock: Clock, **columns: object) -> Allowances:
    hub.clock = clock
    made = Allowances(hub)
    given = {"started_on": iso(today(hub.ms())), "first": 100, "growth": 2.0, "most": 10_000, "caps": {}}
    made.plans = {1: WarmUp(address=1, **{**given, **columns})}
    return made


def _used() -> int:
    return int(sql("SELECT COALESCE(sum(used), 0) FROM warm_counts").fetchone()[0])


def test_an_address_without_a_plan_sends_as_much_as_there_is(sqlite_core: Hub, clock: Clock) -> None:
    allowances = _allowances(sqlite_core, clock)
    assert allowances.take(0, "google", 10_000) == (10_000, 0)
    assert allowances.take(2, "google", 10_000) == (10_000, 0)
    assert _used() == 0
    assert not allowances.spent(2, "google")


def test_two_workers_share_a_days_cap_to_the_last_message(core: Hub, clock: Clock) -> None:
    workers = [_allowances(core, clock), _allowances(core, clock)]
    granted = 0
    for turn in range(60):
        granted += workers[turn % 2].take(1, "google", 3)[0]
    assert granted == 100
    assert _used() == 100
    assert workers[0].spent(1, "google")
    until_midnight = DAY - 3_600_000
    assert workers[0].take(1, "google", 5) == (0, until_midnight)
    assert workers[0].take(1, "orange", 5) == (5, 0), "each provider has its own cap"


def test_part_of_what_is_wanted_is_granted_with_the_time_until_the_rest(sqlite_core: Hub, clock: Clock) -> None:
    allowances = _allowances(sqlite_core, clock)
    assert allowances.take(1, "google", 130) == (100, DAY - 3_600_000)


def test_tomorrow_the_cap_has_grown(core: Hub, clock: Clock) -> None:
    allowances = _allowances(core, clock)
    assert allowances.take(1, "google", 1000)[0] == 100
    clock.move(DAY_S)
    assert not allowances.spent(1, "google")
    assert allowances.take(1, "google", 1000)[0] == 200


def test_a_worker_takes_several_at_once_and_gives_back_what_it_did_not_use(sqlite_core: Hub, clock: Clock) -> None:
    first, second = _allowances(sqlite_core, clock, first=1000), _allowances(sqlite_core, clock, first=1000)
    assert first.take(1, "", 1) == (1, 0)
    assert _used() == 50, "a twentieth, in one write"
    assert second.take(1, "", 1000)[0] == 950
    first.give_back(idle=60)
    assert _used() == 1000, "what was used a moment ago is kept"
    first.give_back()
    assert _used() == 951
    second.give_back()
    assert second.take(1, "", 100) == (49, DAY - 3_600_000), "and others may have it"


def test_what_was_granted_and_did_not_leave_may_leave_later(sqlite_core: Hub, clock: Clock) -> None:
    allowances = _allowances(sqlite_core, clock)
    assert allowances.take(1, "google", 100) == (100, 0)
    allowances.put_back(1, "google", 30, today(sqlite_core.ms()))
    assert allowances.take(1, "google", 50)[0] == 30
    allowances.put_back(2, "google", 30, today(sqlite_core.ms()))
    assert not allowances.spent(2, "google")


def test_what_was_granted_before_midnight_and_comes_back_after_it_is_worth_nothing(
    sqlite_core: Hub, clock: Clock
) -> None:
    allowances = _allowances(sqlite_core, clock)
    yesterday = today(sqlite_core.ms())
    assert allowances.take(1, "google", 100) == (100, 0)
    clock.move(DAY_S)
    assert allowances.take(1, "google", 150)[0] == 150
    allowances.put_back(1, "google", 100, yesterday)
    assert allowances.take(1, "google", 100)[0] == 50


def test_what_comes_back_after_the_rest_was_given_back_is_not_lost(sqlite_core: Hub, clock: Clock) -> None:
    allowances = _allowances(sqlite_core, clock)
    allowances.take(1, "google", 100)
    allowances.give_back()
    allowances.put_back(1, "google", 30, today(sqlite_core.ms()))
    allowances.give_back()
    assert _used() == 70


def test_yesterdays_leases_are_not_given_back_today(sqlite_core: Hub, clock: Clock) -> None:
    allowances = _allowances(sqlite_core, clock, first=1000)
    allowances.take(1, "", 1)
    clock.move(DAY_S)
    allowances.give_back(idle=60)
    assert _used() == 50


def test_a_thousand_messages_are_few_writes(sqlite_core: Hub, clock: Clock) -> None:
    allowances = _allowances(sqlite_core, clock, first=1000)
    writes = 0
    used = 0
    for _ in range(500):
        assert allowances.take(1, "google", 1) == (1, 0)
        writes, used = writes + (_used() != used), _used()
    assert writes < 30
