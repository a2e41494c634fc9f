"""Secrets are sealed and never lost by an empty field; requests are told apart by who signed them; channels have rules."""

import hashlib
import hmac
import time

import pytest

from mailhub import Hub, Invalid, NotFound
from mailhub.activity import Activity
from mailhub.db import sql
from mailhub.testing import make_owner
from mailhub_slack import workspaces
from mailhub_slack.calling import Refused, Unreached
from mailhub_slack.models import Channel, SlackLink, Workspace
from mailhub_slack.workspaces import Secrets
from tests.flows.slack_server import APP_TOKEN, BOT_TOKEN, SECRET, Slack
from tests.plugins.mailhub_slack.team import Team, connect, link


def _signed(secret: str, body: bytes = b"x") -> dict[str, str]:
    now = str(int(time.time()))
    signature = hmac.new(secret.encode(), b"v0:" + now.encode() + b":" + body, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": now, "X-Slack-Signature": f"v0={signature}"}


def test_secrets_are_sealed_in_table_and_log(hub: Hub, workspace: Workspace, team: Team) -> None:
    rows = repr(sql("SELECT * FROM slack_workspaces").fetchall()) + repr(list(Activity.of(team.account).dicts()))
    assert BOT_TOKEN not in rows
    assert SECRET not in rows
    assert workspaces.secrets_of(hub, workspace) == Secrets(BOT_TOKEN, SECRET, "")


def test_an_empty_field_keeps_what_is_set(hub: Hub, workspace: Workspace, team: Team) -> None:
    hub.call(team.actor, "slack_workspaces.connect", app_token=APP_TOKEN)
    after = Workspace.get_by_id(workspace.id)
    assert workspaces.secrets_of(hub, after) == Secrets(BOT_TOKEN, SECRET, APP_TOKEN)
    assert after.changed_at > workspace.changed_at, "running apps begin anew"
    assert after.team == "T1"
    hub.call(team.actor, "slack_workspaces.connect", app_token=APP_TOKEN)
    assert Workspace.get_by_id(workspace.id).changed_at == after.changed_at


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({}, "Copy the Bot User OAuth Token here"),
        ({"bot_token": "xoxp-1", "signing_secret": "s"}, "A bot token begins with xoxb-"),
        ({"bot_token": "xoxb-1"}, "Give the signing secret"),
        ({"bot_token": "xoxb-1", "app_token": "abc"}, "An app-level token begins with xapp-"),
    ],
)
def test_what_cannot_be_right_is_said(hub: Hub, team: Team, given: dict[str, str], sentence: str) -> None:
    with pytest.raises(Invalid, match=sentence):
        hub.call(team.actor, "slack_workspaces.connect", **given)
    assert Workspace.select().count() == 0


def test_who_signed_is_whose_it_is(hub: Hub, workspace: Workspace, team: Team) -> None:
    tenant = Team(*make_owner(hub, "Tenant", "tess@example.com"))
    theirs = connect(hub, tenant, secret="theirs")
    assert workspaces.signer(hub, b"x", _signed(SECRET)) == workspace
    assert workspaces.signer(hub, b"x", _signed("theirs")) == theirs
    assert workspaces.signer(hub, b"y", _signed("theirs")) is None
    assert workspaces.signer(hub, b"x", _signed("nobody's")) is None
    assert workspaces.signer(hub, b"x", _signed("")) is None


def test_a_socket_workspace_is_signed_by_nobody(hub: Hub, socket_workspace: Workspace) -> None:
    assert workspaces.signer(hub, b"x", _signed("")) is None


def test_slack_is_asked_whose_token_it_is(slack: Slack) -> None:
    assert workspaces.introduce(Secrets(BOT_TOKEN, "", ""))["team_name"] == "Acme <Team>"
    with pytest.raises(Refused):
        workspaces.introduce(Secrets("xoxb-wrong", "", ""))
    slack.stop()
    with pytest.raises(Unreached):
        workspaces.introduce(Secrets(BOT_TOKEN, "", ""))


def test_what_was_said_of_old_secrets_is_not_written_down(hub: Hub, workspace: Workspace, team: Team) -> None:
    hub.call(team.actor, "slack_workspaces.connect", bot_token="xoxb-new")
    workspaces.remember(workspace, problem="late")
    workspaces.complain(workspace, Refused("invalid_auth"))
    assert Workspace.get_by_id(workspace.id).problem == ""
    workspaces.complain(Workspace.get_by_id(workspace.id), Refused("invalid_auth"))
    assert "copy the Bot User" in Workspace.get_by_id(workspace.id).problem


def test_a_press_counts_once_and_is_forgotten_after_an_hour(hub: Hub) -> None:
    assert workspaces.first_time(hub, "1:t")
    assert not workspaces.first_time(hub, "1:t")
    assert workspaces.first_time(hub, "2:t")
    assert workspaces.first_time(hub, "")
    assert workspaces.first_time(hub, "")
    sql("UPDATE slack_seen SET at = ?", (hub.ms() - 3_600_001,))
    assert workspaces.first_time(hub, "3:t")
    assert sql("SELECT count(*) FROM slack_seen").fetchone()[0] == 1


def test_a_channel_by_the_accounts_own_workspace(hub: Hub, workspace: Workspace, team: Team) -> None:
    assert hub.call(team.actor, "slack_channels.choose", channel="#news ")["channel"] == "news"
    assert hub.call(team.actor, "slack_channels.choose", channel="other")["channel"] == "other"
    assert [(each.channel, each.workspace_id) for each in Channel.of(team.account)] == [("other", workspace.id)]
    assert hub.call(team.actor, "slack_channels.choose", channel="")["channel"] == ""
    assert not list(Channel.of(team.account))


def test_a_channel_of_the_operators_workspace_is_for_who_is_in_it(hub: Hub, workspace: Workspace, team: Team) -> None:
    """Nobody writes into a workspace they do not belong to."""
    tenant = Team(*make_owner(hub, "Tenant", "tess@example.com"))
    with pytest.raises(Invalid, match="Link yourself first"):
        hub.call(tenant.actor, "slack_channels.choose", channel="general")
    link(hub, workspace, tenant, "U2")
    assert hub.call(tenant.actor, "slack_channels.choose", channel="general")["channel"] == "general"


def test_disconnecting_forgets_all(hub: Hub, workspace: Workspace, team: Team, linked: SlackLink) -> None:
    hub.call(team.actor, "slack_channels.choose", channel="news")
    assert hub.call(team.actor, "slack_workspaces.disconnect")["workspace"] == "Acme <Team>"
    assert [each.select().count() for each in (Workspace, SlackLink, Channel)] == [0, 0, 0]
    with pytest.raises(NotFound, match="none is connected"):
        hub.call(team.actor, "slack_workspaces.disconnect")
    assert list(workspaces.all_workspaces()) == []


def test_what_serves_an_account(hub: Hub, workspace: Workspace, team: Team) -> None:
    tenant = Team(*make_owner(hub, "Tenant", "tess@example.com"))
    assert workspaces.serving(tenant.account.id) == [workspace]
    theirs = connect(hub, tenant, secret="theirs")
    assert workspaces.serving(tenant.account.id) == [theirs, workspace]
    assert workspaces.serving(team.account.id) == [workspace]


def test_slacks_call_is_noted_by_the_minute(hub: Hub, workspace: Workspace) -> None:
    workspaces.heard(hub, workspace)
    first = Workspace.get_by_id(workspace.id).heard_at
    assert first
    workspaces.heard(hub, Workspace.get_by_id(workspace.id))
    assert Workspace.get_by_id(workspace.id).heard_at == first
