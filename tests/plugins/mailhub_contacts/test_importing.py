"""Import: real files of every kind, exact counts, a crash in the middle, and what is written."""

import time
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
import xlwt

from mailhub.db import is_postgres, sql
from mailhub.errors import Conflict, Forbidden
from mailhub.hub import Hub
from mailhub.jobs import Job, rows
from mailhub.messages import Event
from mailhub.permissions import Actor
from mailhub.testing import make_hub, make_owner
from mailhub_contacts import importing, imports
from mailhub_contacts.models import BadRow, Contact, ContactList, CustomField, ImportChunk, ListContact
from mailhub_contacts.passing import go_on

CELLS = [
    ["Courriel", "Langue", "Affichage", "Ville", "Taille"],
    ["a@example.com", "FR", "Madame Côté", "Lyon", "M"],
    ["b@example.com", "EN", "John", "", ""],
    ["not one", "EN", "", "", ""],
]
TABLES = ("contacts", "list_contacts")
Work = Callable[[Hub], None]


def csv_file(path: Path, encoding: str = "cp1252", separator: str = ";") -> Path:
    path.write_text("\r\n".join(separator.join(row) for row in CELLS) + "\r\n", encoding=encoding)
    return path


def xlsx_file(path: Path) -> Path:
    book = openpyxl.Workbook()
    for row in CELLS:
        book.active.append(row)
    book.save(path)
    return path


def xls_file(path: Path) -> Path:
    book = xlwt.Workbook()
    page = book.add_sheet("Contacts")
    for at, row in enumerate(CELLS):
        for column, cell in enumerate(row):
            page.write(at, column, cell)
    book.save(str(path))
    return path


FILES = {
    "base.csv": csv_file,
    "base.txt": lambda path: csv_file(path, "utf-16", "\t"),
    "base.xlsx": xlsx_file,
    "base.xls": xls_file,
}


@pytest.mark.parametrize("name", FILES)
def test_every_kind_of_file(hub: Hub, owner: Actor, tmp_path: Path, work: Work, name: str) -> None:
    told = hub.call(owner, "contacts.analyse", file=FILES[name](tmp_path / name))
    told = hub.call(owner, "contacts.import", number=told["number"], lists=["Spring"])
    assert told["state"] == "running"
    work(hub)
    told = hub.call(owner, "imports.show", number=told["number"])
    assert (told["state"], told["error"], told["kind"]) == ("done", "", name.partition(".")[2])
    assert {name: told["report"]["counts"][name] for name in ("rows", "new", "bad")} == {"rows": 3, "new": 2, "bad": 1}
    anne, john = Contact.of(owner.account_id).order_by(Contact.address)
    assert (anne.address, anne.language, anne.display) == ("a@example.com", "fr", "Madame Côté")
    assert anne.fields == {"city": "Lyon", "taille": "M"}
    assert (john.language, john.fields) == ("en", {})
    assert [each["name"] for each in told["lists"]] == ["Spring"]
    assert ListContact.select().count() == 2
    assert [(each.slug, each.title) for each in CustomField.of(owner.account_id)] == [("taille", "Taille")]
    assert [(each.number, each.reason, each.cells[0]) for each in BadRow.select()] == [(4, "no-at-sign", "not one")]


def test_what_is_over_leaves_no_file_and_tells_an_event(hub: Hub, owner: Actor, tmp_path: Path, work: Work) -> None:
    told = hub.call(owner, "contacts.import", file=xlsx_file(tmp_path / "base.xlsx"))
    work(hub)
    assert ImportChunk.select().count() == 0
    assert list((tmp_path / "data" / "run" / "imports").iterdir()) == []
    event = Event.get(Event.kind == "contacts.imported")
    assert (event.account_id, event.values["number"], event.values["new"]) == (owner.account_id, told["number"], 2)


def test_a_second_import_changes_what_is_new_and_keeps_the_rest(
    hub: Hub, owner: Actor, sheet: Callable[..., Path], work: Work
) -> None:
    first = [["a@example.com", "FR", "Anne", "", "Lyon", "M"], ["b@example.com", "EN", "Bob", "", "", ""]]
    hub.call(owner, "contacts.import", file=sheet(first), lists=["Spring"])
    work(hub)
    second = [["A@example.com", "", "", "", "Paris", ""], ["b@example.com", "EN", "", "", "", ""]]
    told = hub.call(owner, "contacts.import", file=sheet(second), lists=["Spring", "Autumn"], language="fr")
    work(hub)
    counts = hub.call(owner, "imports.show", number=told["number"])["report"]["counts"]
    assert (counts["new"], counts["changed"], counts["unchanged"]) == (0, 1, 1)
    anne = Contact.get(Contact.address == "a@example.com")
    assert (anne.language, anne.display, anne.fields) == ("fr", "Anne", {"city": "Paris", "taille": "M"})
    told = hub.call(owner, "lists.list")["lists"]
    assert [(each["name"], each["contacts"]) for each in told] == [("Autumn", 2), ("Spring", 2)]


