"""Kept replies: counted without tests, forgotten when their time is over."""

from mailhub import Hub
from mailhub.testing import Clock
from mailhub_sending import replying
from mailhub_sending.models import Campaign, Reply
from tests.plugins.mailhub_sending.answers import arrive, reply_address, sent, written


def test_tests_are_listed_but_not_counted(hub: Hub, team, make) -> None:
    arrive(hub, reply_address(hub, sent(hub, make)), written("Merci"))
    Reply.update(test=True).execute()
    campaign = Campaign.get()
    assert replying.counts(campaign.id)["reply"] == 0
    assert len(replying.page(team.account.id, campaign)) == 1


def test_old_replies_are_forgotten_as_the_account_says(hub: Hub, team, make, clock: Clock) -> None:
    address = reply_address(hub, sent(hub, make))
    arrive(hub, address, written("old"))
    clock.move(40 * 86_400)
    arrive(hub, address, written("new", Message_ID="<2@x>"))
    hub.call(team.owner, "replies.configure", days=0)
    replying.forget_old(hub)
    assert Reply.select().count() == 2, "0 days: for ever"
    hub.call(team.owner, "replies.configure", days=39)
    replying.forget_old(hub)
    assert [row.opening for row in Reply.select()] == ["new"]


def test_the_mail_as_it_came_and_what_it_says(hub: Hub, make) -> None:
    content = written("Merci\n\n-- \nZoë")
    arrive(hub, reply_address(hub, sent(hub, make)), content)
    row = Reply.get()
    assert replying.whole(row) == content
    assert row.size == len(content)
    assert replying.opened(row)[:2] == ("Merci", "Merci\n\n-- \nZoë")


def test_contacts_are_known_by_the_message(hub: Hub, make) -> None:
    message = sent(hub, make)
    arrive(hub, reply_address(hub, message), written("Merci"))
    assert replying.contact_keys(list(Reply.select())) == {message.id: 1}
    assert replying.contact_keys([]) == {}


def test_deleting_a_draft_takes_the_replies_to_its_tests_along(hub: Hub, team, make) -> None:
    arrive(hub, reply_address(hub, sent(hub, make)), written("Merci"))
    draft = make(name="Draft")
    Reply.update(campaign=draft.id).execute()
    hub.call(team.owner, "campaigns.delete", which=str(draft.number))
    assert not Reply.select().exists()
