"""The actions about Slack need their permissions, and write no secret into the log."""

import pytest

from mailhub import Forbidden, Hub
from mailhub.activity import Activity
from mailhub.people import add_user
from mailhub.permissions import user_actor
from mailhub_slack import linking
from mailhub_slack.actions import ACTIONS, PERMISSIONS
from mailhub_slack.models import SlackLink, Workspace
from tests.plugins.mailhub_slack.team import Team


@pytest.mark.parametrize("role", ["marketer", "analyst", "billing"])
def test_everybody_may_link_and_only_managers_connect(hub: Hub, workspace: Workspace, team: Team, role: str) -> None:
    bob = add_user(hub, team.account, "Bob", "bob@example.com", "a long password", role)
    actor = user_actor(bob.id, team.account.id, "web", "Bob")
    token = linking.offer(hub, workspace, "U2", "bob").rpartition("/")[2]
    assert hub.call(actor, "slack_links.create", token=token)["slack_user"] == "U2"
    for name in ("slack_workspaces.connect", "slack_workspaces.disconnect", "slack_channels.choose"):
        with pytest.raises(Forbidden, match="slack.manage"):
            hub.call(actor, name)


def test_the_log_names_the_door_and_no_token(hub: Hub, workspace: Workspace, team: Team, linked: SlackLink) -> None:
    found = linking.who(workspace, "U1")
    assert found
    hub.call(found.actor, "slack_links.switch", number=linked.id, account=team.account.id)
    rows = list(Activity.of(team.account).order_by(Activity.sequence))
    assert [(each.action, each.door) for each in rows[-3:]] == [
        ("slack_workspaces.connect", "web"), ("slack_links.create", "web"), ("slack_links.switch", "slack"),
    ]  # fmt: skip
    assert rows[-2].personal == {"who": "Ada Owner"}
    assert rows[-3].personal == {"who": "Ada Owner"}


def test_permissions_are_registered(hub: Hub) -> None:
    assert {each.permission for each in ACTIONS} == {each.name for each in PERMISSIONS} <= set(hub.permissions)
