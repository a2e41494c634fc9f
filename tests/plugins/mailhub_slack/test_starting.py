"""A campaign that starts gets a card where its account wants it, and nowhere else."""

from collections.abc import Callable

from mailhub import Hub
from mailhub.telling import tell_plugins
from mailhub_slack.models import Card, Workspace
from tests.plugins.mailhub_slack.team import Team

Make = Callable[..., int]


def test_a_start_opens_a_card(hub: Hub, team: Team, workspace: Workspace, campaign: Make) -> None:
    hub.call(team.actor, "slack_channels.choose", channel="news")
    number = campaign("Spring")
    tell_plugins(hub)
    tell_plugins(hub)
    assert [(each.number, each.channel, each.ts, each.workspace_id) for each in Card.of(team.account)] == [
        (number, "news", "", workspace.id)
    ]


def test_without_a_channel_there_is_none(hub: Hub, team: Team, workspace: Workspace, campaign: Make) -> None:
    campaign("Spring")
    tell_plugins(hub)
    assert not list(Card.select())


def test_other_events_open_none(hub: Hub, team: Team, workspace: Workspace, campaign: Make) -> None:
    hub.call(team.actor, "slack_channels.choose", channel="news")
    number = campaign("Spring")
    tell_plugins(hub)
    Card.delete().execute()
    hub.call(team.actor, "campaigns.pause", which=str(number))
    hub.call(team.actor, "campaigns.resume", which=str(number))
    tell_plugins(hub)
    assert not list(Card.select())
