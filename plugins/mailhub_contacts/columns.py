"""Which column of a sheet is which field of a contact: guessed from header and cells, for a person to correct."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mailhub_contacts.column_words import FIELD_OF, LEFT_OUT, MAYBE_ADDRESS, WORDS, ascii_fold, fold

MAX_MAPPED = 20
"""Columns that are taken into contacts; those after are listed and ignored."""

FIELDS = tuple(WORDS)
"""The fields every contact has; any other column becomes `custom:<slug>`."""

IGNORE = "ignore"

_LONGEST_ADDRESS = 400  # with what may stand around it; on longer text the pattern would be slow
_looks_like_address = re.compile(r"[\s'<]*(?:mailto:)?[^\s@<>,;|]+@[^\s@<>,;|]+\.[^\s@<>,;|]{2,}[\s>]*", re.I).fullmatch
_LANGUAGES = {
    "fr": ("f", "fr", "fra", "fre", "french", "francais", "francaise", "francophone"),
    "en": ("e", "a", "en", "eng", "english", "ang", "anglais", "anglaise", "anglophone"),
}
_LANGUAGE_OF = {word: code for code, words in _LANGUAGES.items() for word in words}
_RESERVED = frozenset(
    {
        *("and", "or", "not", "in", "is", "if", "elif", "else", "endif", "for", "endfor", "set", "do", "with", "block"),
        *("include", "import", "from", "macro", "call", "filter", "loop", "self", "true", "false", "none", "super"),
        *("recursive", "as", "break", "continue", "extends", "raw", "autoescape"),
    }
)


@dataclass(frozen=True)
class ColumnGuess:
    """What one column is taken for.

    `index` counts from 0; `name` is its header or ""; `field` is one of FIELDS, `custom:<slug>` or `ignore`.
    """

    index: int
    name: str
    field: str


def guess(header: Sequence[str], sample: Sequence[Sequence[str]], limit: int = MAX_MAPPED) -> list[ColumnGuess]:
    """Return one guess for every column, in order.

    `header` is empty when the sheet has none; `sample` holds some of its rows. A field is given once: to the column
    whose cells say so, then to the one whose header says so, then to the one further left. At most `limit` columns
    are mapped: the known fields first, then custom ones from the left; columns without name and cells are ignored.
    """
    width = max([len(header), *map(len, sample)], default=0)
    names = [header[index].strip() if index < len(header) else "" for index in range(width)]
    cells = [_column(sample, index) for index in range(width)]
    known = _known_fields(names, cells)
    fields = known | _custom_fields(names, cells, known)
    taken = set(sorted(fields, key=lambda index: (index not in known, index))[:limit])
    return [ColumnGuess(at, names[at], fields[at] if at in taken else IGNORE) for at in range(width)]


def header_words(cells: Iterable[str]) -> int:
    """Return how many cells of a row are headers MailHub knows, which tells a header from a first contact."""
    return sum(fold(cell) in FIELD_OF or fold(cell) in MAYBE_ADDRESS for cell in cells if cell)


def looks_like_address(cell: str) -> bool:
    """Tell whether a cell is meant as one e-mail address; whether it is a good one is `mailhub.address.check`'s say."""
    return len(cell) <= _LONGEST_ADDRESS and _looks_like_address(cell) is not None


def language_of(value: str) -> str:
    """Return "fr" or "en" for a way to write that language (FR, français, fr_CA, F, English…), or "" for any other."""
    word = re.split(r"[^a-z]", ascii_fold(value).strip(), maxsplit=1)[0]
    return _LANGUAGE_OF.get(word, "")


def slug(name: str) -> str:
    """Return the key of a custom field: lower ASCII letters, digits and underscores, usable as a template variable.

    It is at most 50 long, never begins with a digit, is never empty and never a word of the template language.
    """
    key = re.sub(r"[^a-z0-9]+", "_", ascii_fold(name)).strip("_")[:50].rstrip("_")
    if not key or key[0].isdigit():
        key = f"field_{key}"[:50].rstrip("_")
    return f"{key}_" if key in _RESERVED else key


def _column(sample: Sequence[Sequence[str]], index: int) -> list[str]:
    return [row[index].strip() for row in sample if index < len(row) and row[index].strip()]


def _known_fields(names: list[str], cells: list[list[str]]) -> dict[int, str]:
    found: dict[int, str] = {}
    for field in FIELDS:
        ranked = [
            (rank, at) for at in range(len(names)) if at not in found and (rank := _rank(field, names[at], cells[at]))
        ]
        if ranked:
            found[min(ranked)[1]] = field
    return found


def _rank(field: str, name: str, cells: list[str]) -> int:
    """Return how well a column fits a field: 1 is best, 0 is not at all."""
    named = FIELD_OF.get(fold(name)) == field
    if field == "address":
        return _rank_address(named, name, cells)
    if field == "language" and not named:
        return 2 if not name and _hold_languages(cells) else 0
    return 1 if named and not _hold_addresses(cells) else 0


def _rank_address(named: bool, name: str, cells: list[str]) -> int:
    if _hold_addresses(cells):
        return 1 if named else 2 if fold(name) in MAYBE_ADDRESS else 3
    return 4 if named else 0


def _hold_addresses(cells: list[str]) -> bool:
    return bool(cells) and 2 * sum(map(looks_like_address, cells)) >= len(cells)


def _hold_languages(cells: list[str]) -> bool:
    """A column of lone letters may be the sex (F, M), so one whole word or code must be among them."""
    known = sum(language_of(cell) != "" for cell in cells)
    return 5 * known >= 4 * len(cells) and any(len(cell) > 1 and language_of(cell) for cell in cells)


def _custom_fields(names: list[str], cells: list[list[str]], known: dict[int, str]) -> dict[int, str]:
    used = set(FIELDS)
    fields = {}
    for index, name in enumerate(names):
        if index in known or not (name or cells[index]) or fold(name) in LEFT_OUT:
            continue
        key = _unused(slug(name) if name else f"column_{index + 1}", used)
        fields[index] = f"custom:{key}"
    return fields


def _unused(key: str, used: set[str]) -> str:
    number = 2
    unique = key
    while unique in used:
        unique, number = f"{key}_{number}", number + 1
    used.add(unique)
    return unique
