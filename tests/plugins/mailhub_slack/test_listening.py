"""Commands over HTTP: acknowledged at once, answered in private, as the linked user, and by nobody who is none."""

import logging
import time
from collections.abc import Callable

import pytest

from mailhub import Hub
from mailhub.activity import Activity
from mailhub_slack.models import SlackLink, Workspace
from tests.flows.slack_server import BOT_TOKEN, Slack, button, wait, words
from tests.plugins.mailhub_slack.team import Team, state

pytestmark = pytest.mark.usefixtures("served")


def test_status_comes_in_private_with_buttons(
    hub: Hub, slack: Slack, team: Team, linked: SlackLink, campaign: Callable[..., int]
) -> None:
    number = campaign("Spring <news>")
    asked = slack.command("status")
    assert (asked.status, asked.text) == (200, "")
    answer = asked.answer()
    assert answer["response_type"] == "ephemeral"
    assert f"*{number} Spring &lt;news&gt;*" in words(answer)
    assert button(answer, "campaign.pause")["value"] == f"{team.account.id}:{number}"


def test_what_mailhub_has_to_say_is_logged_as_before(slack: Slack, workspace: Workspace) -> None:
    slack.command("status").answer()
    assert logging.getLogger("mailhub").isEnabledFor(logging.WARNING), "Slack's library has silenced MailHub"


def test_who_is_not_linked_gets_the_way_to_be(slack: Slack, workspace: Workspace, campaign: Callable[..., int]) -> None:
    campaign("Secret")
    answer = slack.command("status").answer()
    assert "Secret" not in words(answer)
    assert button(answer, "open")["url"].startswith("http://localhost:8000/settings/slack/link/")


def test_pause_from_slack_is_logged_with_person_and_door(
    hub: Hub, slack: Slack, team: Team, linked: SlackLink, campaign: Callable[..., int]
) -> None:
    number = campaign()
    answer = slack.command(f"pause {number}").answer()
    assert state(hub, team, number) == "paused"
    assert "Paused by Ada Owner from Slack." in words(answer)
    assert button(answer, "campaign.resume")["confirm"]["text"]["text"].startswith(f"Campaign {number} goes on: 3 ")
    last = Activity.of(team.account).order_by(Activity.sequence.desc()).first()
    assert (last.action, last.door, last.user_id, last.target) == (
        "campaigns.pause", "slack", team.user.id, str(number),
    )  # fmt: skip
    assert last.personal["who"] == "Ada Owner"


@pytest.mark.parametrize("body", ["text=status&command=/mailhub", '{"type":"url_verification","challenge":"x"}'])
def test_what_nobody_signed_is_refused(slack: Slack, workspace: Workspace, body: str) -> None:
    forged = slack.request(body, signature="v0=" + "0" * 64)
    assert forged[0] == 401
    assert "check the signing secret" in forged[1]
    assert slack.request(body, signature="nonsense")[0] == 401


def test_what_was_signed_too_long_ago_is_refused(slack: Slack, workspace: Workspace) -> None:
    assert slack.request("command=/mailhub", at=int(time.time()) - 301)[0] == 401
    assert slack.request("command=/mailhub", at=int(time.time()) + 360)[0] == 401


def test_a_timestamp_that_is_no_number_is_refused(slack: Slack, workspace: Workspace) -> None:
    import urllib.error
    import urllib.request

    headers = {"X-Slack-Request-Timestamp": "soon", "X-Slack-Signature": "v0=1"}
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(urllib.request.Request(f"{slack.mailhub}/slack/events", b"\xff", headers), timeout=5)
    assert refused.value.code == 401
    refused.value.close()


@pytest.mark.parametrize(
    "body",
    ["payload=%7Bbroken", "payload=%5B1%5D", "payload=7", "payload=null", "payload=%7B%22team%22%3A7%7D",
     "payload=%7B%22user%22%3A%22x%22%2C%22type%22%3A%22block_actions%22%7D"],
)  # fmt: skip
def test_a_press_that_makes_no_sense_is_no_fault_of_ours(slack: Slack, workspace: Workspace, body: str) -> None:
    assert slack.request(body)[0] in (400, 404)


@pytest.mark.parametrize("body", ["{broken", "[1]", "7", '"x"', "null", '{"event": 7}', '{"type": 7, "event": []}'])
def test_an_event_that_makes_no_sense_is_no_fault_of_ours(slack: Slack, workspace: Workspace, body: str) -> None:
    assert slack.request(body, content="application/json")[0] in (400, 404)


def test_slack_is_told_the_challenge(slack: Slack, workspace: Workspace) -> None:
    status, text = slack.request('{"type": "url_verification", "challenge": "abc"}', content="application/json")
    assert (status, "abc" in text) == (200, True)


def test_the_same_request_again_does_nothing(
    hub: Hub, slack: Slack, team: Team, linked: SlackLink, campaign: Callable[..., int]
) -> None:
    """Whoever overheard a signed request may send it again for five minutes."""
    number = campaign()
    first = slack.command(f"pause {number}", trigger_id="once")
    first.answer()
    hub.call(team.actor, "campaigns.resume", which=str(number))
    again = slack.command(f"pause {number}", trigger_id="once")
    assert again.status == 200
    later = slack.command("help")
    later.answer()
    assert not again.answers
    assert state(hub, team, number) == "sending"


def test_the_answer_goes_to_slack_and_nowhere_else(slack: Slack, linked: SlackLink) -> None:
    """Who can sign a request must not make this server call its neighbours."""
    slack.command("help", response_url="http://127.0.0.1:1/metrics")
    slack.command("help").answer()
    assert len(slack.asked("respond")) == 1


def test_a_slow_slack_does_not_delay_the_acknowledgement(slack: Slack, linked: SlackLink) -> None:
    asked = slack.command("help")
    assert asked.seconds < 3, "that is as long as Slack waits for the acknowledgement, which no work precedes"


def test_a_removed_app_is_shown_as_such(slack: Slack, workspace: Workspace) -> None:
    assert slack.event("app_uninstalled").status == 200
    wait(lambda: Workspace.get_by_id(workspace.id).problem, 5)
    assert Workspace.get_by_id(workspace.id).problem.startswith("The app was removed from the Slack workspace")


def test_tokens_never_leave_for_a_log(slack: Slack, linked: SlackLink, caplog: pytest.LogCaptureFixture) -> None:
    slack.fail("respond", 500, times=9)
    with caplog.at_level("DEBUG"):
        slack.command("help")
        wait(lambda: "Slack did not take an answer" in caplog.text, 5)
    assert BOT_TOKEN not in caplog.text