def test_a_crash_in_the_middle_goes_on_where_it_was_and_counts_nothing_twice(
    tmp_path: Path, database_url: str, alone: dict[str, list[str]], sheet: Callable[..., Path], work: Work
) -> None:
    cells = [[f"p{n % 18_000}@example.com", "FR", "", "", "", ""] for n in range(20_000)]
    cells[5] = ["nobody", "", "", "", "", ""]
    path = sheet(cells)
    with make_hub(tmp_path / "data", database={"url": database_url}, plugins=alone) as hub:
        owner = make_owner(hub)[2]
        number = hub.call(owner, "contacts.import", file=path, lists=["Spring"])["number"]
        job = Job.get(Job.kind == importing.KIND)
        for _ in range(7):  # each slice is over after one batch
            assert importing.step(hub, job, 0)
        record = imports.find(owner.account_id, number)
        with pytest.raises(ZeroDivisionError):  # the process dies while a batch is being written
            go_on(hub, record, time.monotonic() + 60, lambda *given: (importing.write(*given), 1 // 0))  # type: ignore[arg-type,return-value]
        assert Contact.select().count() == 6999
    path.unlink()
    with make_hub(tmp_path / "data", database={"url": database_url}, plugins=alone) as hub:
        work(hub)
        told = hub.call(owner, "imports.show", number=number)
        counts = told["report"]["counts"]
        assert (told["state"], counts["rows"], counts["new"]) == ("done", 20_000, 18_000)
        assert (counts["bad"], counts["duplicate"]) == (1, 1999)
        assert (Contact.select().count(), ListContact.select().count(), BadRow.select().count()) == (18_000, 18_000, 1)
        if is_postgres():  # its planner knows of the new contacts before a campaign asks for them
            known = sql("SELECT relname, reltuples FROM pg_class WHERE oid IN (?::regclass, ?::regclass)", TABLES)
            assert dict(known.fetchall()) == {"contacts": 18_000, "list_contacts": 18_000}


def test_a_cancelled_import_stops_and_keeps_what_is_there(
    hub: Hub, owner: Actor, sheet: Callable[..., Path], work: Work
) -> None:
    cells = [[f"p{n}@example.com", "FR", "", "", "", ""] for n in range(3000)]
    number = hub.call(owner, "contacts.import", file=sheet(cells))["number"]
    job = Job.get(Job.kind == importing.KIND)
    assert importing.step(hub, job, 0)
    record = imports.find(owner.account_id, number)
    hub.call(owner, "imports.cancel", number=number)
    assert not go_on(hub, record, time.monotonic() + 60, importing.write)  # a slice that was under way
    work(hub)
    assert hub.call(owner, "imports.show", number=number)["state"] == "cancelled"
    assert Contact.select().count() == 1000
    with pytest.raises(Conflict, match="is over"):
        hub.call(owner, "imports.cancel", number=number)


def test_a_list_deleted_meanwhile_takes_nobody_in(
    hub: Hub, owner: Actor, sheet: Callable[..., Path], work: Work
) -> None:
    hub.call(owner, "contacts.import", file=sheet([["a@example.com"]]), lists=["Spring"])
    hub.call(owner, "lists.delete", number=ContactList.get().id)
    work(hub)
    assert (Contact.select().count(), ListContact.select().count()) == (1, 0)


def test_suppressed_addresses_become_contacts_and_stay_suppressed(
    hub: Hub, owner: Actor, sheet: Callable[..., Path], work: Work
) -> None:
    hub.call(owner, "suppressions.add", addresses="a@example.com")
    number = hub.call(owner, "contacts.import", file=sheet([["A@example.com"]]))["number"]
    work(hub)
    counts = hub.call(owner, "imports.show", number=number)["report"]["counts"]
    assert (counts["new"], counts["suppressed"], Contact.select().count()) == (0, 1, 1)
    assert [each["address"] for each in hub.call(owner, "suppressions.list")["suppressions"]] == ["a@example.com"]


def test_an_import_is_started_once(hub: Hub, owner: Actor, sheet: Callable[..., Path], work: Work) -> None:
    number = hub.call(owner, "contacts.import", file=sheet([["a@example.com"]]))["number"]
    with pytest.raises(Conflict, match="was imported already"):
        hub.call(owner, "contacts.import", number=number)


def test_a_new_list_needs_the_right_to_make_one(hub: Hub, owner: Actor, sheet: Callable[..., Path]) -> None:
    number = hub.call(owner, "contacts.analyse", file=sheet([["a@example.com"]]))["number"]
    clerk = Actor(owner.account_id, "web", None, "clerk", frozenset({"contacts.import"}))
    with pytest.raises(Forbidden, match=r"lists\.edit"):
        hub.call(clerk, "contacts.import", number=number, lists=["Spring"])
    assert hub.call(clerk, "contacts.import", number=number)["state"] == "running"


def test_a_job_that_was_given_up_is_shown(hub: Hub, owner: Actor, sheet: Callable[..., Path]) -> None:
    number = hub.call(owner, "contacts.import", file=sheet([["a@example.com"]]))["number"]
    Job.update(state=rows.FAILED, error="The disk is full.").execute()
    told = hub.call(owner, "imports.show", number=number)
    assert (told["state"], told["error"]) == ("failed", "The disk is full.")
