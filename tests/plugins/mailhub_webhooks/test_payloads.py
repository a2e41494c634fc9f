"""An event as its receiver sees it: what happened, to whose message, of which source; the same however often it comes."""

import json

from mailhub import outbox
from mailhub.accounts import Account
from mailhub.db import bulk, transaction
from mailhub.events import NewEvent, write
from mailhub.hub import Hub
from mailhub.messages import Event, Outcome, Queued
from mailhub.permissions import Actor
from mailhub.tags import MessageTag
from mailhub.testing import make_source
from mailhub_webhooks.payloads import body, request_id, shown
from tests.mailhub.inbound.coming import bounce, come, complaint, delivered, return_path, work


def _all() -> list[Event]:
    return list(Event.select().order_by(Event.id))


def test_a_delivery_names_message_recipient_source_and_answer(hub: Hub, owner: Actor) -> None:
    source = make_source(hub, Account.get_by_id(owner.account_id), ["ann@example.net", "bob@example.net"])
    first, second = (row.id for row in Queued.select().order_by(Queued.id))
    MessageTag.create(message_id=first, account_id=owner.account_id, tag="welcome")
    with bulk():
        outbox.claim(source, hub.node.number, 2, hub.ms())
        outbox.settle(
            hub.node.number,
            [
                Outcome(first, 1, "delivered", 1_800_000_000_123, 250, "2.0.0", "Ok"),
                Outcome(second, 1, "deferred", 1_800_000_000_123, 451, "4.0.0", "Later", due_at=1),
            ],
        )
    delivered, deferred = shown(_all())
    assert delivered == {
        "id": f"evt_{_all()[0].id}", "type": "delivered", "timestamp": "2027-01-15T08:00:00.123Z",
        "data": {
            "source": {"number": source.id, "kind": "test", "name": "News"}, "message": str(first),
            "address": "ann@example.net", "tag": "welcome", "attempt": 1, "code": 250, "enhanced": "2.0.0", "text": "Ok",
        },
    }  # fmt: skip
    assert deferred["data"]["address"] == "bob@example.net", "it waits still"
    assert "tag" not in deferred["data"]


def test_an_event_about_no_message_tells_its_values(hub: Hub, owner: Actor) -> None:
    with transaction():
        write([NewEvent("campaign.started", owner.account_id, 0, values={"number": 7, "who": "Zoé"})])
    (told,) = shown(_all())
    assert told["data"] == {"number": 7, "who": "Zoé"}
    assert told["timestamp"] == "1970-01-01T00:00:00.000Z"
    assert json.loads(body([told], False)) == told
    assert json.loads(body([told], True)) == {"type": "batch", "timestamp": told["timestamp"], "data": [told]}
    (event,) = _all()
    assert (request_id([event], False), request_id([event], True)) == (f"evt_{event.id}", f"evt_{event.id}-{event.id}")


def test_what_came_back_is_told_with_what_was_read(hub: Hub, owner: Actor) -> None:
    (message,) = delivered(hub, "ann@example.net", account=Account.get_by_id(owner.account_id))
    path = return_path(hub, message)
    come(hub, bounce("ann@example.net"), path)
    come(hub, complaint(f"Return-Path: <{path}>"), "fbl", sender="loop@provider.example")
    work(hub)
    bounced, complained = (each for each in shown(_all()) if each["type"] in ("bounced", "complained"))
    data = bounced["data"]
    assert (data["class"], data["reason"], data["code"], data["enhanced"], data["text"]) == (
        "hard", "no_such_user", 550, "5.1.1", "User unknown",
    )  # fmt: skip
    assert (data["message"], data["address"]) == (str(message), "ann@example.net")
    assert complained["data"]["provider"] == "provider.example"
    assert "attempt" not in complained["data"]
