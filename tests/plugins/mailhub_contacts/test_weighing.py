"""Rows held against what is there."""

import pytest

from mailhub.address import address_key
from mailhub.db import bulk
from mailhub.hub import Hub
from mailhub.permissions import Actor
from mailhub_contacts.mapping import BadCells, Row
from mailhub_contacts.models import Contact, Import
from mailhub_contacts.weighing import COUNTS, Tally, Weighed, weigh


@pytest.fixture
def record(hub: Hub, owner: Actor) -> Import:
    return Import.create(account=owner.account_id, name="base.csv", language="fr", created_at=1)


def row(address: str, language: str = "", display: str = "", **fields: str) -> Row:
    return Row(1, address, address_key(address), language, display, fields)


def weighed(record: Import, *rows: Row) -> Weighed:
    with bulk():
        return weigh(record, rows)


def test_the_first_row_of_an_address_counts_over_all_batches(record: Import) -> None:
    first = weighed(record, row("a@example.com", display="Anne"), row("A@example.com", display="Other"))
    second = weighed(record, row("a@example.com"), row("b@example.com"))
    assert [each.display for each in first.new] == ["Anne"]
    assert (first.counts["duplicate"], second.counts["duplicate"], second.counts["new"]) == (1, 1, 1)
    assert weighed(record).counts["rows"] == 0


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
    hub: Hub, owner: Actor, record: Import, told: Row, changed: tuple[str, str, str] | None
) -> None:
    fields = {"city": "Lyon"}
    hub.call(owner, "contacts.create", address="a@example.com", language="en", display="Anne", fields=fields)
    found = weighed(record, told)
    assert [tuple(each[1:]) for each in found.changed] == ([changed] if changed else [])
    assert found.counts["unchanged"] == (0 if changed else 1)


def test_the_imports_language_fills_a_contact_that_has_none(hub: Hub, owner: Actor, record: Import) -> None:
    hub.call(owner, "contacts.create", address="a@example.com", language="")
    assert weighed(record, row("a@example.com")).changed[0].language == "fr"


def test_contacts_of_another_account_are_new_here(hub: Hub, stranger: Actor, record: Import) -> None:
    hub.call(stranger, "contacts.create", address="a@example.com")
    hub.call(stranger, "suppressions.add", addresses="a@example.com")
    counts = weighed(record, row("a@example.com")).counts
    assert (counts["new"], counts["suppressed"], Contact.select().count()) == (1, 0, 1)


def test_a_tally_is_kept_as_json_and_shows_a_part() -> None:
    tally = Tally()
    found = Weighed()
    found.counts.update(rows=12, new=12)
    bad = [BadCells(number, "empty", ["", "x"]) for number in range(150)]
    tally.add(found, bad)
    tally.show([row(f"p{n}@example.com") for n in range(12)], bad, 1)
    again = Tally.of(tally.json())
    assert again == tally
    assert tuple(tally.json()["counts"]) == COUNTS
    assert (again.counts["rows"], again.counts["bad"], again.reasons["empty"]) == (162, 150, 150)
    assert (len(again.bad), len(again.preview), again.bad[0]["value"]) == (100, 10, "x")
