"""Moments inside sentences."""

from mailhub.errors import Sentence
from mailhub.moments import Moment

AT = 1_795_323_480_000  # 22 November 2026, 04:58 UTC
HOUR = 3_600_000


def test_a_shell_reads_it_in_english_in_its_zone() -> None:
    sentence = Sentence("Finished on {time}.", time=Moment(AT, "UTC"))
    assert sentence == "Finished on 22 November 2026, 04:58."
    assert str(Moment(AT, "Europe/Paris", named=True)) == "22 November 2026, 05:58 (Europe/Paris)"


def test_the_hour_is_enough_on_the_same_day_of_the_zone() -> None:
    assert str(Moment(AT, "UTC", now=AT + HOUR)) == "04:58"
    assert str(Moment(AT, "UTC", now=AT - 5 * HOUR)) == "22 November 2026, 04:58"
    assert str(Moment(AT, "Asia/Tokyo", now=AT - 5 * HOUR)) == "13:58"


def test_it_is_still_a_number() -> None:
    assert f"{Moment(AT, 'UTC'):d}" == "1795323480000"
    assert Moment(AT, "UTC") == AT


def test_what_no_calendar_has_is_its_last_or_first_day() -> None:
    """A million mails at one an hour, guessed to end in some thousand years, are no fault of the page that says so."""
    for zone in ("UTC", "Pacific/Kiritimati", "Pacific/Niue"):
        assert "December 9999" in str(Moment(10**18, zone))
        assert Moment(-(10**18), zone).local(zone).year == 1
