"""What servers answer, in their documented manner: what is about one message never stops the lane of all."""

import re
from pathlib import Path

import pytest

from mailhub.delivery.blame import borne, is_about_us
from mailhub.delivery.shaping import Meaning, load
from mailhub.delivery.smtp_words import Outcome

_ANSWER = re.compile(r"(\d{3})[ -](?:([245]\.\d+\.\d+) )?(.+)")
ANSWERS = [line for line in Path(__file__).with_name("answers.txt").read_text("utf-8").splitlines() if " | " in line]
SHAPING = load()


@pytest.mark.parametrize("line", ANSWERS)
def test_an_answer_has_its_reason_and_what_is_done(line: str) -> None:
    expected, _, said = line.partition(" | ")
    reason, action, provider = expected.split()
    found = _ANSWER.fullmatch(said)
    assert found is not None
    code, enhanced, text = found.groups(default="")
    answer = Outcome("deferred" if code < "500" else "bounced", int(code), enhanced, text)
    meaning = SHAPING.of(provider.strip("-")).meaning(answer)
    assert meaning == Meaning(reason, action.strip("-"))


@pytest.mark.parametrize(
    ("text", "ours"),
    [
        ("a description of what the recipient wants", False),
        ("your IP is on a list", True),
        ("192.0.2.7 is known here", True),
        ("version 1.2.3.4.5 of the filter", False),
        ("2001:db8::7 is known here", True),
        ("at 12:30:45 the mailbox was full", False),
        ("Client host rejected", True),
        ("the client wishes no mail", False),
        ("listed by Spamhaus", True),
        ("your domain is listed by Spamhaus", False),
        ("192.0.2.7: contains a blocked link", False),
    ],
)
def test_whom_words_are_about(text: str, ours: bool) -> None:
    assert is_about_us(text) == ours


@pytest.mark.parametrize(
    ("action", "code", "enhanced", "text", "left"),
    [
        ("soon", 450, "", "not now", "soon"),
        ("soon", 550, "", "not now", ""),
        ("stop", 450, "", "blocked", ""),
        ("stop", 550, "", "your host is blocked", "stop"),
        ("slow", 450, "4.7.0", "too many messages", "slow"),
        ("slow", 450, "4.2.1", "too many messages", ""),
        ("slow", 450, "4.7.0", "too many messages of your domain", ""),
        ("slow", 550, "5.7.0", "too many messages", ""),
        ("slow", 550, "5.7.0", "too many connections", "slow"),
        ("later", 550, "", "x", "later"),
    ],
)
def test_what_is_left_of_an_action(action: str, code: int, enhanced: str, text: str, left: str) -> None:
    assert borne("rate_limited", action, code, enhanced, text) == left
    assert borne("spam", action, code, enhanced, text) == action
