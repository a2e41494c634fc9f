"""Rows of a file held against the contacts that are there: new, changed, unchanged, duplicate, suppressed or bad.

Analysis and import both weigh with this, so that what was announced is what happens.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self

from mailhub.addresses import BULK, suppressed
from mailhub.db import in_list, sql, sql_many
from mailhub_contacts.mapping import BadCells, Row
from mailhub_contacts.models import Import

COUNTS = ("rows", "new", "changed", "unchanged", "duplicate", "bad", "suppressed", "empty_display", "no_language")
"""`rows` is the sum of the next five; the last three are counted beside them."""
SHOWN_BAD = 100
SHOWN_CONTACTS = 10

encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Change(NamedTuple):
    """What an import writes over a contact that is there."""

    id: int
    language: str
    display: str
    fields: str


@dataclass
class Weighed:
    """One batch: the rows that count, whom to add, what to change, who is named (for the lists), what to count."""

    rows: list[Row] = field(default_factory=list)
    new: list[Row] = field(default_factory=list)
    changed: list[Change] = field(default_factory=list)
    keys: list[int] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


@dataclass
class Tally:
    """What was counted so far. As JSON in `Import.analysis` and `Import.report`; the analysis also shows some rows."""

    counts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    bad: list[dict[str, Any]] = field(default_factory=list)
    preview: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def of(cls, stored: dict[str, Any] | None) -> Self:
        """The tally that was stored, or an empty one."""
        stored = stored or {}
        return cls(
            Counter(stored.get("counts", {})),
            Counter(stored.get("reasons", {})),
            stored.get("bad", []),
            stored.get("preview", []),
        )

    def json(self) -> dict[str, Any]:
        """As it is stored and shown: every count is there, if only as 0."""
        counts = {name: self.counts[name] for name in COUNTS}
        return {"counts": counts, "reasons": dict(self.reasons), "bad": self.bad, "preview": self.preview}

    def add(self, weighed: Weighed, bad: Sequence[BadCells]) -> None:
        """Count a batch."""
        self.counts.update(weighed.counts)
        self.counts.update(rows=len(bad), bad=len(bad))
        self.reasons.update(each.reason for each in bad)

    def show(self, rows: Sequence[Row], bad: Sequence[BadCells], address_at: int) -> None:
        """Keep the first rows for the analysis: contacts for the preview, bad ones with their reason."""
        for each in bad[: SHOWN_BAD - len(self.bad)]:
            value = each.cells[address_at] if address_at < len(each.cells) else ""
            self.bad.append({"row": each.number, "reason": each.reason, "value": value[:254]})
        for row in rows[: SHOWN_CONTACTS - len(self.preview)]:
            self.preview.append(
                {"row": row.number, "address": row.address, "language": row.language, "display": row.display,
                 "fields": row.fields}
            )  # fmt: skip


def weigh(record: Import, rows: Sequence[Row]) -> Weighed:
    """Hold rows (2,000 at most) against what is there, and note in `import_seen` that they came; in a transaction.

    The first row of an address counts, later ones are duplicates. An empty cell changes nothing; the import's
    language is for new contacts whose row has none.
    """
    weighed = Weighed()
    first = _first_rows(record, rows)
    weighed.rows, weighed.keys = list(first.values()), list(first)
    known = _known(record.account_id, weighed.keys)
    for key, row in first.items():
        _weigh_row(record, row, known.get(key), weighed)
    weighed.counts.update(
        rows=len(rows),
        duplicate=len(rows) - len(first),
        suppressed=len(suppressed(record.account_id, weighed.keys, BULK)),
        empty_display=sum(not row.display for row in first.values()),
        no_language=sum(not row.language for row in first.values()),
    )
    return weighed


def _first_rows(record: Import, rows: Sequence[Row]) -> dict[int, Row]:
    first: dict[int, Row] = {}
    for row in rows:
        first.setdefault(row.key, row)
    if not first:
        return first
    condition, parameters = in_list("address_key", list(first))
    seen = sql(
        f"SELECT address_key FROM import_seen WHERE import_id = ? AND {condition}", [record.id, *parameters]
    ).fetchall()
    for (key,) in seen:
        del first[key]
    sql_many("INSERT INTO import_seen (import_id, address_key) VALUES (?, ?)", [(record.id, key) for key in first])
    return first


def _known(account_id: int, keys: list[int]) -> dict[int, tuple[int, str, str, str]]:
    """Contacts that are there: address key → (id, language, display, fields as JSON)."""
    if not keys:
        return {}
    condition, parameters = in_list("address_key", keys)
    rows = sql(
        "SELECT address_key, id, language, display, fields FROM contacts "
        f"WHERE account_id = ? AND {condition} AND copy = 0",
        [account_id, *parameters],
    )
    return {key: (id_, language, display, fields) for key, id_, language, display, fields in rows.fetchall()}


def _weigh_row(record: Import, row: Row, known: tuple[int, str, str, str] | None, weighed: Weighed) -> None:
    if known is None:
        weighed.new.append(row)
        weighed.counts["new"] += 1
        return
    id_, language, display, fields = known
    old = json.loads(fields)
    merged = old | row.fields
    told = (row.language or language or record.language, row.display or display)
    if merged == old and told == (language, display):
        weighed.counts["unchanged"] += 1
        return
    weighed.changed.append(Change(id_, *told, encode(merged)))
    weighed.counts["changed"] += 1
