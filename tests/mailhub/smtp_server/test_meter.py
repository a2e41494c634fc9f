import pytest

from mailhub.db import now_ms
from mailhub.smtp_limits import HOUR, MINUTE, Limits, Used
from mailhub.smtp_server.meter import Meter

NOW = 1_800_000_000_000


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (Limits(messages_per_minute=3), "3 mails a minute"),
        (Limits(messages_per_hour=3), "3 mails an hour"),
        (Limits(recipients_per_minute=6), "6 recipients a minute"),
        (Limits(recipients_per_hour=6), "6 recipients an hour"),
    ],
)
def test_a_limit_is_reached_and_passes(limits: Limits, words: str) -> None:
    meter = Meter()
    for _ in range(3):
        assert meter.refusal(1, limits, 2, NOW) == ""
        meter.count(1, 2, NOW)
    assert words in meter.refusal(1, limits, 1, NOW)
    assert meter.refusal(2, limits, 1, NOW) == "", "another login's"
    passed = MINUTE if "minute" in words else HOUR * MINUTE
    assert words in meter.refusal(1, limits, 1, NOW + passed - MINUTE)
    assert meter.refusal(1, limits, 1, NOW + passed) == ""


def test_what_other_processes_counted_counts() -> None:
    meter, now = Meter(), now_ms()
    meter.count(1, 1, now)
    assert meter.tell() == [Used(1, now // MINUTE, 1, 1)]
    assert meter.refusal(1, Limits(messages_per_minute=1), 1, now), "while it is being told too"
    meter.told([Used(1, now // MINUTE, 5, 9)])
    meter.count(1, 1, now)
    assert meter.refusal(1, Limits(messages_per_minute=7), 1, now) == ""
    assert meter.refusal(1, Limits(messages_per_minute=6), 1, now)
    assert meter.refusal(1, Limits(recipients_per_minute=10), 1, now)
    assert meter.refusal(1, Limits(recipients_per_minute=11), 1, now) == ""


def test_what_could_not_be_told_is_told_later() -> None:
    meter, now = Meter(), now_ms()
    meter.count(1, 2, now)
    meter.tell()
    meter.count(1, 3, now)
    meter.failed()
    assert meter.tell() == [Used(1, now // MINUTE, 2, 5)]


def test_old_counts_are_forgotten() -> None:
    meter, now = Meter(), now_ms()
    meter.learn([Used(1, now // MINUTE - 2 * HOUR, 5, 5), Used(1, now // MINUTE, 1, 1)])
    assert len(meter._messages) == len(meter._recipients) == 1
