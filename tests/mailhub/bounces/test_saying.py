"""Every reason is said, and by the same words as where mail waits."""

from mailhub.bounces.rules import rules
from mailhub.bounces.saying import REASONS, say
from mailhub.outbox import waiting


def test_every_reason_has_a_sentence() -> None:
    assert set(REASONS) == {*rules().classes, "complaint", "autoreply", "delivered"}


def test_what_waits_and_what_came_back_speak_alike() -> None:
    both = set(REASONS) & set(waiting.REASONS)
    assert {reason: str(REASONS[reason]) for reason in both} == {
        reason: str(waiting.REASONS[reason]) for reason in both
    }


def test_another_reason_stands_for_itself() -> None:
    assert str(say("ours_alone")) == "ours_alone"
