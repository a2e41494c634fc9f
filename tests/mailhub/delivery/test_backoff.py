"""Back-off: soon at first, ever more slowly, never for more than about four hours, never all at the same moment."""

import pytest

from mailhub.delivery.backoff import JITTER, LONGEST, delay


@pytest.mark.parametrize(("attempt", "minutes"), [(1, 1), (2, 2.5), (3, 6.25), (4, 15.6), (5, 39), (7, 240), (50, 240)])
def test_each_attempt_waits_longer(attempt: int, minutes: float) -> None:
    for _ in range(50):
        assert minutes * 60 * (1 - JITTER) * 0.99 <= delay(attempt) <= minutes * 60 * (1 + JITTER) * 1.01


def test_no_attempt_is_too_many() -> None:
    assert delay(10_000) <= LONGEST * (1 + JITTER)


def test_they_do_not_come_back_together() -> None:
    assert len({delay(1) for _ in range(100)}) > 90
