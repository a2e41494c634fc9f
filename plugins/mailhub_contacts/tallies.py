"""What an analysis or an import has counted so far, and the rows it shows as examples."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from mailhub_contacts.mapping import BadCells, Row
from mailhub_contacts.weighing import Change, Weighed

FATES = ("bad", "duplicate", "suppressed", "new", "changed", "unchanged")
"""What a row counts as: the first of these that fits."""
COUNTS = ("rows", *FATES, "empty_display", "no_language", "other_language")
"""`rows` is the sum of the fates; the last three are counted beside them."""
SHOWN = 100
"""Bad and duplicate rows shown."""
PREVIEW = 10
"""Rows shown of each fate that an import writes."""
LANGUAGES = 20
_LONGEST = 254


@dataclass
class Tally:
    """Counts, reasons of bad rows, languages MailHub does not speak, and rows to show. Kept as JSON with an import."""

    counts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    bad: list[dict[str, Any]] = field(default_factory=list)
    duplicates: list[dict[str, Any]] = field(default_factory=list)
    preview: list[dict[str, Any]] = field(default_factory=list)
    steps: int = 0
    """How many batches an import has written down, to be undone."""

    @classmethod
    def of(cls, stored: dict[str, Any] | None) -> Self:
        """The tally that was stored, or an empty one."""
        kept = stored or {}
        return cls(
            Counter(kept.get("counts", {})),
            Counter(kept.get("reasons", {})),
            Counter(kept.get("languages", {})),
            kept.get("bad", []),
            kept.get("duplicates", []),
            kept.get("preview", []),
            kept.get("steps", 0),
        )

    def json(self) -> dict[str, Any]:
        """As it is stored and shown: every count is there, if only as 0."""
        return {
            "counts": {name: self.counts[name] for name in COUNTS},
            "reasons": dict(self.reasons),
            "languages": dict(self.languages),
            "bad": self.bad,
            "duplicates": self.duplicates,
            "preview": self.preview,
            "steps": self.steps,
        }

    def add(self, weighed: Weighed, bad: Sequence[BadCells], duplicates: int) -> None:
        """Count a batch: rows that were weighed, bad ones, and how many said an address again."""
        self.counts.update(weighed.counts)
        self.counts.update(rows=len(bad) + duplicates, bad=len(bad), duplicate=duplicates)
        self.reasons.update(each.reason for each in bad)
        for row in weighed.rows:
            if row.other_language:
                self.counts["other_language"] += 1
                self._note_language(row.other_language[:40])

    def _note_language(self, language: str) -> None:
        if language in self.languages or len(self.languages) < LANGUAGES:
            self.languages[language] += 1

    def show_bad(self, bad: Sequence[BadCells], address_at: int, most: int = SHOWN) -> None:
        """Keep the first bad rows, with what stands where the address should."""
        for each in bad[: most - len(self.bad)]:
            value = each.cells[address_at] if 0 <= address_at < len(each.cells) else ""
            self.bad.append({"row": each.number, "reason": each.reason, "value": value[:_LONGEST]})

    def show_duplicates(self, duplicates: Sequence[tuple[Row, int]]) -> None:
        """Keep the first rows whose address came before, each with the number of the row that counts."""
        for row, first in duplicates[: SHOWN - len(self.duplicates)]:
            self.duplicates.append({"row": row.number, "value": row.address, "first": first})

    def show(self, weighed: Weighed) -> None:
        """Keep the first contacts of each fate for the preview, changed ones with what they are now."""
        shown = Counter(each["fate"] for each in self.preview)
        for row in weighed.rows if len(self.preview) < PREVIEW * 4 else ():
            fate = weighed.fate(row)
            if shown[fate] < PREVIEW:
                shown[fate] += 1
                self.preview.append(_described(row, fate, weighed.changed.get(row.key)))


def _described(row: Row, fate: str, change: Change | None) -> dict[str, Any]:
    told = {"row": row.number, "fate": fate, "address": row.address, "language": row.language, "display": row.display}
    return {**told, "fields": row.fields, "changes": differences(change) if change else {}}


def differences(change: Change) -> dict[str, tuple[str | None, str]]:
    """What a change writes: language, display and the fields' slugs, each with its value before (None: none) and after."""
    old, new = json.loads(change.was.fields), json.loads(change.fields)
    told: dict[str, tuple[str | None, str]] = {
        name: (old.get(name), value) for name, value in new.items() if old.get(name) != value
    }
    for name in ("language", "display"):
        before, after = getattr(change.was, name), getattr(change, name)
        if before != after:
            told[name] = (before, after)
    return told
