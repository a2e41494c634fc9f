"""Buttons: the presser counts, not who asked for the card; taps that come twice or late harm nobody."""

from collections.abc import Callable

import pytest

from mailhub import Hub
from mailhub.activity import Activity
from mailhub.people import add_user
from mailhub.permissions import user_actor
from mailhub.testing import make_owner
from mailhub_slack.models import Card, SlackLink, Workspace
from tests.flows.slack_server import Slack, button, buttons, wait, words
from tests.plugins.mailhub_slack.team import Team, link, make_campaign, state

pytestmark = pytest.mark.usefixtures("served")
Make = Callable[..., int]


def _shared(slack: Slack) -> dict[str, object]:
    """A card that stands in a channel."""
    private = slack.command("stats").answer()
    slack.press(private, "campaign.share")
    wait(slack.posted, 5)
    return slack.posted()[0]


def test_a_card_is_shown_to_all_where_it_was_asked_for(slack: Slack, linked: SlackLink, campaign: Make) -> None:
    campaign("Spring")
    shown = _shared(slack)
    assert shown["channel"] == "C1"
    assert "0 of 3" in words(shown)
    assert not [each for each in buttons(shown) if each["action_id"] == "campaign.share"]


def test_pause_and_resume_change_the_card_at_once(
    hub: Hub, slack: Slack, team: Team, linked: SlackLink, campaign: Make
) -> None:
    number = campaign("Spring")
    shown = _shared(slack)
    slack.press(shown, "campaign.pause")
    wait(lambda: "Paused by Ada Owner from Slack." in words(shown), 3)
    assert state(hub, team, number) == "paused"
    slack.press(shown, "campaign.resume")
    wait(lambda: state(hub, team, number) == "sending", 3)
    wait(lambda: button(shown, "campaign.pause") if "sending" in words(shown) else None, 3)


def test_the_pressers_permission_counts(hub: Hub, slack: Slack, team: Team, linked: SlackLink, campaign: Make) -> None:
    number = campaign("Spring")
    shown = _shared(slack)
    bob = add_user(hub, team.account, "Bob", "bob@example.com", "a long password", "analyst")
    workspace = linked.workspace
    link(hub, workspace, Team(team.account, bob, user_actor(bob.id, team.account.id, "web", "Bob")), "U2")
    refused = slack.press(shown, "campaign.pause", "U2").answer()
    assert "This needs the permission campaigns.pause" in words(refused)
    assert (refused["response_type"], refused["replace_original"]) == ("ephemeral", False)
    stranger = slack.press(shown, "campaign.pause", "U3").answer()
    assert "MailHub does not know you yet" in words(stranger)
    assert state(hub, team, number) == "sending"


def test_a_card_of_an_account_one_is_not_in(
    hub: Hub, slack: Slack, team: Team, linked: SlackLink, campaign: Make
) -> None:
    campaign("Spring")
    tenant = Team(*make_owner(hub, "Tenant", "tess@example.com"))
    make_campaign(hub, tenant, "Theirs")
    link(hub, linked.workspace, tenant, "U2")
    shown = _shared(slack)
    answer = slack.press(shown, "campaign.pause", "U2").answer()
    assert "an account in which you cannot work from Slack" in words(answer)
    button(shown, "campaign.pause")["value"] = f"{tenant.account.id}:1"
    answer = slack.press(shown, "campaign.pause").answer()
    assert "an account in which you cannot work from Slack" in words(answer)
    assert state(hub, team, 1) == state(hub, tenant, 1) == "sending"


def test_a_second_tap_is_told_the_state(hub: Hub, slack: Slack, team: Team, linked: SlackLink, campaign: Make) -> None:
    number = campaign("Spring")
    shown = _shared(slack)
    before = dict(shown)
    slack.press(before, "campaign.pause")
    wait(lambda: state(hub, team, number) == "paused", 3)
    again = slack.press(before, "campaign.pause").answer()
    assert f"Campaign {number} is paused: you can resume or cancel it now." in words(again)
    assert Activity.of(team.account).where(Activity.action == "campaigns.pause").count() == 1


def test_the_same_press_again_does_nothing(
    hub: Hub, slack: Slack, team: Team, linked: SlackLink, campaign: Make
) -> None:
    number = campaign("Spring")
    shown = _shared(slack)
    before = dict(shown)
    slack.press(before, "campaign.pause", trigger_id="once")
    wait(lambda: state(hub, team, number) == "paused", 3)
    hub.call(team.actor, "campaigns.resume", which=str(number))
    slack.press(before, "campaign.pause", trigger_id="once")
    slack.command("help").answer()
    assert state(hub, team, number) == "sending"


def test_refresh_replaces_the_private_card(slack: Slack, linked: SlackLink, campaign: Make) -> None:
    campaign("Spring")
    private = slack.command("stats").answer()
    again = slack.press(private, "campaign.stats").answer()
    assert again["replace_original"] is True
    assert "0 of 3" in words(again)


def test_a_channel_that_does_not_take_it_is_told(slack: Slack, linked: SlackLink, campaign: Make) -> None:
    campaign("Spring")
    private = slack.command("stats").answer()
    slack.fail("chat.postMessage", word="not_in_channel")
    told = words(slack.press(private, "campaign.share").answer())
    assert "write /invite @MailHub there" in told
    assert not Card.select().where(Card.response_url.is_null()).exists()


def test_what_is_no_campaign_is_left_alone(slack: Slack, linked: SlackLink, campaign: Make) -> None:
    campaign("Spring")
    shown = slack.command("stats").answer()
    button(shown, "campaign.pause")["value"] = "nonsense"
    assert slack.press(shown, "campaign.pause").status == 200
    button(shown, "campaign.share")["action_id"] = "unknown"
    assert slack.press(shown, "unknown").answer()["replace_original"] is True


def test_the_link_button_asks_for_nothing(slack: Slack, workspace: Workspace) -> None:
    shown = slack.command("status").answer()
    pressed = slack.press(shown, "open")
    slack.command("help").answer()
    assert (pressed.status, pressed.answers) == (200, [])
