"""The Slack page: connects with a sentence for what is wrong, never shows a secret, confirms and ends links."""

import re
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from mailhub import Hub
from mailhub.people import add_user
from mailhub.plugins import GROUP
from mailhub.testing import make_hub, make_owner
from mailhub.web import create_app
from mailhub_slack import linking
from mailhub_slack.models import Channel, SlackLink, Workspace
from tests.flows.slack_server import APP_TOKEN, BOT_TOKEN, SECRET, Slack
from tests.plugins.mailhub_slack.team import Team, connect


class Browser:
    """Somebody's browser, signed in."""

    def __init__(self, hub: Hub, email: str) -> None:
        self.client: FlaskClient = create_app(hub).test_client()
        self.post("/sign-in", email=email, password="a long password")

    def get(self, path: str) -> str:
        return self.client.get(path, follow_redirects=True).get_data(as_text=True)

    def post(self, path: str, **fields: str) -> Any:
        page = self.client.get("/sign-in" if path == "/sign-in" else "/settings/slack", follow_redirects=True)
        token = re.search(r'name="csrf_token" value="([^"]+)"', page.get_data(as_text=True))
        assert token
        return self.client.post(path, data={"csrf_token": token[1], **fields}, follow_redirects=True)


@pytest.fixture
def browser(hub: Hub, slack: Slack, team: Team) -> Browser:
    return Browser(hub, "ada@example.com")


def _path(address: str) -> str:
    return "/settings" + address.partition("/settings")[2]


def test_the_first_visit_says_what_to_do(browser: Browser) -> None:
    page = browser.get("/settings/slack")
    assert "mailhub slack manifest" in page
    assert "No Slack workspace is connected yet." in page


def test_connecting_asks_slack_and_shows_no_secret(browser: Browser) -> None:
    answer = browser.post("/settings/slack/connect", bot_token=BOT_TOKEN, signing_secret=SECRET, app_token=APP_TOKEN)
    page = answer.get_data(as_text=True)
    assert "Connected to Acme &lt;Team&gt;." in page
    for secret in (BOT_TOKEN, SECRET, APP_TOKEN):
        assert f'"{secret}"' not in page


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"bot_token": "xoxb-wrong", "signing_secret": "s"}, "copy the Bot User OAuth Token"),
        ({"signing_secret": "s"}, "without it nothing can be posted"),
        ({"bot_token": BOT_TOKEN}, "Give the signing secret"),
        ({"bot_token": BOT_TOKEN, "app_token": "x"}, "An app-level token begins with xapp-"),
    ],
)
def test_what_is_wrong_is_said_and_not_kept(browser: Browser, given: dict[str, str], sentence: str) -> None:
    answer = browser.post("/settings/slack/connect", **given)
    assert answer.status_code == 422
    assert sentence in answer.get_data(as_text=True)
    assert not Workspace.select().exists()


def test_a_slack_that_cannot_be_reached_is_said(browser: Browser, slack: Slack) -> None:
    slack.fail("auth.test", 503)
    answer = browser.post("/settings/slack/connect", bot_token=BOT_TOKEN, signing_secret="s")
    assert "Slack cannot be reached from this server" in answer.get_data(as_text=True)


def test_a_problem_is_shown(hub: Hub, browser: Browser, team: Team) -> None:
    made = connect(hub, team)
    Workspace.update(problem="This Slack channel is archived: choose another one.").where(
        Workspace.id == made.id
    ).execute()
    assert "This Slack channel is archived" in browser.get("/settings/slack")


def test_a_link_is_confirmed_on_a_page_that_says_whom(hub: Hub, browser: Browser, team: Team) -> None:
    path = _path(linking.offer(hub, connect(hub, team), "U0ADA", "ada<b>"))
    page = browser.get(path)
    assert "ada&lt;b&gt;" in page
    assert "U0ADA" in page
    assert "Acme &lt;Team&gt;" in page
    assert "ada@example.com" in page
    assert not SlackLink.select().exists(), "to look links nobody"
    assert "You are linked to ada&lt;b&gt;" in browser.post(path).get_data(as_text=True)
    assert SlackLink.get().user == team.user
    again = browser.client.get(path)
    assert again.status_code == 404
    assert "it works once" in again.get_data(as_text=True)
    assert browser.client.get(path[:-3]).status_code == 404


def test_who_is_not_signed_in_signs_in_first(hub: Hub, slack: Slack, team: Team) -> None:
    path = _path(linking.offer(hub, connect(hub, team), "U0ADA", "ada"))
    answer = create_app(hub).test_client().get(path)
    assert (answer.status_code, "/sign-in" in answer.headers["Location"]) == (302, True)


def test_a_link_ends(hub: Hub, browser: Browser, team: Team) -> None:
    browser.post(_path(linking.offer(hub, connect(hub, team), "U0ADA", "ada")))
    number = str(SlackLink.get().id)
    assert "Slack user ada of Acme &lt;Team&gt; works as you, in Acme." in browser.get("/settings/slack")
    browser.post("/settings/slack/unlink", number=number)
    assert not SlackLink.select().exists()
    assert browser.post("/settings/slack/unlink", number=number).status_code == 404


def test_the_channel_is_chosen_and_left(hub: Hub, browser: Browser, team: Team) -> None:
    connect(hub, team)
    assert "is shown there" in browser.post("/settings/slack/channel", channel="#news").get_data(as_text=True)
    assert Channel.get().channel == "news"
    assert "No cards are posted" in browser.post("/settings/slack/channel", channel="").get_data(as_text=True)
    browser.post("/settings/slack/disconnect")
    assert not Workspace.select().exists()


def test_another_accounts_member_must_be_in_the_workspace(hub: Hub, slack: Slack, team: Team) -> None:
    connect(hub, team)
    make_owner(hub, "Tenant", "tess@example.com")
    tess = Browser(hub, "tess@example.com")
    answer = tess.post("/settings/slack/channel", channel="general")
    assert answer.status_code == 422
    assert "Link yourself first" in answer.get_data(as_text=True)
    assert "Acme" not in tess.get("/settings/slack")


def test_who_may_not_manage_sees_their_link_alone(hub: Hub, slack: Slack, team: Team) -> None:
    connect(hub, team)
    add_user(hub, team.account, "Bob", "bob@example.com", "a long password", "analyst")
    bob = Browser(hub, "bob@example.com")
    page = bob.get("/settings/slack")
    assert "You are not linked yet" in page
    assert "signing_secret" not in page
    for path in ("connect", "channel", "disconnect"):
        assert bob.client.post(f"/settings/slack/{path}").status_code in (400, 403)
    assert Workspace.select().exists()


def test_where_the_plugin_is_off_nothing_is_left(tmp_path: Path) -> None:
    off = sorted({each.name for each in entry_points(group=GROUP)} - {"contacts", "sending"})
    with make_hub(tmp_path / "off", plugins={"disabled": off}) as hub:
        make_owner(hub, "Acme", "ada@example.com")
        client = create_app(hub).test_client()
        assert client.get("/settings/slack").status_code == 404
        assert client.post("/slack/events").status_code in (400, 404)
        assert not {*hub.services, *hub.actions, *hub.permissions} & {"slack.cards", "slack_links.create", "slack.use"}
