"""Files of contacts from any door: what a shell writes is enough."""

from collections.abc import Callable
from pathlib import Path

import pytest

from mailhub.errors import Conflict, Invalid
from mailhub.hub import Hub
from mailhub.permissions import Actor
from mailhub_contacts import importing
from mailhub_contacts.models import Contact, Import

Sheet = Callable[..., Path]


def test_a_file_goes_in_without_being_analysed(
    hub: Hub, owner: Actor, sheet: Sheet, work: Callable[[Hub], None]
) -> None:
    file = sheet([["a@example.com", "", "M"]], header=["Courriel", "Langue", "Taille"])
    told = hub.call(owner, "contacts.import", file=file, mapping="Taille=company", language="FR", lists="Spring,Autumn")
    assert (told["state"], told["total"]) == ("running", 1)
    work(hub)
    contact = Contact.get()
    assert (contact.language, contact.fields) == ("fr", {"company": "M"})
    told = hub.call(owner, "imports.show", number=told["number"])
    assert [each["name"] for each in told["lists"]] == ["Autumn", "Spring"]


def test_a_very_long_file_is_analysed_first(
    hub: Hub, owner: Actor, sheet: Sheet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "MAX_DIRECT", 10)
    with pytest.raises(Conflict, match="analyse it first"):
        hub.call(owner, "contacts.import", file=sheet([["a@example.com"]]))
    assert Import.select().count() == 0


def test_a_text_is_no_file(hub: Hub, owner: Actor) -> None:
    for action in ("contacts.analyse", "contacts.import"):
        with pytest.raises(Invalid, match="write @ and its path"):
            hub.call(owner, action, file="/etc/passwd")
        with pytest.raises(Invalid, match="There is no file"):
            hub.call(owner, action)


def test_a_refused_import_leaves_nothing(hub: Hub, owner: Actor, sheet: Sheet) -> None:
    with pytest.raises(Invalid, match="too long"):
        hub.call(owner, "contacts.import", file=sheet([["a@example.com"]]), lists=["x" * 101])
    assert Import.select().count() == 0
