"""Moments as people write them, in zones, across the changes of clocks."""

from datetime import UTC, datetime

import pytest

from mailhub import Invalid
from mailhub_sending.times import parse, show

NOW = int(datetime(2026, 3, 20, 12, 0, tzinfo=UTC).timestamp() * 1000)


def utc(text: str) -> int:
    return int(datetime.fromisoformat(text + "+00:00").timestamp() * 1000)


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        ("2026-12-24 09:00", "Europe/Paris", "2026-12-24T08:00"),
        ("2026-07-14T09:00", "Europe/Paris", "2026-07-14T07:00"),
        ("2026-07-14 09:00:30", "UTC", "2026-07-14T09:00:30"),
        ("2026-12-24T09:00+05:30", "Europe/Paris", "2026-12-24T03:30"),
        ("2026-12-24T09:00Z", "Asia/Tokyo", "2026-12-24T09:00"),
        ("tomorrow 9:00", "Europe/Paris", "2026-03-21T08:00"),
        ("Tomorrow at 09:30", "UTC", "2026-03-21T09:30"),
        ("demain à 9h", "Europe/Paris", "2026-03-21T08:00"),
        ("demain 9h05", "Europe/Paris", "2026-03-21T08:05"),
        ("today 18:00", "UTC", "2026-03-20T18:00"),
        ("aujourd’hui 18h", "UTC", "2026-03-20T18:00"),
        ("in 2 hours", "Europe/Paris", "2026-03-20T14:00"),
        ("in 30 minutes", "UTC", "2026-03-20T12:30"),
        ("dans 3 jours", "UTC", "2026-03-23T12:00"),
        ("tomorrow 8:00", "Asia/Tokyo", "2026-03-20T23:00"),
    ],
)
def test_reads(text: str, zone: str, expected: str) -> None:
    assert parse(text, zone, NOW) == utc(expected)


@pytest.mark.parametrize(
    "text", ["", "soon", "2026-13-01 09:00", "2026-12-24", "9:00", "tomorrow", "in two hours", "tomorrow 25:00"]
)
def test_refuses_what_is_no_time(text: str) -> None:
    with pytest.raises(Invalid, match="is no time MailHub can read") as told:
        parse(text, "UTC", NOW)
    assert list(told.value.fields) == ["at"]


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/New_York"])
@pytest.mark.parametrize(
    "text",
    ["9999-12-31 23:59", "0001-01-01 00:00", "0001-01-01T00:00+14:00", "9999-12-31T23:59-12:00", "2126-12-24 09:00",
     "1970-01-01 00:00", "in 9999 days"],
)  # fmt: skip
def test_refuses_what_is_far_away(text: str, zone: str) -> None:
    with pytest.raises(Invalid, match="is more than ten years from now: choose a time that is nearer") as told:
        parse(text, zone, NOW)
    assert list(told.value.fields) == ["at"]


def test_what_cannot_be_read_is_shown_in_signs_that_can_be_sent() -> None:
    with pytest.raises(Invalid) as told:
        parse("\ud800" + "9" * 5000, "UTC", NOW)
    assert len(told.value.fields["at"].encode()) < 200


def test_refuses_the_past_and_names_it() -> None:
    with pytest.raises(Invalid, match=r"20 March 2026, 12:59 \(Europe/Paris\) is over already"):
        parse("2026-03-20 12:59", "Europe/Paris", NOW)


def test_refuses_an_hour_that_clocks_leave_out() -> None:
    with pytest.raises(Invalid, match="There is no 2026-03-29 02:30 in Europe/Paris"):
        parse("2026-03-29 02:30", "Europe/Paris", NOW)
    assert parse("2026-03-29 03:00", "Europe/Paris", NOW) == utc("2026-03-29T01:00")


def test_an_hour_that_comes_twice_is_the_first() -> None:
    assert parse("2026-10-25 02:30", "Europe/Paris", NOW) == utc("2026-10-25T00:30")


def test_shows_in_the_zone() -> None:
    at = utc("2026-12-24T23:30")
    assert show(at, "Europe/Paris") == "2026-12-25 00:30"
