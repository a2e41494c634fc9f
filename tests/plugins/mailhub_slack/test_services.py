"""The services: cards appear and change by themselves, Slack's limits and absences are respected, sockets carry commands."""

import logging
import threading
import time
from collections.abc import Callable
from itertools import pairwise

import pytest

from mailhub import Hub
from mailhub.telling import tell_plugins
from mailhub_slack import calling, services
from mailhub_slack.models import Card, Workspace
from tests.flows.slack_server import Slack, wait, words
from tests.plugins.mailhub_slack.team import Team, deliver, state

Make = Callable[..., int]


def _start(hub: Hub, team: Team, campaign: Make) -> int:
    hub.call(team.actor, "slack_channels.choose", channel="news")
    number = campaign("Spring")
    tell_plugins(hub)
    return number


@pytest.mark.usefixtures("workspace", "tending")
def test_a_card_appears_and_follows(hub: Hub, slack: Slack, team: Team, campaign: Make) -> None:
    number = _start(hub, team, campaign)
    wait(slack.posted, 3)
    deliver(hub, team, number, 2)
    wait(lambda: "2 of 3" in words(slack.posted()[0]), 20)
    hub.call(team.actor, "campaigns.pause", which=str(number))
    wait(lambda: "Paused by Ada Owner on the web." in words(slack.posted()[0]), 20)
    updates = slack.asked("chat.update")
    assert all(later.at - before.at > 2.5 for before, later in pairwise(updates))


@pytest.mark.usefixtures("workspace", "tending")
def test_a_limit_is_respected_to_the_second(hub: Hub, slack: Slack, team: Team, campaign: Make) -> None:
    slack.fail("chat.postMessage", 429, "ratelimited", Retry_After="2")
    _start(hub, team, campaign)
    wait(slack.posted, 6)
    first, second = slack.asked("chat.postMessage")
    assert second.at - first.at >= 2


@pytest.mark.usefixtures("workspace", "tending")
def test_an_absent_slack_is_one_line_and_then_the_card_comes(
    hub: Hub, slack: Slack, team: Team, campaign: Make, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        slack.fail("chat.postMessage", 503, times=2)
        _start(hub, team, campaign)
        wait(slack.posted, 8)
        wait(lambda: "answers again" in caplog.text, 5)  # said after Slack has answered, so after the card is there
    told = [each.getMessage() for each in caplog.records if "Slack" in each.getMessage()]
    assert len(told) == 2
    assert "cannot be reached (HTTP 503)" in told[0]
    assert "answers again" in told[1]
    calls = slack.asked("chat.postMessage")
    assert calls[2].at - calls[1].at > calls[1].at - calls[0].at > 0.9


@pytest.mark.usefixtures("tending")
def test_a_revoked_token_is_said_on_the_page_and_not_asked_about_again(
    hub: Hub, slack: Slack, team: Team, workspace: Workspace, campaign: Make, caplog: pytest.LogCaptureFixture
) -> None:
    slack.fail("chat.postMessage", word="token_revoked", times=99)
    _start(hub, team, campaign)
    wait(lambda: Workspace.get_by_id(workspace.id).problem, 20)
    time.sleep(1.5)
    assert len(slack.asked("chat.postMessage")) == 1
    assert caplog.text.count("Slack refuses workspace") == 1


@pytest.mark.usefixtures("workspace", "tending")
def test_a_campaign_that_is_gone_ends_its_card(hub: Hub, slack: Slack, team: Team, campaign: Make) -> None:
    number = campaign("Spring", start=False)
    from mailhub_slack import starting

    card = starting.open_card(hub, Workspace.get().id, team.account.id, number, "news")
    hub.call(team.actor, "campaigns.delete", which=str(number))
    wait(lambda: not Card.select().where(Card.id == card.id).exists(), 20)
    assert not slack.posted()


def test_nothing_of_slack_is_loaded_while_there_is_no_workspace(hub: Hub) -> None:
    stop = threading.Event()
    threads = [
        threading.Thread(target=each, args=(hub, stop), daemon=True)
        for each in (services.tend_cards, services.keep_sockets)
    ]
    for each in threads:
        each.start()
    time.sleep(0.7)
    assert all(each.is_alive() for each in threads)
    stop.set()
    for each in threads:
        each.join(3)
        assert not each.is_alive()


@pytest.fixture
def sockets(hub: Hub) -> object:
    stop = threading.Event()
    thread = threading.Thread(target=services.keep_sockets, args=(hub, stop), daemon=True)
    thread.start()
    yield thread
    stop.set()
    thread.join(15)
    assert not thread.is_alive(), "the service did not stop"


@pytest.mark.usefixtures("sockets")
def test_commands_and_buttons_come_through_the_socket(
    hub: Hub, slack: Slack, team: Team, socket_workspace: Workspace, campaign: Make
) -> None:
    from tests.plugins.mailhub_slack.team import link

    wait(lambda: slack.connected and Workspace.get().connected, 20)
    number = campaign("Spring")
    link(hub, socket_workspace, team)
    asked = slack.command("status")
    assert asked.status == 200
    assert asked.seconds < 3, "that is as long as Slack waits"
    shown = asked.answer()
    assert f"*{number} Spring*" in words(shown)
    slack.press(shown, "campaign.pause")
    wait(lambda: state(hub, team, number) == "paused", 3)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.usefixtures("sockets")
def test_a_socket_that_broke_is_opened_again(slack: Slack, socket_workspace: Workspace) -> None:
    wait(lambda: slack.connected, 20)
    slack.drop_sockets()
    wait(lambda: len(slack.asked("apps.connections.open")) == 2 and slack.connected, 60)


@pytest.mark.usefixtures("sockets")
def test_a_wrong_app_token_is_said_on_the_page_and_a_new_one_is_tried_at_once(
    hub: Hub, slack: Slack, team: Team, workspace: Workspace
) -> None:
    hub.call(team.actor, "slack_workspaces.connect", app_token="xapp-wrong")
    wait(lambda: "Slack does not take the app-level token" in Workspace.get().problem, 20)
    hub.call(team.actor, "slack_workspaces.connect", app_token="xapp-test")
    wait(lambda: slack.connected, 20)
    wait(lambda: Workspace.get().connected, 20)
    assert Workspace.get().problem == ""


@pytest.mark.usefixtures("sockets")
def test_a_workspace_set_up_from_a_shell_is_introduced(hub: Hub, slack: Slack, team: Team) -> None:
    hub.call(team.actor, "slack_workspaces.connect", bot_token="xoxb-test", signing_secret="x")
    wait(lambda: Workspace.get().team == "T1", 20)
    assert not slack.connected


def test_the_peace_of_a_refusal_is_long() -> None:
    peace = calling.Peace("Acme")
    peace.refused()
    assert peace.holds()
