"""Plans of warm-ups grow day by day and end; every change is counted."""

import pytest

from mailhub.hub import Hub
from mailhub.routes import DAY, RouteChange, WarmUp, changed, day_of, iso, today


def _plan(**columns: object) -> WarmUp:
    given = {"started_on": "2027-03-01", "first": 50, "growth": 2.0, "most": 1000, "caps": {"google": 10}}
    return WarmUp(**{**given, **columns})


def test_a_days_cap_doubles_until_the_plan_is_over() -> None:
    first = day_of("2027-03-01")
    assert [_plan().cap("", first + day) for day in range(6)] == [50, 100, 200, 400, 800, None]
    assert [_plan().cap("google", first + day) for day in range(3)] == [10, 20, 40]


def test_before_its_first_day_nothing_leaves() -> None:
    assert _plan().cap("", day_of("2027-02-28")) == 0


def test_a_fraction_is_no_message_and_a_growth_of_one_stays() -> None:
    first = day_of("2027-03-01")
    assert [_plan(first=5, growth=1.5).cap("", first + day) for day in range(4)] == [5, 7, 11, 16]
    assert _plan(growth=1.0, most=0).cap("", first + 1000) == 50


def test_a_plan_without_end_grows_out_of_all_caps() -> None:
    first = day_of("2027-03-01")
    assert _plan(most=0).cap("", first + 20) == 50 * 2**20
    assert _plan(most=0).cap("", first + 100_000) is None


def test_days_are_those_of_utc() -> None:
    assert iso(day_of("2027-03-01")) == "2027-03-01"
    assert today(day_of("2027-03-01") * DAY + DAY - 1) == day_of("2027-03-01")
    with pytest.raises(ValueError, match="tomorrow"):
        day_of("tomorrow")


def test_each_change_is_counted(sqlite_core: Hub) -> None:
    before = RouteChange.select(RouteChange.number).scalar()
    changed()
    assert RouteChange.select(RouteChange.number).scalar() == before + 1
    assert RouteChange.select().count() == 1
