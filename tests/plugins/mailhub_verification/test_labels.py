"""Words and numbers of the pages."""

from mailhub_verification import labels
from mailhub_verification.marks import VERDICTS


def test_every_verdict_has_its_look() -> None:
    assert tuple(labels.VERDICTS) == VERDICTS


def test_scores_by_tens_best_first() -> None:
    counted = labels.scores([1, 0, 0, 0, 0, 0, 0, 0, 0, 4, 5])
    assert counted[0] == ("90–100", 9)
    assert counted[-1] == ("0–9", 1)
    assert len(counted) == 10
    assert labels.scores([]) == []
