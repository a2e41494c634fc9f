"""Contacts as csv files to download: with `;`, in UTF-8 with its mark, for spreadsheet programs."""

import csv
from collections.abc import Iterable, Iterator, Sequence

from flask import Response, stream_with_context

from mailhub_contacts import lists, people
from mailhub_contacts.mapping import safe
from mailhub_contacts.people import TEXTS

MARK = "\ufeff"


class _Line:
    """What `csv.writer` writes to: it gives the text back."""

    def write(self, text: str) -> str:
        return text


def csv_lines(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Rows as the text of a csv file, piece by piece."""
    writer = csv.writer(_Line(), delimiter=";")
    yield MARK
    for row in rows:
        yield writer.writerow([safe(cell) for cell in row])


def download(rows: Iterable[Sequence[str]], name: str) -> Response:
    """Rows as a file the browser keeps under `name` (ASCII)."""
    response = Response(stream_with_context(csv_lines(rows)), mimetype="text/csv")
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response


def answer(account_id: int, number: int | None, name: str) -> Response:
    """An account's contacts, or those of one of its lists, as a file that can be imported again."""
    lists.select(account_id, number)  # another account's list is refused before the answer begins
    return download(contact_rows(account_id, number), name)


def contact_rows(account_id: int, number: int | None) -> Iterator[list[str]]:
    """A header, then contacts; the columns are those of the model file, the other fields, the account's own."""
    custom = people.custom_fields(account_id)
    yield ["email", "language", "display", *TEXTS, *(field.title for field in custom)]
    names = [*TEXTS, *(field.slug for field in custom)]
    for contact in lists.members(account_id, number):
        told = [contact.fields.get(name, "") for name in names]
        yield [contact.address, contact.language.upper(), contact.display, *told]


_EXAMPLES = (("tremblay@example.com", "FR", "Monsieur Tremblay"), ("jane.doe@example.com", "EN", "Jane"))
MODEL = {
    "en": (("E-mail", "Language", "Display"), *_EXAMPLES),
    "fr": (("Courriel", "Langue", "Affichage"), *_EXAMPLES),
}
"""The file people start from, by the language of its header."""
