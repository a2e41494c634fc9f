"""Sockets are opened for who wants them, closed for who wants them no more; troubles become our words."""

import time
from typing import Any

import pytest
from slack_sdk.socket_mode.builtin.connection import Connection

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


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Slack's library reads with a timeout of three seconds; here it is a twentieth of one."""
    connect = Connection.connect

    def connects(self: Any) -> None:
        connect(self)
        self.sock.settimeout(0.05)

    monkeypatch.setattr(Connection, "connect", connects)


def test_a_quiet_socket_is_left_open(
    slack: Slack, socket_workspace: Workspace, sockets: Sockets, impatient: None
) -> None:
    sockets.look()
    wait(lambda: slack.connected, 5)
    for _ in range(10):
        sockets.look()
        time.sleep(0.02)
    assert len(slack.asked("apps.connections.open")) == 1
    assert Workspace.get().connected


@pytest.fixture
def aloof(monkeypatch: pytest.MonkeyPatch) -> None:
    """Slack's library looks at nothing by itself."""
    monkeypatch.setattr("mailhub_slack.sockets.PING", 1000.0)


def test_a_broken_socket_is_opened_anew(
    slack: Slack, socket_workspace: Workspace, aloof: None, sockets: Sockets
) -> None:
    sockets.look()
    wait(lambda: slack.connected, 20)
    slack.drop_sockets()
    wait(lambda: sockets.look() or len(slack.asked("apps.connections.open")) == 2, 20)
    wait(lambda: slack.connected, 20)
    assert slack.command("help").status == 200, "what is said on the new one is heard"


def test_a_broken_socket_that_cannot_be_opened_anew_is_said(
    slack: Slack, socket_workspace: Workspace, aloof: None, sockets: Sockets, caplog: pytest.LogCaptureFixture
) -> None:
    sockets.look()
    wait(lambda: slack.connected, 20)
    slack.fail("apps.connections.open", 503, times=100)
    slack.drop_sockets()
    wait(lambda: sockets.look() or "cannot be reached" in caplog.text, 20)
    wait(lambda: sockets.look() or not Workspace.get().connected, 20)
