"""Contacts one by one."""

import pytest

from mailhub.errors import Conflict, Invalid, NotFound
from mailhub.hub import Hub
from mailhub.permissions import Actor
from mailhub_contacts import people
from mailhub_contacts.models import Contact, CustomField, ListContact


def test_a_contact_is_made_shown_changed_and_deleted(hub: Hub, owner: Actor) -> None:
    made = hub.call(
        owner, "contacts.create", address=" <Anne@Example.com> ", language="FR", display="Anne",
        fields="city=Lyon,Pointure=38", lists="Spring,Autumn",
    )  # fmt: skip
    number = made["number"]
    assert made == {
        "number": number, "address": "Anne@example.com", "language": "fr", "display": "Anne",
        "fields": {"city": "Lyon", "pointure": "38"},
    }  # fmt: skip
    assert [(each.slug, each.title) for each in CustomField.select()] == [("pointure", "Pointure")]
    hub.call(owner, "suppressions.add", addresses="anne@example.com", scope="all")
    whole = hub.call(owner, "contacts.show", number=number)
    assert [each["name"] for each in whole["lists"]] == ["Autumn", "Spring"]
    assert [(each["scope"], each["reason"]) for each in whole["suppressions"]] == [("all", "manual")]
    changed = hub.call(owner, "contacts.change", number=number, fields={"city": ""}, lists="Spring")
    assert (changed["display"], changed["fields"]) == ("Anne", {"pointure": "38"})
    assert [each["name"] for each in hub.call(owner, "contacts.show", number=number)["lists"]] == ["Spring"]
    hub.call(owner, "contacts.delete", number=number)
    assert (Contact.select().count(), ListContact.select().count()) == (0, 0)
    with pytest.raises(NotFound):
        hub.call(owner, "contacts.show", number=number)


def test_a_new_contact_has_the_accounts_language(hub: Hub, owner: Actor) -> None:
    assert hub.call(owner, "contacts.create", address="a@example.com")["language"] == "en"


def test_addresses_that_cannot_be(hub: Hub, owner: Actor) -> None:
    with pytest.raises(Invalid, match="no @"):
        hub.call(owner, "contacts.create", address="nobody")
    number = hub.call(owner, "contacts.create", address="a@example.com")["number"]
    hub.call(owner, "contacts.create", address="b@example.com")
    with pytest.raises(Conflict, match="is a contact already"):
        hub.call(owner, "contacts.create", address="A@EXAMPLE.COM")
    with pytest.raises(Conflict, match="is a contact already"):
        hub.call(owner, "contacts.change", number=number, address="b@example.com")
    assert hub.call(owner, "contacts.change", number=number, address="A@example.com")["address"] == "A@example.com"


def test_fields_and_languages_that_cannot_be(hub: Hub, owner: Actor) -> None:
    with pytest.raises(Invalid, match="display is no field of this kind"):
        hub.call(owner, "contacts.create", address="a@example.com", fields={"display": "x"})
    with pytest.raises(Invalid, match="de is no language"):
        hub.call(owner, "contacts.create", address="a@example.com", language="de")
    assert Contact.select().count() == 0


def test_search(hub: Hub, owner: Actor, stranger: Actor) -> None:
    for name in ("anne", "bob", "carl"):
        hub.call(owner, "contacts.create", address=f"{name}@example.com", display=name.title(), lists="Spring")
    hub.call(owner, "contacts.create", address="100%@example.com")
    hub.call(stranger, "contacts.create", address="anne@example.com")

    def found(**asked: object) -> list[str]:
        return [each["address"].split("@")[0] for each in hub.call(owner, "contacts.list", **asked)["contacts"]]

    assert found() == ["100%", "carl", "bob", "anne"]
    assert found(search="ANNE@example.com") == ["anne"]
    assert found(search="ar") == ["carl"]
    assert found(search="%") == ["100%"]
    spring = hub.call(owner, "lists.list")["lists"][0]["number"]
    assert found(list=spring, search="b") == ["bob"]
    first = hub.call(owner, "contacts.list", limit=3)
    assert found(before=first["next"]) == ["anne"]
    assert hub.call(owner, "contacts.list", limit=4)["next"] is None


def test_who_is_suppressed_among_contacts(hub: Hub, owner: Actor) -> None:
    hub.call(owner, "contacts.create", address="a@example.com")
    hub.call(owner, "contacts.create", address="b@example.com")
    hub.call(owner, "suppressions.add", addresses="b@example.com")
    contacts = people.search(owner.account_id)
    assert list(people.suppressed_among(owner.account_id, contacts)) == [contacts[0].address_key]
    assert people.suppressed_among(owner.account_id, []) == {}
