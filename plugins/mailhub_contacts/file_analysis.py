"""Analyse without a server: a file is read, counted and shown, in bounded memory; nothing is written anywhere."""

import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from mailhub_contacts.columns import guess
from mailhub_contacts.mapping import choose, describe, find_address, reader
from mailhub_contacts.passing import BATCH, sort_out
from mailhub_contacts.seen import Seen
from mailhub_contacts.sheets import Sheet, open_sheet
from mailhub_contacts.tallies import SHOWN, Tally
from mailhub_contacts.weighing import Base, weigh

ALL = 10**12
_IN_MEMORY = 2**22
_encode = json.JSONEncoder(ensure_ascii=False).encode


@dataclass
class _Part:
    """A list of the answer, as JSON on the disk when it is long."""

    most: int
    count: int = 0
    file: IO[str] = field(default_factory=lambda: tempfile.SpooledTemporaryFile(_IN_MEMORY, "w+", encoding="utf-8"))  # noqa: SIM115

    def add(self, value: Any) -> None:
        if self.count < self.most:
            self.file.write((", " if self.count else "") + _encode(value))
            self.count += 1

    def pieces(self) -> Iterator[str]:
        self.file.seek(0)
        yield "["
        while text := self.file.read(2**16):
            yield text
        yield "]"
        self.file.close()


@dataclass
class FileAnalysis:
    """What a file holds. `columns` are {index, name, field}; `tally` counts its rows against the base it was given."""

    sheet: Sheet
    columns: list[dict[str, Any]]
    tally: Tally
    _rows: _Part
    _bad: _Part

    def json(self) -> Iterator[str]:
        """The answer of `mailhub contacts analyse --json`, piece by piece."""
        told = {
            "format": self.sheet.kind,
            "encoding": self.sheet.encoding,
            "separator": self.sheet.separator,
            "sheet": self.sheet.sheet,
            "header": bool(self.sheet.header),
            "columns": [{name: each[name] for name in ("index", "name", "field")} for each in self.columns],
            "counts": self.tally.json()["counts"],
        }
        yield _encode(told)[:-1] + ', "rows": '
        yield from self._rows.pieces()
        yield ', "bad": '
        yield from self._bad.pieces()
        yield "}\n"


def analyse_file(
    path: Path, base: Base, *, rows: int, sheet: str = "", mapping: Mapping[str, str] | None = None, language: str = ""
) -> FileAnalysis:
    """Read a whole file: `rows` of it are shown, and as many bad ones (100 at least).

    A file without a column of addresses is shown too: all its rows are bad. `sheet` names the page of a workbook,
    `mapping` fields by column, `language` is for contacts without one. Raises `UserError` when the file cannot be read.
    """
    opened = open_sheet(path, page=sheet)
    columns = describe(guess(opened.header, opened.sample), opened.sample)
    find_address(columns, opened.sample)
    if mapping:
        columns = choose(columns, mapping)
    found = FileAnalysis(opened, columns, Tally(), _Part(rows), _Part(max(rows, SHOWN)))
    _read(found, base, language)
    return found


def _read(found: FileAnalysis, base: Base, language: str) -> None:
    read = reader(found.columns)
    with Seen() as seen:
        for batch in found.sheet.batches(size=BATCH):
            if found._rows.count < found._rows.most:
                for _, cells in batch.numbered():
                    found._rows.add(cells)
            told = sort_out(read, seen, batch)
            weighed = weigh(base, language, told.rows)
            found.tally.add(weighed, told.bad, len(told.duplicates))
            found.tally.show(weighed)
            found.tally.show_bad(told.bad, -1)
            for each in told.bad:
                found._bad.add({"row": each.number, "reason": each.reason})
