"""Slack's refusals become sentences, its silence a pause that grows and is logged once, its limits are kept."""

import logging

import pytest

from mailhub_slack import calling
from mailhub_slack.calling import Peace, Refused, Unreached
from tests.flows.slack_server import BOT_TOKEN, Slack


def test_a_call_brings_its_answer(slack: Slack) -> None:
    assert calling.call(calling.client(BOT_TOKEN), "auth.test")["team_id"] == "T1"
    assert slack.calls[0].token == BOT_TOKEN


def test_a_wrong_token_says_what_to_copy(slack: Slack) -> None:
    with pytest.raises(Refused) as refused:
        calling.call(calling.client("xoxb-wrong"), "auth.test")
    assert refused.value.code == "invalid_auth"
    assert "copy the Bot User OAuth Token" in refused.value.sentence


def test_a_word_nobody_knows_is_shown(slack: Slack) -> None:
    slack.fail("auth.test", word="new_word")
    with pytest.raises(Refused) as refused:
        calling.call(calling.client(BOT_TOKEN), "auth.test")
    assert refused.value.sentence == "Slack refused (new_word): see docs/slack.md."


@pytest.mark.parametrize(("status", "limited", "seconds"), [(429, True, 7), (503, False, 0)])
def test_no_time_now_is_no_refusal(slack: Slack, status: int, limited: bool, seconds: float) -> None:
    slack.fail("auth.test", status, "ratelimited" if limited else "", Retry_After="7")
    with pytest.raises(Unreached) as unreached:
        calling.call(calling.client(BOT_TOKEN), "auth.test")
    assert (unreached.value.limited, unreached.value.seconds) == (limited, seconds)
    assert len(slack.calls) == 1, "who calls knows when to try again"


def test_nobody_there(slack: Slack) -> None:
    slack.stop()
    with pytest.raises(Unreached):
        calling.call(calling.client(BOT_TOKEN), "auth.test")
    with pytest.raises(Unreached):
        calling.answer(slack._response_url(), text="hello")


def test_answers_have_limits_too(slack: Slack) -> None:
    slack.fail("respond", 429, Retry_After="3")
    with pytest.raises(Unreached) as unreached:
        calling.answer(slack._response_url(), text="hello")
    assert unreached.value.seconds == 3
    slack.fail("respond", 404)
    with pytest.raises(Refused):
        calling.answer(slack._response_url(), text="hello")
    calling.answer(slack._response_url(), text="hello")


@pytest.mark.parametrize(
    ("url", "ours"),
    [
        ("https://hooks.slack.com/commands/1", True),
        ("http://hooks.slack.com/commands/1", False),
        ("https://hooks.slack.com.evil.example/1", False),
        ("https://evil.example/hooks.slack.com", False),
        ("http://169.254.169.254/latest", False),
        ("", False),
    ],
)
def test_answers_go_to_slack_alone(monkeypatch: pytest.MonkeyPatch, url: str, ours: bool) -> None:
    monkeypatch.delenv("SLACK_API_URL", raising=False)
    assert calling.is_ours(url) is ours


def test_peace_grows_while_slack_is_away_and_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    peace = Peace("Acme")
    pauses = []
    with caplog.at_level(logging.WARNING):
        for _ in range(9):
            peace.failed(Unreached(0, False, "refused"))
            pauses.append(peace.pause)
        assert peace.holds()
        peace.reached()
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert [each.getMessage().split(" (")[0] for each in caplog.records] == ["Slack", "Slack"]
    assert "cannot be reached (refused)" in caplog.text
    assert "answers again after" in caplog.text


def test_a_limit_is_kept_to_the_second(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(calling.time, "monotonic", lambda: now[0])
    peace = Peace("Acme")
    peace.failed(Unreached(30, True, "rate limited"))
    now[0] = 129.9
    assert peace.holds()
    now[0] = 130.0
    assert not peace.holds()
