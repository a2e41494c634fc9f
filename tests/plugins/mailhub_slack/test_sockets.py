"""Sockets are opened for who wants them, closed for who wants them no more; troubles become our words."""

import pytest

from mailhub import Hub
from mailhub_slack.models import Workspace
from mailhub_slack.sockets import Sockets
from tests.flows.slack_server import Slack, wait
from tests.plugins.mailhub_slack.team import Team


@pytest.fixture
def sockets(hub: Hub) -> object:
    made = Sockets(hub)
    yield made
    made.close()


def test_one_for_each_workspace_until_it_is_disconnected(
    hub: Hub, slack: Slack, team: Team, socket_workspace: Workspace, sockets: Sockets
) -> None:
    sockets.look()
    sockets.look()
    wait(lambda: slack.connected, 5)
    assert Workspace.get().connected
    assert len(slack.asked("apps.connections.open")) == 1
    hub.call(team.actor, "slack_workspaces.disconnect")
    sockets.look()
    wait(lambda: not slack.connected, 5)


def test_none_over_http(slack: Slack, workspace: Workspace, sockets: Sockets) -> None:
    sockets.look()
    assert not slack.asked("apps.connections.open")


def test_new_secrets_open_a_new_one(
    hub: Hub, slack: Slack, team: Team, socket_workspace: Workspace, sockets: Sockets
) -> None:
    sockets.look()
    hub.call(team.actor, "slack_workspaces.connect", signing_secret="new")
    sockets.look()
    assert len(slack.asked("apps.connections.open")) == 2


def test_an_absent_slack_is_tried_again_later(
    slack: Slack, socket_workspace: Workspace, sockets: Sockets, caplog: pytest.LogCaptureFixture
) -> None:
    slack.fail("apps.connections.open", 503)
    sockets.look()
    sockets.look()
    assert len(slack.asked("apps.connections.open")) == 1, "it is left in peace for a second"
    assert caplog.text.count("cannot be reached") == 1
    wait(lambda: sockets.look() or slack.connected, 5)


def test_at_the_end_all_are_closed(slack: Slack, socket_workspace: Workspace, sockets: Sockets) -> None:
    sockets.look()
    wait(lambda: slack.connected, 5)
    sockets.close()
    wait(lambda: not slack.connected, 5)
    assert not Workspace.get().connected
