"""Slack over a whole server: linked in a minute, a card by itself, and Pause that takes hold within two seconds."""

import time
from collections.abc import Iterator

import pytest

from mailhub.config import load
from mailhub.db import close_database, open_database
from mailhub.messages import Message
from tests.flows.conftest import Start
from tests.flows.server import Server
from tests.flows.slack_server import APP_TOKEN, BOT_TOKEN, SECRET, Slack, button, wait, words
from tests.flows.story import import_contacts, open_account, start_campaign


@pytest.fixture
def slack() -> Iterator[Slack]:
    server = Slack()
    yield server
    server.stop()


def _settled(server: Server) -> int:
    open_database(load(None, server.environment))
    try:
        return int(Message.select().count())
    finally:
        close_database()


def _link(server: Server, slack: Slack) -> None:
    token = button(slack.command("status").answer(), "open")["url"].rpartition("/")[2]
    made = server.do("slack_links.create", f"token={token}", "--as", "ada@example.com")
    assert made["slack_name"] == "name-of-U1"


@pytest.mark.alone
@pytest.mark.parametrize("way", [f"signing_secret={SECRET}", f"app_token={APP_TOKEN}"], ids=["http", "socket"])
def test_pause_from_slack_takes_hold_within_two_seconds(start: Start, slack: Slack, way: str) -> None:
    server = start(SLACK_API_URL=slack.url)
    slack.mailhub = server.url
    open_account(server)
    server.do("slack_workspaces.connect", f"bot_token={BOT_TOKEN}", way)
    server.do("slack_channels.choose", "channel=news")
    if "app_token" in way:
        wait(lambda: slack.connected, 15, "no socket was opened")
    _link(server, slack)
    import_contacts(server, 3000)
    number = start_campaign(server, rate="6000")
    wait(slack.posted, 5, "no card was posted")
    card = slack.posted("Cnews")[0]
    wait(lambda: "Sending" in words(card) and " of 3,000" in words(card), 15, "the card does not follow")
    pressed = time.monotonic()
    assert slack.press(card, "campaign.pause").status == 200
    wait(lambda: "Paused by Ada from Slack." in words(card), 5, "the card does not say who paused")
    time.sleep(max(0.0, pressed + 2 - time.monotonic()))
    stopped_at = _settled(server)
    time.sleep(2)
    assert 0 < _settled(server) == stopped_at < 3000
    shown = slack.command(f"resume {number}").answer()
    assert slack.press(shown, "campaign.resume").status == 200
    wait(lambda: _settled(server) > stopped_at, 10, "it does not go on")
