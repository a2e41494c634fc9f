"""The page behind every unsubscribe link: for people who never sign in, for ever."""

import pytest

from mailhub import Hub
from mailhub.addresses import Suppression
from mailhub.messages import Message, Queued
from tests.plugins.mailhub_sending.sent import fill, settle


@pytest.fixture
def link(hub: Hub, make) -> str:
    campaign = make("sending")
    fill(hub, campaign)
    settle(hub, campaign, "delivered")
    return f"/u/{hub.tokens.message(campaign.content_id, Message.get().id)}"


def test_looking_changes_nothing_one_press_does_and_one_undoes(app, link: str) -> None:
    reader = app.test_client()
    page = reader.get(link)
    assert page.status_code == 200
    assert "p1@example.org" in page.text
    assert "List-Unsubscribe" in page.text
    assert Suppression.select().count() == 0
    assert "You are unsubscribed" in reader.post(link, follow_redirects=True).text
    assert "You are unsubscribed" in reader.post(link, follow_redirects=True).text
    row = Suppression.get()
    assert (row.address, row.scope, row.reason) == ("p1@example.org", "bulk", "unsubscribed")
    assert "You are subscribed again" in reader.post(link, data={"back": "1"}, follow_redirects=True).text
    assert Suppression.select().count() == 0


def test_in_the_readers_language(app, link: str) -> None:
    assert "Vous désinscrire" in app.test_client().get(link, headers={"Accept-Language": "fr"}).text
    assert "Unsubscribe?" in app.test_client().get(link + "?lang=en", headers={"Accept-Language": "fr"}).text


def test_of_a_message_on_its_way(hub: Hub, app, make) -> None:
    campaign = make("sending")
    fill(hub, campaign)
    queued = Queued.get(Queued.address == "p3@example.org")
    page = app.test_client().get(f"/u/{hub.tokens.message(campaign.content_id, queued.id)}").text
    assert "p3@example.org" in page
    assert "désinscrire" in page  # the language of the message


def test_a_message_long_gone_is_told_kindly(app, link: str) -> None:
    Message.delete().execute()
    page = app.test_client().get(link)
    assert (page.status_code, "This mail is too old" in page.text) == (410, True)
    assert app.test_client().post(link, follow_redirects=True).status_code == 410


def test_a_changed_link_is_none(app, link: str) -> None:
    page = app.test_client().get(link[:-1])
    assert (page.status_code, "copy it whole" in page.text) == (404, True)


def test_a_test_mail_unsubscribes_nobody(hub: Hub, team, app, make) -> None:
    make()
    hub.call(team.owner, "campaigns.test", to="ada@example.com")
    link = f"/u/{hub.tokens.message(1, Queued.get().id)}"
    assert "This was a test mail" in app.test_client().post(link, follow_redirects=True).text
    assert Suppression.select().count() == 0
