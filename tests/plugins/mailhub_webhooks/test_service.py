"""Endpoints are made, changed, switched and deleted by their own account alone; secrets are sealed and shown once."""

import pytest

from mailhub.db import sql
from mailhub.errors import Conflict, Invalid, NotFound
from mailhub.hub import Hub
from mailhub.permissions import Actor
from mailhub_webhooks.events import choices
from mailhub_webhooks.models import Delivery, Endpoint
from mailhub_webhooks.service import MOST

from .conftest import Tell

URL = "https://example.com/hooks"


def test_the_secret_is_sealed_and_shown_once(hub: Hub, owner: Actor) -> None:
    made = hub.call(owner, "webhooks.create", url=URL)
    assert made["secret"].startswith("whsec_")
    stored = bytes(Endpoint.get().secret)
    assert made["secret"].encode() not in stored
    assert hub.keyring.decrypt(stored).decode() == made["secret"]
    assert "secret" not in hub.call(owner, "webhooks.show", number=made["number"])
    assert made["secret"] not in str(sql("SELECT * FROM activity").fetchall())


def test_it_begins_with_what_happens_next_and_every_kind(hub: Hub, owner: Actor, tell: Tell) -> None:
    tell(owner.account_id, 5)
    made = hub.call(owner, "webhooks.create", url=URL)
    assert Endpoint.get().position == sql("SELECT max(id) FROM events").fetchone()[0]
    assert made["kinds"] == [each.name for each in choices(hub)]
    assert "delivered" in made["kinds"]
    assert not [each for each in made["kinds"] if each.startswith("webhook.")]


def test_what_cannot_be(hub: Hub, owner: Actor) -> None:
    for given, field in (
        ({"url": "nowhere"}, "url"), ({"url": URL, "kinds": "birds"}, "kinds"), ({"url": URL, "kinds": " "}, "kinds"),
        ({"url": URL, "kinds": 5}, "kinds"), ({"url": URL, "batch": 0}, "batch"), ({"url": URL, "batch": 501}, "batch"),
    ):  # fmt: skip
        with pytest.raises(Invalid) as refused:
            hub.call(owner, "webhooks.create", **given)
        assert field in refused.value.fields
    for _ in range(MOST):
        hub.call(owner, "webhooks.create", url=URL)
    with pytest.raises(Conflict, match="20 endpoints already"):
        hub.call(owner, "webhooks.create", url=URL)


def test_changing_and_switching(hub: Hub, owner: Actor) -> None:
    number = hub.call(owner, "webhooks.create", url=URL)["number"]
    changed = hub.call(owner, "webhooks.change", number=number, url=URL + "/2", kinds="opened", batch=50)
    assert (changed["url"], changed["kinds"], changed["batch"]) == (URL + "/2", ["opened"], 50)
    assert hub.call(owner, "webhooks.change", number=number, batch=60)["kinds"] == ["opened"]
    with pytest.raises(Invalid):
        hub.call(owner, "webhooks.change", number=number, kinds=[])
    assert hub.call(owner, "webhooks.disable", number=number)["state"] == "disabled"
    with pytest.raises(Conflict, match="off already"):
        hub.call(owner, "webhooks.disable", number=number)
    assert hub.call(owner, "webhooks.enable", number=number)["state"] == "active"
    with pytest.raises(Conflict, match="on already"):
        hub.call(owner, "webhooks.enable", number=number)


def test_a_new_address_is_tried_at_once(hub: Hub, owner: Actor) -> None:
    number = hub.call(owner, "webhooks.create", url=URL)["number"]
    Endpoint.update(failures=4, failing_since=5, next_at=hub.ms() + 3_600_000).execute()
    assert hub.call(owner, "webhooks.change", number=number, batch=9)["failures"] == 4, (
        "the address is as bad as before"
    )
    changed = hub.call(owner, "webhooks.change", number=number, url=URL + "/2")
    assert (changed["failures"], changed["failing_since"], changed["next_at"]) == (0, None, 0)
    assert hub.call(owner, "webhooks.show", number=number) == changed


def test_deleting_takes_the_log_along(hub: Hub, owner: Actor) -> None:
    number = hub.call(owner, "webhooks.create", url=URL)["number"]
    hub.call(owner, "webhooks.test", number=number)
    Delivery.create(endpoint=number, webhook_id="evt_1", event_id=1, kind="delivered", events=1, at=1, took=1)
    hub.call(owner, "webhooks.delete", number=number)
    for table in ("webhook_endpoints", "webhook_extras", "webhook_deliveries"):
        assert sql(f"SELECT count(*) FROM {table}").fetchone()[0] == 0


def test_another_accounts_endpoints_and_events_do_not_exist(
    hub: Hub, owner: Actor, stranger: Actor, tell: Tell
) -> None:
    theirs = hub.call(stranger, "webhooks.create", url=URL)["number"]
    mine = hub.call(owner, "webhooks.create", url=URL)["number"]
    tell(stranger.account_id)
    event = sql("SELECT max(id) FROM events").fetchone()[0]
    for verb in ("show", "change", "enable", "disable", "delete", "test", "log"):
        with pytest.raises(NotFound, match="no webhook endpoint"):
            hub.call(owner, f"webhooks.{verb}", number=theirs)
    with pytest.raises(NotFound, match="no event"):
        hub.call(owner, "webhooks.replay", number=mine, event=f"evt_{event}")
    for wrong in ("evt_x", "", "evt_" + "9" * 30, "evt_-1"):
        with pytest.raises((Invalid, NotFound)):
            hub.call(owner, "webhooks.replay", number=mine, event=wrong)
    assert [each["number"] for each in hub.call(owner, "webhooks.list")] == [mine]
