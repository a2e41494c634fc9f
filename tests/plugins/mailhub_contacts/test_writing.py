"""What a batch writes, and what it tells for its undoing."""

from collections.abc import Callable
from pathlib import Path

import pytest

from mailhub.address import address_key
from mailhub.db import bulk
from mailhub.hub import Hub
from mailhub.permissions import Actor
from mailhub_contacts import lists
from mailhub_contacts.bases import AccountBase
from mailhub_contacts.mapping import Row
from mailhub_contacts.models import Contact, Import, ListContact
from mailhub_contacts.spans import unpack
from mailhub_contacts.weighing import weigh
from mailhub_contacts.writing import write_batch

Sheet = Callable[..., Path]


@pytest.fixture
def record(hub: Hub, owner: Actor) -> Import:
    spring = lists.create(hub, owner, "Spring")
    return Import.create(account=owner.account_id, name="base.csv", language="fr", lists=[spring.id], created_at=1)


def row(address: str, display: str = "") -> Row:
    return Row(1, address, address_key(address), "", display, {})


def test_who_is_new_who_changed_and_who_came_into_a_list(hub: Hub, owner: Actor, record: Import) -> None:
    there = hub.call(owner, "contacts.create", address="a@example.com", display="Anne", lists=["Spring"])["number"]
    with bulk():
        weighed = weigh(AccountBase(owner.account_id), "fr", [row("a@example.com", "Anna"), row("b@example.com")])
        told = write_batch(record, weighed, 77)
    new = Contact.get(Contact.address == "b@example.com")
    assert (new.language, new.created_at, new.updated_at) == ("fr", 77, 77)
    assert Contact.get_by_id(there).display == "Anna"
    assert (told["at"], unpack(told["new"])) == (77, [new.id])
    assert [(each[0], each[2]) for each in told["changed"]] == [(there, {"display": ("Anne", "Anna")})]
    assert {number: unpack(packed) for number, packed in told["listed"].items()} == {str(record.lists[0]): [new.id]}
    assert ListContact.select().count() == 2


def test_what_says_nothing_new_leaves_nothing_to_undo(hub: Hub, owner: Actor, record: Import) -> None:
    hub.call(owner, "contacts.create", address="a@example.com", lists=["Spring"])
    with bulk():
        assert write_batch(record, weigh(AccountBase(owner.account_id), "en", [row("a@example.com")]), 77) == {}


def test_a_contact_that_somebody_added_meanwhile_is_not_ours_to_undo(hub: Hub, owner: Actor, record: Import) -> None:
    weighed = weigh(AccountBase(owner.account_id), "fr", [row("a@example.com")])
    hub.call(owner, "contacts.create", address="a@example.com")
    with bulk():
        assert write_batch(record, weighed, 77) == {}
    assert Contact.select().count() == 1
