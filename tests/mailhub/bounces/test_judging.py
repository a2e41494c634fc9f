"""What servers say, in their documented words, is judged by the one table."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailhub.bounces import Judgement, judge
from mailhub.bounces.judging import worded

HERE = Path(__file__).parent
SAID = [
    line
    for name in ("said.txt", "doubted.txt")
    for line in (HERE / name).read_text("utf-8").splitlines()
    if "|" in line
]


@pytest.mark.parametrize("line", SAID)
def test_a_servers_words(line: str) -> None:
    meant, _, said = line.partition("|")
    class_, reason = meant.split()
    assert judge(None, None, said.strip()) == Judgement(class_, reason)  # type: ignore[arg-type]


def test_a_code_and_a_status_that_stand_beside_the_words_count() -> None:
    assert judge(550, "5.1.1", "") == Judgement("hard", "no_such_user")
    assert judge(450, "4.1.1", "User unknown") == Judgement("soft", "no_such_user")
    assert judge(421, "", "") == Judgement("soft", "unavailable")
    assert judge(0, None, "") == Judgement("unknown", "undetermined")
    assert judge(550, "5.1.1", "blocked using zen.spamhaus.org") == Judgement("block", "blocked")


@pytest.mark.parametrize("status", ["5.7.5", "5.7.509", "5.7.606", "5.7.708", "5.7.750"])
@pytest.mark.parametrize("words", ["", "User unknown", "Domain does not exist", "mailbox unavailable", "no"])
def test_a_refusal_of_us_by_its_status_is_never_hard(status: str, words: str) -> None:
    assert judge(550, status, words).class_ == "block"
    assert judge(550, None, f"550 {status} {words}").class_ == "block"
    assert judge(None, None, f"550-{status} {words}").class_ == "block"


def test_general_words_beside_a_status_of_policy_are_about_us_unless_they_name_the_recipient() -> None:
    assert judge(550, "5.7.1", "Entry does not exist") == Judgement("block", "policy")
    assert judge(550, "5.7.1", "Recipient does not exist") == Judgement("hard", "no_such_user")
    assert judge(550, "5.1.1", "Entry does not exist") == Judgement("hard", "no_such_user")


def test_words_of_the_returning_server_are_not_doubts() -> None:
    transcript = ">>> MAIL FROM:<b@ours.example> <<< 250 ok >>> RCPT TO:<a@b.example> <<< 550 5.1.1 User unknown"
    assert judge(None, None, transcript) == Judgement("hard", "no_such_user")
    assert judge(None, None, "Returned to sender. From: b@ours.example 550 no such user").class_ == "hard"


def test_addresses_and_names_in_them_mean_nothing() -> None:
    assert worded("550 5.0.0 <spam.virus.unknown-user@full.blacklist.example> no") == ""


@given(
    st.text(max_size=600),
    st.one_of(st.none(), st.integers(0, 999)),
    st.sampled_from([None, "", "5.1.1", "x", "4.9.999"]),
)
def test_any_words_are_judged(text: str, code: int | None, status: str | None) -> None:
    assert judge(code, status, text).class_ in ("hard", "soft", "block", "unknown")
