"""Leaving and coming back, by the message one got."""

import pytest

from mailhub import outbox
from mailhub.activity import Activity, first_broken
from mailhub.address import address_key
from mailhub.addresses import suppressed
from mailhub.db import transaction
from mailhub.hub import Hub
from mailhub.messages import Event, Outcome, Source
from mailhub.testing import make_owner
from mailhub.unsubscribing import find_reader, is_unsubscribed, resubscribe, unsubscribe
from mailhub.vocabulary import Recipient


@pytest.fixture
def message(hub: Hub) -> int:
    """A message to reader@example.org, still waiting."""
    account, _, _ = make_owner(hub)
    with transaction():
        source = outbox.open_source(hub, account.id, "campaign", "Spring")
        return outbox.submit(hub, source, [Recipient(1, "reader@example.org", "fr")]).ids[0]


def test_suppresses_tells_and_logs_once(hub: Hub, message: int) -> None:
    for _ in range(2):
        reader = unsubscribe(hub, message, 7, "link")
        assert reader is not None
        assert (reader.address, reader.language) == ("reader@example.org", "fr")
    key = address_key("reader@example.org")
    assert suppressed(reader.account_id, [key], "bulk") == {key: "unsubscribed"}
    assert suppressed(reader.account_id, [key], "transactional") == {}
    event = Event.get(Event.kind == "unsubscribed")
    assert (event.message_id, event.source_id, event.values) == (
        message,
        reader.source_id,
        {"door": "link", "content": 7},
    )
    assert Event.select().where(Event.kind == "unsubscribed").count() == 1
    logged = Activity.of(reader.account_id).get()
    assert (logged.door, logged.action) == ("recipient", "recipients.unsubscribe")
    assert first_broken(reader.account_id) is None


def test_settled_messages_are_found_and_unknown_ones_are_not(hub: Hub, message: int) -> None:
    with transaction():
        source = Source.get()
        outbox.claim(source, hub.node.number, 1, hub.ms())
        outbox.settle(hub.node.number, [Outcome(message, 1, "delivered", hub.ms())])
    reader = find_reader(message)
    assert reader is not None
    assert reader.address == "reader@example.org"
    assert find_reader(message + 1) is None
    assert unsubscribe(hub, message + 1, 7, "link") is None


def test_coming_back(hub: Hub, message: int) -> None:
    reader = unsubscribe(hub, message, 7, "page")
    assert reader is not None
    assert is_unsubscribed(reader)
    assert resubscribe(hub, reader)
    assert not is_unsubscribed(reader)
    assert not resubscribe(hub, reader)
    assert [row.action for row in Activity.of(reader.account_id).order_by(Activity.sequence)] == [
        "recipients.unsubscribe",
        "recipients.resubscribe",
    ]
