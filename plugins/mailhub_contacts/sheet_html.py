"""Tables of a web page as rows: what many programs write when they say "Excel", under names that end in .xls.

Runs in the child process of `sheet_workbook`, so it imports nothing of MailHub.
"""

import codecs
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import BinaryIO

_CHUNK = 2**18
_MOST_COLUMNS = 16_384
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_charset = re.compile(rb"charset\s*=\s*[\"']?\s*([\w-]+)", re.I).search
_blanks = re.compile(r"[ \t\r\n\f]+").sub


def read_tables(file: BinaryIO) -> list[list[list[str]]]:
    """Return the page's tables in its order, each as rows of text, those without rows left out.

    A cell over several columns or rows fills the first of its places, the others are empty.
    """
    encoding = _encoding(file)
    parser = _Tables()
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    while chunk := file.read(_CHUNK):
        parser.feed(decoder.decode(chunk))
    parser.close()
    return [table.rows for table in parser.found if table.rows]


def _encoding(file: BinaryIO) -> str:
    head = file.read(2**16)
    file.seek(0)
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    if told := _charset(head):
        try:
            return codecs.lookup(told[1].decode("ascii")).name
        except LookupError:
            pass
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


class _Table:
    def __init__(self) -> None:
        self.rows: list[list[str]] = []
        self._row: list[str] | None = None
        self._below: dict[int, int] = {}  # column → rows further down that a cell above takes
        self._cell: list[str] | None = None
        self._spans = (1, 1)

    def begin_row(self) -> None:
        self.end_row()
        self._row = []

    def begin_cell(self, columns: int, rows: int) -> None:
        self.end_cell()
        if self._row is None:
            self._row = []
        self._cell, self._spans = [], (columns, rows)

    def write(self, text: str) -> None:
        if self._cell is not None:
            self._cell.append(text)

    def end_cell(self) -> None:
        if self._cell is None or self._row is None:
            return
        while self._below.get(len(self._row), 0) > 0:
            self._below[len(self._row)] -= 1
            self._row.append("")
        columns, rows = self._spans
        text = "\n".join(line.strip() for line in "".join(self._cell).split("\0")).strip().replace("\xa0", " ")
        place = len(self._row)
        self._row += [text.strip(), *[""] * (columns - 1)]
        if rows > 1:
            self._below.update(dict.fromkeys(range(place, place + columns), rows - 1))
        self._cell = None

    def end_row(self) -> None:
        self.end_cell()
        if self._row is not None:
            self.rows.append(self._row)
        self._row = None


class _Tables(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[_Table] = []
        self._open: list[_Table] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag in ("style", "script", "title"):
            self._hidden += 1
        elif tag == "table":
            self._open.append(_Table())
            self.found.append(self._open[-1])
        elif self._open and tag == "tr":
            self._open[-1].begin_row()
        elif self._open and tag in ("td", "th"):
            told = dict(attributes)
            self._open[-1].begin_cell(_span(told.get("colspan")), _span(told.get("rowspan")))
        elif self._open and tag in ("br", "p", "div"):
            self._open[-1].write("\0")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("style", "script", "title"):
            self._hidden = max(self._hidden - 1, 0)
        elif self._open and tag in ("td", "th"):
            self._open[-1].end_cell()
        elif self._open and tag == "tr":
            self._open[-1].end_row()
        elif self._open and tag == "table":
            self._open.pop().end_row()

    def handle_data(self, text: str) -> None:
        if self._open and not self._hidden:
            self._open[-1].write(_blanks(" ", text.replace("\0", "")))

    def close(self) -> None:
        super().close()
        while self._open:
            self._open.pop().end_row()


def _span(text: str | None) -> int:
    return min(max(int(text), 1), _MOST_COLUMNS) if text and text.strip().isdecimal() else 1


def longest(tables: list[list[list[str]]]) -> Iterator[list[str]]:
    """Yield the rows of the table that has most of them: others are frames, titles and sums."""
    yield from max(tables, key=len, default=[])
