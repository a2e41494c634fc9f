"""Unsubscribing by mail."""

import pytest

from mailhub import Hub
from mailhub.addresses import Suppression
from mailhub.inbound import Mail
from mailhub.messages import Event, Message
from tests.plugins.mailhub_sending.sent import fill, settle


def mail(recipient: str) -> Mail:
    return Mail("p1@example.org", recipient, b"Subject: anything\r\n\r\n", "127.0.0.1", "helo", 0)


@pytest.fixture
def token(hub: Hub, make) -> str:
    campaign = make("sending")
    fill(hub, campaign)
    settle(hub, campaign, "delivered")
    return hub.tokens.message(campaign.content_id, Message.get().id)


def test_takes_its_own_addresses_only(hub: Hub, token: str) -> None:
    def accepted(recipient: str) -> bool | None:
        return hub.hook.accept_recipient(hub=hub, sender="p1@example.org", recipient=recipient)

    assert accepted(f"Unsubscribe+{token}@example.com") is True
    assert accepted(f"unsubscribe+{token[:-1]}@example.com") is None
    assert accepted("unsubscribe@example.com") is None
    assert accepted("ada@example.com") is None


def test_its_token_survives_a_change_of_case(hub: Hub, make, token: str) -> None:
    row = Message.get()
    address = f"unsubscribe+{hub.tokens.leave(row.content_id, row.id)}@example.com".upper()
    assert hub.hook.accept_recipient(hub=hub, sender="p1@example.org", recipient=address) is True
    assert hub.hook.receive_mail(hub=hub, mail=mail(address)) is True
    assert [each.address for each in Suppression.select()] == ["p1@example.org"]


def test_unsubscribes_once(hub: Hub, token: str) -> None:
    for _ in range(2):
        assert hub.hook.receive_mail(hub=hub, mail=mail(f"unsubscribe+{token}@example.com"))
    assert [row.address for row in Suppression.select()] == ["p1@example.org"]
    told = Event.get(Event.kind == "unsubscribed")
    assert told.values["door"] == "mail"
    assert Event.select().where(Event.kind == "unsubscribed").count() == 1
    assert hub.hook.receive_mail(hub=hub, mail=mail("ada@example.com")) is None
