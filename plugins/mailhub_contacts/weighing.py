"""Rows of a file held against the contacts that are there: suppressed, new, changed or unchanged.

Analysis and import both weigh with this, so that what was announced is what happens.
"""

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from json.encoder import encode_basestring as quote
from typing import NamedTuple, Protocol

from mailhub_contacts.mapping import Row

encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def encode_fields(fields: Mapping[str, str]) -> str:
    """A contact's fields as JSON: what `encode` makes of them, in a quarter of the time. Slugs need no quoting."""
    return "{" + ",".join([f'"{name}":{quote(text)}' for name, text in fields.items()]) + "}"


class Known(NamedTuple):
    """A contact that is there; `fields` is JSON, `updated_at` ms."""

    id: int
    language: str
    display: str
    fields: str
    updated_at: int


class Base(Protocol):
    """The contacts that rows are held against."""

    def known(self, keys: Sequence[int]) -> Mapping[int, Known]:
        """Those with these address keys, by key."""

    def suppressed(self, keys: Sequence[int]) -> Collection[int]:
        """Which of these address keys are not written to."""


class NoBase:
    """No contacts at all: what a file is held against without a database."""

    def known(self, keys: Sequence[int]) -> Mapping[int, Known]:
        """None are."""
        return {}

    def suppressed(self, keys: Sequence[int]) -> Collection[int]:
        """None are."""
        return ()


class Change(NamedTuple):
    """What an import writes over a contact that is there. `was` is the contact before, `fields` JSON."""

    was: Known
    language: str
    display: str
    fields: str


@dataclass
class Weighed:
    """One batch: whom to add, what to change, everyone who is there already by key, what to count."""

    rows: Sequence[Row]
    new: list[Row] = field(default_factory=list)
    changed: dict[int, Change] = field(default_factory=dict)
    known: Mapping[int, Known] = field(default_factory=dict)
    suppressed: Collection[int] = ()
    counts: Counter[str] = field(default_factory=Counter)

    def fate(self, row: Row) -> str:
        """What a row of the batch counts as."""
        if row.key in self.suppressed:
            return "suppressed"
        if row.key not in self.known:
            return "new"
        return "changed" if row.key in self.changed else "unchanged"


def weigh(base: Base, language: str, rows: Sequence[Row]) -> Weighed:
    """Hold rows, each address once, against what is there.

    An empty cell changes nothing; `language` is for contacts whose row has none and who have none. A suppressed address
    counts as that alone, and is added or changed like any other.
    """
    keys = [row.key for row in rows]
    weighed = Weighed(rows, known=base.known(keys), suppressed=base.suppressed(keys))
    for row in rows:
        known = weighed.known.get(row.key)
        if known is None:
            weighed.new.append(row)
        elif change := _change(row, known, language):
            weighed.changed[row.key] = change
    weighed.counts.update(map(weighed.fate, rows))
    weighed.counts.update(
        rows=len(rows),
        empty_display=sum(not row.display for row in rows),
        no_language=sum(not row.language for row in rows),
    )
    return weighed


def _change(row: Row, known: Known, language: str) -> Change | None:
    old = json.loads(known.fields)
    merged = old | row.fields
    told = (row.language or known.language or language, row.display or known.display)
    if merged == old and told == (known.language, known.display):
        return None
    return Change(known, *told, encode_fields(merged))
