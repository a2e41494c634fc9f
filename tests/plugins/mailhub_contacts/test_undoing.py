"""Undo: what an import wrote is taken back; what was changed since stays."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailhub.db import sql
from mailhub.errors import Conflict
from mailhub.hub import Hub
from mailhub.jobs import Job, rows
from mailhub.permissions import Actor
from mailhub.testing import Clock
from mailhub_contacts import importing, imports, undoing
from mailhub_contacts.models import Contact, ContactList, CustomField, ImportStep, ListContact
from mailhub_contacts.tallies import FATES

Sheet = Callable[..., Path]
Work = Callable[[Hub], None]


@pytest.fixture
def clock(hub: Hub) -> Clock:
    """Time passes only when a test says so."""
    hub.clock = clock = Clock()
    return clock


def state() -> Any:
    """All that an import may write, by names; the times of changes left out."""
    people = {each.address: (each.language, each.display, each.fields) for each in Contact.select()}
    places = sql(
        "SELECT l.kind, l.name, c.address FROM list_contacts m JOIN lists l ON l.id = m.list_id "
        "JOIN contacts c ON c.id = m.contact_id ORDER BY 1, 2, 3"
    ).fetchall()
    sets = sorted((each.kind, each.name) for each in ContactList.select())
    return people, [tuple(each) for each in places], sets, sorted(each.slug for each in CustomField.select())


def bring(hub: Hub, owner: Actor, work: Work, path: Path, **given: Any) -> int:
    number: int = hub.call(owner, "contacts.import", file=path, **given)["number"]
    work(hub)
    assert hub.call(owner, "imports.show", number=number)["state"] == "done"
    return number


def undo(hub: Hub, owner: Actor, work: Work, number: int) -> dict[str, int]:
    assert hub.call(owner, "imports.undo", number=number)["state"] == "undoing"
    work(hub)
    told = hub.call(owner, "imports.show", number=number)
    assert (told["state"], told["error"]) == ("undone", "")
    return dict(told["undone"])


def test_everything_is_as_it_was(hub: Hub, owner: Actor, sheet: Sheet, work: Work, clock: Clock) -> None:
    fields = {"city": "Lyon", "size": "S"}
    hub.call(
        owner, "contacts.create", address="a@example.com", language="en", display="Anne", fields=fields, lists=["Old"]
    )
    before = state()
    clock.move(5)
    cells = [["a@example.com", "FR", "Anna", "", "Paris", "M"], ["b@example.com", "FR"], ["c@example.com"], ["bad"]]
    number = bring(hub, owner, work, sheet(cells), lists=["Old", "Spring"], groups=["Friends"])
    assert len(state()[1]) == 9
    clock.move(5)
    assert undo(hub, owner, work, number) == {"removed": 2, "restored": 1, "unlisted": 8, "kept": 0}
    assert state() == before
    assert ImportStep.select().count() == 0
    with pytest.raises(Conflict, match="undone already"):
        hub.call(owner, "imports.undo", number=number)
    with pytest.raises(Conflict, match="nothing to cancel"):
        hub.call(owner, "imports.cancel", number=number)


def test_what_was_changed_since_stays(hub: Hub, owner: Actor, sheet: Sheet, work: Work, clock: Clock) -> None:
    hub.call(owner, "contacts.create", address="a@example.com", language="en", display="Anne", fields={"city": "Lyon"})
    clock.move(5)
    cells = [
        ["a@example.com", "FR", "Anna", "", "Paris"],
        ["b@example.com", "FR", "Bob"],
        ["c@example.com"],
        ["d@example.com"],
    ]
    number = bring(hub, owner, work, sheet(cells), lists=["Spring"])
    clock.move(5)
    mine = {each.address[0]: each for each in Contact.select()}
    hub.call(owner, "contacts.change", number=mine["a"].id, display="Annie")
    hub.call(owner, "contacts.change", number=mine["b"].id, fields={"phone": "+33 6"})
    bring(hub, owner, work, sheet([["c@example.com"]]), lists=["Autumn"])
    assert undo(hub, owner, work, number) == {"removed": 1, "restored": 0, "unlisted": 4, "kept": 3}
    people, places, sets, _ = state()
    assert people["a@example.com"] == ("en", "Annie", {"city": "Lyon"})  # city and language again, the display stays
    assert people["b@example.com"] == ("fr", "Bob", {"phone": "+33 6"})
    assert sorted(people) == ["a@example.com", "b@example.com", "c@example.com"]
    assert places == [("list", "Autumn", "c@example.com")]
    assert sets == [("list", "Autumn")]


def test_imports_are_undone_one_after_the_other(hub: Hub, owner: Actor, sheet: Sheet, work: Work, clock: Clock) -> None:
    nothing = state()
    first = bring(hub, owner, work, sheet([["a@example.com", "FR", "Anne"]]), lists=["Spring"])
    between = state()
    clock.move(5)
    second = bring(hub, owner, work, sheet([["a@example.com", "EN", "Anna"]]), lists=["Spring", "Autumn"])
    clock.move(5)
    undo(hub, owner, work, second)
    assert state() == between
    clock.move(5)
    undo(hub, owner, work, first)
    assert state() == nothing


def test_a_cancelled_import_is_undone_as_far_as_it_came(hub: Hub, owner: Actor, sheet: Sheet, work: Work) -> None:
    before = state()
    number = hub.call(owner, "contacts.import", file=sheet([[f"p{n}@example.com"] for n in range(2500)]))["number"]
    with pytest.raises(Conflict, match="nothing to undo"):
        hub.call(owner, "imports.undo", number=number)
    assert importing.step(hub, Job.get(Job.kind == importing.KIND), 0)
    hub.call(owner, "imports.cancel", number=number)
    assert undo(hub, owner, work, number)["removed"] == 1000
    assert state() == before


def test_an_undo_goes_on_after_a_crash_and_can_be_tried_again(hub: Hub, owner: Actor, sheet: Sheet, work: Work) -> None:
    before = state()
    number = bring(hub, owner, work, sheet([[f"p{n}@example.com"] for n in range(3500)]), lists=["Spring"])
    hub.call(owner, "imports.undo", number=number)
    job = Job.get(Job.kind == undoing.KIND)
    assert undoing.step(hub, job, 0)
    assert Contact.select().count() == 3000  # from its end
    Job.update(state=rows.FAILED).where(Job.id == job.id).execute()
    assert hub.call(owner, "imports.show", number=number)["undoable"]
    assert undo(hub, owner, work, number) == {"removed": 3500, "restored": 0, "unlisted": 3500, "kept": 0}
    assert state() == before


def test_a_file_that_was_only_analysed_has_nothing_to_undo(hub: Hub, owner: Actor, sheet: Sheet) -> None:
    number = hub.call(owner, "contacts.analyse", file=sheet([["a@example.com"]]))["number"]
    assert not imports.show(hub, imports.find(owner.account_id, number))["undoable"]
    with pytest.raises(Conflict, match="is not imported"):
        hub.call(owner, "imports.undo", number=number)


def test_contacts_of_nobody_else_are_touched(hub: Hub, owner: Actor, stranger: Actor, sheet: Sheet, work: Work) -> None:
    path = sheet([["a@example.com"], ["b@example.com"]])
    bring(hub, stranger, work, path, lists=["Spring"])
    number = bring(hub, owner, work, path, lists=["Spring"])
    undo(hub, owner, work, number)
    assert {each.account_id for each in Contact.select()} == {stranger.account_id}
    assert ListContact.select().count() == 2


ADDRESSES = [f"{letter}@example.com" for letter in "abcdef"]
CELL = st.sampled_from(["", " ", "Anne", "Zoé", "'12", "#N/A", "FR", "en", "de", '"', "x;y", "a\nb"])
ADDRESS = st.sampled_from([*ADDRESSES, "A@Example.com", "", "nobody", "a b@example.com", "<b@example.com>", "é@é"])
TABLE = st.lists(
    st.lists(CELL, max_size=4).flatmap(lambda cells: ADDRESS.map(lambda each: [each, *cells])), max_size=12
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TABLE, TABLE, st.sets(st.sampled_from(ADDRESSES)))
def test_any_table_is_counted_written_as_announced_and_undone(
    sqlite_hub: Hub, tmp_path: Path, work: Work, base: list[list[str]], table: list[list[str]], stopped: set[str]
) -> None:
    hub = sqlite_hub
    owner = _fresh(hub)
    for each in sorted(stopped):
        hub.call(owner, "suppressions.add", addresses=each)
    _bring_table(hub, owner, work, tmp_path, base, ["Base"])
    before = state()
    hub.clock.move(1)  # type: ignore[attr-defined]
    number = _bring_table(hub, owner, work, tmp_path, table, ["Base", "Spring"])
    if number is None:
        return
    told = hub.call(owner, "imports.show", number=number)
    counts = told["report"]["counts"]
    assert counts == told["counts"]
    assert sum(counts[fate] for fate in FATES) == counts["rows"] == sum(any(map(str.strip, row)) for row in table)
    hub.clock.move(1)  # type: ignore[attr-defined]
    undo(hub, owner, work, number)
    assert state() == before


def _fresh(hub: Hub) -> Actor:
    from mailhub.testing import make_owner

    for table in ("list_contacts", "contacts", "lists", "custom_fields", "suppressions", "import_steps"):
        sql(f"DELETE FROM {table}")
    hub.clock = Clock()
    return make_owner(hub, f"Account {sql('SELECT count(*) FROM accounts').fetchone()[0]}")[2]


def _bring_table(
    hub: Hub, owner: Actor, work: Work, folder: Path, table: Sequence[Sequence[str]], lists: list[str]
) -> int | None:
    """Analyse and import; None when there is nothing in the table to analyse."""
    import csv

    path = folder / "table.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=";").writerows([["Courriel", "Langue", "Affichage", "Ville", "Taille"], *table])
    number: int = hub.call(owner, "contacts.analyse", file=path)["number"]
    assert json.dumps(hub.call(owner, "contacts.import", number=number, lists=lists))
    work(hub)
    return number
