"""Which column fills which field: what a person chose, and rows of cells read accordingly."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from mailhub.address import check, key_of, normalise, usual
from mailhub.errors import Invalid, Sentence
from mailhub_contacts.columns import FIELDS, IGNORE, MAX_MAPPED, ColumnGuess, language_of, looks_like_address, slug

CUSTOM = "custom:"
SAMPLE = 60
"""Characters of a cell that are shown beside its column."""
_MARKED = frozenset("0123456789+-=@")
_ACTIVE = ("=", "+", "-", "@", "\t", "\r")
_SPECIAL = "'#"
_ERRORS = frozenset({"#N/A", "#REF", "#VALUE", "#DIV/0", "#NAME", "#NULL", "#NUM", "#SPILL", "#CALC"})


class Row(NamedTuple):
    """One contact as a file tells it. `fields` has only what is not empty; `language` is "" when none is known.

    `other_language` is what stands there for a language that MailHub does not speak.
    """

    number: int
    address: str
    key: int
    language: str
    display: str
    fields: dict[str, str]
    other_language: str = ""


class BadCells(NamedTuple):
    """A row whose address is none: its number, a key of `address.REASONS`, its cells."""

    number: int
    reason: str
    cells: list[str]


def describe(guesses: Sequence[ColumnGuess], sample: Sequence[Sequence[str]]) -> list[dict[str, Any]]:
    """Columns as an import keeps them: {index, name, field, sample}, with the first cell that holds something."""
    return [
        {"index": each.index, "name": each.name, "field": each.field, "sample": _first_cell(sample, each.index)}
        for each in guesses
    ]


def _first_cell(sample: Sequence[Sequence[str]], index: int) -> str:
    cells = (row[index].strip() for row in sample if index < len(row))
    return next((cell[:SAMPLE] for cell in cells if cell), "")


def find_address(columns: list[dict[str, Any]], sample: Sequence[Sequence[str]]) -> None:
    """When no column was guessed to hold addresses, take the one with the most of them, if there is any at all."""
    if any(column["field"] == "address" for column in columns):
        return
    found = [sum(looks_like_address(row[at]) for row in sample if at < len(row)) for at in range(len(columns))]
    best = max(range(len(columns)), key=found.__getitem__, default=None)
    if best is not None and found[best]:
        columns[best]["field"] = "address"


def choose(columns: Sequence[Mapping[str, Any]], given: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The columns with another mapping.

    `given` maps columns (their name, or their number counted from 1) to fields: {"Courriel": "address", "3":
    "custom:size"}. Columns it does not name keep what they have, unless their field was given away. Raises `Invalid`.
    """
    chosen = {_place(columns, column): _field(str(field)) for column, field in given.items()}
    taken = set(chosen.values()) - {IGNORE}
    changed = []
    for column in columns:
        kept = IGNORE if column["field"] in taken else column["field"]
        changed.append({**column, "field": chosen.get(column["index"], kept)})
    check_columns(changed)
    return changed


def check_columns(columns: Sequence[Mapping[str, Any]]) -> None:
    """Raise `Invalid` unless one column is the address, no field is filled twice, and at most 20 are filled."""
    filled = [column["field"] for column in columns if column["field"] != IGNORE]
    if "address" not in filled:
        raise _wrong(Sentence("No column holds e-mail addresses: choose the one that does."))
    twice = next((field for field in filled if filled.count(field) > 1), None)
    if twice:
        raise _wrong(Sentence("Two columns fill {field}: choose one of them.", field=twice))
    if len(filled) > MAX_MAPPED:
        raise _wrong(Sentence("{count} columns are chosen: at most {most} can be.", count=len(filled), most=MAX_MAPPED))


def _wrong(sentence: Sentence) -> Invalid:
    return Invalid(fields={"mapping": sentence})


def _place(columns: Sequence[Mapping[str, Any]], column: str) -> int:
    if column.isdecimal() and 1 <= int(column) <= len(columns):
        return int(column) - 1
    for each in columns:
        if each["name"] and each["name"] == column:
            return int(each["index"])
    raise _wrong(Sentence("There is no column {column}: write its name, or its number from 1.", column=column))


def _field(field: str) -> str:
    if field in FIELDS or field == IGNORE:
        return field
    if field.startswith(CUSTOM) and field != CUSTOM:
        key = slug(field.removeprefix(CUSTOM))
        return key if key in FIELDS else CUSTOM + key
    names = ", ".join(FIELDS)
    raise _wrong(
        Sentence("{field} is no field: write one of {names}, custom:<name> or ignore.", field=field, names=names)
    )


def reader(columns: Sequence[Mapping[str, Any]]) -> Callable[[int, list[str]], Row | BadCells]:
    """A function that reads one row's cells (its number first) into a contact, or says what is wrong with it.

    Without a column of addresses every row is bad.
    """
    places = {column["field"].removeprefix(CUSTOM): column["index"] for column in columns if column["field"] != IGNORE}
    address_at = places.pop("address", -1)
    language_at, display_at = places.pop("language", -1), places.pop("display", -1)
    others = list(places.items())
    last = max([address_at, language_at, display_at, *places.values()], default=0)

    def read(number: int, cells: list[str]) -> Row | BadCells:
        if len(cells) <= last:
            cells = [*cells, *[""] * (last + 1 - len(cells))]
        written = cells[address_at] if address_at >= 0 else ""
        address = usual(written)
        if not address:
            address = normalise(written)
            if (reason := check(address)) is not None:
                return BadCells(number, reason, cells)
        fields = {}
        for name, at in others:
            if (text := cells[at].strip()) and (text[0] not in _SPECIAL or (text := clean(text))):
                fields[name] = text
        told = clean(cells[language_at]) if language_at >= 0 else ""
        language = _language(told) if told else ""
        display = clean(cells[display_at]) if display_at >= 0 else ""
        return Row(number, address, key_of(address), language, display, fields, "" if language else told)

    return read


_language = lru_cache(1024)(language_of)


def clean(cell: str) -> str:
    """What a cell says: no blanks around it, nothing for a formula's error, no mark that it is text.

    Spreadsheet programs keep `'0612` or `'+33` in a csv file as it was typed; a name may begin with an apostrophe.
    """
    text = cell.strip()
    if text[:1] == "'" and text[1:2] in _MARKED:
        return text[1:].strip()
    return "" if text[:1] == "#" and text.rstrip("?!").upper() in _ERRORS else text


def safe(cell: str) -> str:
    """A cell that no spreadsheet program takes for a formula (CWE-1236); numbers with a sign, as of phones, stay.

    `clean` takes the mark off again.
    """
    return f"'{cell}" if cell.startswith(_ACTIVE) and not cell[1:].replace(" ", "").isdigit() else cell
