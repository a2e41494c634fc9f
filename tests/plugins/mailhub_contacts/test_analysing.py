"""Analyse: what a file would bring is told, and no contact is written."""

from collections.abc import Callable
from pathlib import Path

import pytest

from mailhub.errors import Conflict, Invalid, UserError
from mailhub.hub import Hub
from mailhub.permissions import Actor
from mailhub_contacts import analysing
from mailhub_contacts.models import Contact, Import

ROWS = [
    ["a@example.com", "FR", "Madame Côté", "Anne", "Lyon", "M"],
    ["b@example.com", "", "", "Bob", "", ""],
    ["A@EXAMPLE.com", "EN", "Anne again", "", "", ""],
    ["no address", "EN", "", "", "", ""],
    ["c@example.com", "EN", "Carl", "", "", ""],
]
Sheet = Callable[..., Path]


def test_the_counts_and_reasons_of_a_file(hub: Hub, owner: Actor, sheet: Sheet) -> None:
    hub.call(owner, "contacts.create", address="c@example.com", language="en", display="Carl")
    hub.call(owner, "suppressions.add", addresses="b@example.com")
    told = hub.call(owner, "contacts.analyse", file=sheet(ROWS), language="fr")
    assert told["state"] == "analysed"
    assert told["counts"] == {
        "rows": 5, "bad": 1, "duplicate": 1, "suppressed": 1, "new": 1, "changed": 0, "unchanged": 1,
        "empty_display": 1, "no_language": 1, "other_language": 0,
    }  # fmt: skip
    assert told["reasons"] == {"no-at-sign": 1}
    assert [(each["row"], each["value"], each["sentence"]) for each in told["bad"]] == [
        (5, "no address", "The address has no @.")
    ]
    assert told["duplicates"] == [{"row": 4, "value": "A@example.com", "first": 2}]
    shown = [(each["address"], each["fate"]) for each in told["preview"]]
    assert shown == [("a@example.com", "new"), ("b@example.com", "suppressed"), ("c@example.com", "unchanged")]
    assert (told["kind"], told["encoding"], told["separator"], told["header"]) == ("csv", "utf-8", ";", True)
    assert [each["field"] for each in told["columns"]][-1] == "custom:taille"


def test_analysing_writes_no_contact(hub: Hub, owner: Actor, sheet: Sheet) -> None:
    hub.call(owner, "contacts.analyse", file=sheet(ROWS))
    assert Contact.select().count() == 0


def test_what_would_change_is_shown_with_what_is_there_now(hub: Hub, owner: Actor, sheet: Sheet) -> None:
    hub.call(owner, "contacts.create", address="c@example.com", language="fr", display="Karl", fields={"city": "Bonn"})
    told = hub.call(owner, "contacts.analyse", file=sheet([["c@example.com", "EN", "Carl", "", "Lyon", "M"]]))
    (shown,) = told["preview"]
    assert shown["fate"] == "changed"
    assert shown["changes"] == {
        "language": ["fr", "en"], "display": ["Karl", "Carl"], "city": ["Bonn", "Lyon"], "taille": [None, "M"]
    }  # fmt: skip


def test_languages_mailhub_does_not_speak_are_told(hub: Hub, owner: Actor, sheet: Sheet) -> None:
    rows = [["a@example.com", "DE"], ["b@example.com", "it"], ["c@example.com", "DE"], ["d@example.com", ""]]
    told = hub.call(owner, "contacts.analyse", file=sheet(rows))
    assert (told["counts"]["no_language"], told["counts"]["other_language"]) == (4, 3)
    assert told["languages"] == {"DE": 2, "it": 1}


def test_another_mapping_is_analysed_again_and_counts_afresh(hub: Hub, owner: Actor, sheet: Sheet) -> None:
    number = hub.call(owner, "contacts.analyse", file=sheet(ROWS))["number"]
    told = hub.call(owner, "contacts.analyse", number=number, mapping="Affichage=ignore,Taille=company", language="en")
    assert told["counts"]["rows"] == 5
    assert told["counts"]["empty_display"] == 3
    assert told["preview"][0]["fields"]["company"] == "M"
    assert told["language"] == "en"


def test_a_long_file_is_a_job(
    hub: Hub, owner: Actor, sheet: Sheet, work: Callable[[Hub], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(analysing, "AT_ONCE", 2)  # of 5: more than twice as many, so nothing is read at once
    told = hub.call(owner, "contacts.analyse", file=sheet(ROWS))
    assert (told["state"], told["counts"]["rows"]) == ("analysing", 0)
    with pytest.raises(Conflict, match="cannot be analysed now"):
        hub.call(owner, "contacts.analyse", number=told["number"])
    with pytest.raises(Conflict, match="still being analysed"):
        hub.call(owner, "contacts.import", number=told["number"])
    work(hub)
    told = hub.call(owner, "imports.show", number=told["number"])
    assert (told["state"], told["counts"]["new"], told["done"], told["total"]) == ("analysed", 3, 5, 5)


def test_as_many_rows_as_are_read_at_once_need_no_job(
    hub: Hub, owner: Actor, sheet: Sheet, work: Callable[[Hub], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However the number of rows was guessed from the first thousand: short rows come first here."""
    monkeypatch.setattr(analysing, "AT_ONCE", 2500)
    rows = [[f"p{n}@example.com", "FR", "x" * (n // 1000)] for n in range(2500)]
    told = hub.call(owner, "contacts.analyse", file=sheet(rows))
    assert (told["state"], told["counts"]["rows"], told["job"]) == ("analysed", 2500, None)
    told = hub.call(owner, "contacts.analyse", file=sheet([*rows, ["one@example.com"]]))
    assert (told["state"], told["counts"]["rows"]) == ("analysing", 2501)
    work(hub)
    told = hub.call(owner, "imports.show", number=told["number"])
    assert (told["state"], told["counts"]["new"]) == ("analysed", 2501)


def test_a_sheet_without_an_address_column(hub: Hub, owner: Actor, sheet: Sheet) -> None:
    with pytest.raises(Invalid, match=r"base\.csv has no column of e-mail addresses"):
        hub.call(owner, "contacts.analyse", file=sheet([["x"], ["y"]], header=["Nom"]))
    assert Import.select().count() == 0


def test_a_file_that_is_no_sheet(hub: Hub, owner: Actor, tmp_path: Path) -> None:
    (tmp_path / "letter.csv").write_bytes(b"%PDF-1.7\n" + b"x" * 100)
    with pytest.raises(UserError, match=r"letter\.csv is not a sheet but a PDF document"):
        hub.call(owner, "contacts.analyse", file=tmp_path / "letter.csv")
    with pytest.raises(UserError, match="There is no file nowhere"):
        hub.call(owner, "contacts.analyse", file=tmp_path / "nowhere.csv")
    assert Import.select().count() == 0


def test_a_language_mailhub_does_not_speak(hub: Hub, owner: Actor, sheet: Sheet) -> None:
    with pytest.raises(Invalid, match="de is no language"):
        hub.call(owner, "contacts.analyse", file=sheet(ROWS), language="de")


def test_neither_file_nor_number(hub: Hub, owner: Actor) -> None:
    with pytest.raises(Invalid, match="There is no file"):
        hub.call(owner, "contacts.analyse")
