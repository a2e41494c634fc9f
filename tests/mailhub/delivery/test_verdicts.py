"""An answer becomes its outcome: final, another attempt later, or the end after too long a time."""

from dataclasses import replace

import pytest

from mailhub.delivery.smtp_words import Outcome as Answer
from mailhub.delivery.verdicts import Verdicts
from mailhub.hub import Hub
from mailhub.messages import Waiting
from mailhub.testing import Clock

LATER = Answer("deferred", 451, "4.2.1", "come again")


@pytest.fixture
def verdicts(sqlite_core: Hub, monkeypatch: pytest.MonkeyPatch) -> Verdicts:
    monkeypatch.setattr(sqlite_core, "clock", Clock())
    sqlite_core.config = replace(sqlite_core.config, delivery=replace(sqlite_core.config.delivery, retry_for=1000))
    return Verdicts(sqlite_core)


def _waiting(attempts: int = 0, age: int = 0, *, hub: Hub) -> Waiting:
    return Waiting(7, 0, "a@example.com", 1, "example.com", attempts=attempts, first_at=hub.ms() - age * 1000)


def test_an_answer_is_the_outcome_with_its_words(verdicts: Verdicts) -> None:
    made = verdicts.of(_waiting(2, hub=verdicts.hub), Answer("bounced", 550, "5.1.1", "who?", "TLSv1.3"), "host:25")
    assert (made.id, made.attempt, made.kind, made.code, made.enhanced) == (7, 3, "bounced", 550, "5.1.1")
    assert (made.text, made.route, made.tls, made.due_at) == ("who?", "host:25", "TLSv1.3", 0)


def test_what_is_deferred_is_due_later_and_a_long_pause_before_it_does_not_count(verdicts: Verdicts) -> None:
    made = verdicts.of(_waiting(age=99_999, hub=verdicts.hub), LATER, "host:25")
    assert made.kind == "deferred"
    assert 0 < made.due_at - verdicts.hub.ms() < 1_000_000


def test_what_was_tried_for_too_long_expires(verdicts: Verdicts) -> None:
    assert verdicts.of(_waiting(1, age=999, hub=verdicts.hub), LATER, "host:25").kind == "expired"
