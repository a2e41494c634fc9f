"""Files to download: contacts, the model; safe to open and good to import again."""

from collections.abc import Callable
from pathlib import Path

import pytest

from mailhub.hub import Hub
from mailhub.permissions import Actor
from mailhub_contacts.models import Contact
from mailhub_contacts.sheet_out import MODEL, contact_rows, csv_lines


def test_what_is_exported_is_imported_as_it_was(
    hub: Hub, owner: Actor, stranger: Actor, tmp_path: Path, work: Callable[[Hub], None]
) -> None:
    fields = {"city": "Lyon; centre", "Pointure": "38", "phone": "+33 6 12 34"}
    hub.call(owner, "contacts.create", address="a@example.com", display='Anne "A"', language="fr", fields=fields)
    hub.call(owner, "contacts.create", address="b@example.com", language="en")
    path = tmp_path / "out.csv"
    path.write_text("".join(csv_lines(contact_rows(owner.account_id, None))), encoding="utf-8")
    number = hub.call(stranger, "contacts.import", file=path)["number"]
    work(hub)
    assert hub.call(stranger, "imports.show", number=number)["report"]["counts"]["new"] == 2

    def told(account: int) -> list[tuple[object, ...]]:
        found = Contact.of(account).order_by(Contact.address)
        return [(each.address, each.language, each.display, each.fields) for each in found]

    assert told(stranger.account_id) == told(owner.account_id)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_model_file_needs_no_mapping(hub: Hub, owner: Actor, tmp_path: Path, language: str) -> None:
    path = tmp_path / "model.csv"
    path.write_text("".join(csv_lines(MODEL[language])), encoding="utf-8")
    told = hub.call(owner, "contacts.analyse", file=path)
    assert [each["field"] for each in told["columns"]] == ["address", "language", "display"]
    assert (told["header"], told["counts"]["new"], told["counts"]["no_language"]) == (True, 2, 0)
