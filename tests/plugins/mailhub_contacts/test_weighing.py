"""Rows held against what is there."""

import pytest

from mailhub.address import address_key
from mailhub.hub import Hub
from mailhub.permissions import Actor
from mailhub_contacts.bases import AccountBase
from mailhub_contacts.mapping import Row
from mailhub_contacts.weighing import NoBase, Weighed, weigh


def row(address: str, language: str = "", display: str = "", **fields: str) -> Row:
    return Row(1, address, address_key(address), language, display, fields)


def weighed(actor: Actor, *rows: Row) -> Weighed:
    return weigh(AccountBase(actor.account_id), "fr", rows)


@pytest.mark.parametrize(
    ("told", "changed"),
    [
        (row("a@example.com"), None),
        (row("a@example.com", "en", "Anne", city="Lyon"), None),
        (row("a@example.com", "fr"), ("fr", "Anne", '{"city":"Lyon"}')),
        (row("a@example.com", display="Anna"), ("en", "Anna", '{"city":"Lyon"}')),
        (row("a@example.com", phone="+33"), ("en", "Anne", '{"city":"Lyon","phone":"+33"}')),
    ],
)
def test_only_what_says_something_new_is_a_change(
    hub: Hub, owner: Actor, told: Row, changed: tuple[str, str, str] | None
) -> None:
    fields = {"city": "Lyon"}
    hub.call(owner, "contacts.create", address="a@example.com", language="en", display="Anne", fields=fields)
    found = weighed(owner, told)
    assert [tuple(each[1:]) for each in found.changed.values()] == ([changed] if changed else [])
    assert found.counts["unchanged"] == (0 if changed else 1)


def test_the_default_language_fills_a_contact_that_has_none(hub: Hub, owner: Actor) -> None:
    hub.call(owner, "contacts.create", address="a@example.com", language="")
    (change,) = weighed(owner, row("a@example.com")).changed.values()
    assert change.language == "fr"


def test_contacts_of_another_account_are_new_here(hub: Hub, owner: Actor, stranger: Actor) -> None:
    hub.call(stranger, "contacts.create", address="a@example.com")
    hub.call(stranger, "suppressions.add", addresses="a@example.com")
    counts = weighed(owner, row("a@example.com")).counts
    assert (counts["new"], counts["suppressed"]) == (1, 0)


def test_suppressed_comes_before_new_and_changed_and_is_written_all_the_same(hub: Hub, owner: Actor) -> None:
    hub.call(owner, "contacts.create", address="a@example.com", display="Anne")
    hub.call(owner, "suppressions.add", addresses="a@example.com,b@example.com")
    found = weighed(owner, row("a@example.com", display="Anna"), row("b@example.com"))
    assert (found.counts["suppressed"], found.counts["new"], found.counts["changed"]) == (2, 0, 0)
    assert (len(found.new), len(found.changed)) == (1, 1)


def test_without_contacts_everybody_is_new() -> None:
    found = weigh(NoBase(), "fr", [row("a@example.com", "en", "Anne"), row("b@example.com")])
    assert found.counts == {"rows": 2, "new": 2, "empty_display": 1, "no_language": 1}
