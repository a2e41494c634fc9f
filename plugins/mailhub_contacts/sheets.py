"""A contact file, whatever its form, as a header and a stream of rows of text; `columns` says what they mean."""

import codecs
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from mailhub.errors import UserError
from mailhub_contacts.columns import header_words, language_of, looks_like_address
from mailhub_contacts.sheet_encoding import detect
from mailhub_contacts.sheet_kinds import WORKBOOKS, no_rows, recognise
from mailhub_contacts.sheet_text import SEPARATORS, Records, detect_separator, first_lines, is_spaced
from mailhub_contacts.sheet_workbook import Flat, flatten

SAMPLE_ROWS = 1000
BATCH_ROWS = 2000
MAX_COLUMNS = 1024
"""Columns that count; cells further right stay in their rows and are never looked at."""

_HEADER_WITHIN = 20  # rows: a title or a date may stand above the header


@dataclass(frozen=True)
class Layout:
    """How a file is to be read: found by `open_sheet`, kept by an import, corrected by a person with `replace`.

    `encoding` is Python's name; `spaced` says that blanks after separators are not part of the cells; `start` is the
    byte of the first row and `first_row` its number; `header_row` is the number of the header, 0 when there is none;
    `page` names the sheet of a workbook that was asked for.
    Its fields are plain values, so `Layout(**json)` restores it from `dataclasses.asdict`.
    """

    kind: str
    encoding: str
    separator: str
    spaced: bool = False
    start: int = 0
    first_row: int = 1
    header_row: int = 0
    page: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows in the order of the file; `first` is the number of the first of them, `token` the place after the last."""

    first: int
    rows: list[list[str]]
    token: str

    def numbered(self) -> Iterator[tuple[int, list[str]]]:
        """Yield each row that has something in it, with its number as the person's own program shows it."""
        for number, row in enumerate(self.rows, self.first):
            if row and (row[0].strip() or _is_filled(row)):
                yield number, row


@dataclass(eq=False)
class Sheet:
    """An opened contact file.

    `kind` is what `recognise` returns; `header` is empty when there is none; `columns` counts those with something
    in them; `sample` holds the first rows after the header, blank ones left out; `sheet` names the page of a workbook
    that is read and `others` those that are not; `rows` counts all rows but the header, exactly when `rows_known`.
    """

    name: str
    layout: Layout
    header: list[str]
    columns: int
    sample: list[list[str]]
    rows: int
    rows_known: bool
    sheet: str = ""
    others: tuple[str, ...] = ()
    _text: Path = field(default=Path(), repr=False)
    _begin: str = field(default="", repr=False)

    @property
    def kind(self) -> str:
        return self.layout.kind

    @property
    def encoding(self) -> str:
        """The encoding of a text file, "" for a workbook."""
        return "" if self.kind in WORKBOOKS else self.layout.encoding

    @property
    def separator(self) -> str:
        """What stands between the cells of a text file, "" for a workbook."""
        return "" if self.kind in WORKBOOKS else self.layout.separator

    def batches(self, after: str = "", size: int = BATCH_ROWS) -> Iterator[Batch]:
        """Yield the rows after the header, or after the place a former batch's token tells, in batches of `size`.

        Rows are filled up with empty cells to `columns`, longer ones keep what they have, an empty line is an empty
        row.
        """
        offset, row = map(int, (after or self._begin).split(":"))
        with _records(self._text, self.layout, offset, row) as records:
            while rows := records.take(size):
                yield Batch(records.row - len(rows), _fill(rows, self.columns), _token(records))

    def progress(self, token: str) -> float:
        """Return how much of the file lies before a token, from 0 to 1."""
        begin = self.layout.start
        length = self._text.stat().st_size - begin
        return min(max((int((token or self._begin).split(":")[0]) - begin) / max(length, 1), 0.0), 1.0)


def open_sheet(
    path: Path,
    *,
    name: str = "",
    layout: Layout | None = None,
    scratch: Path | None = None,
    page: str = "",
    header: bool | None = None,
) -> Sheet:
    """Open a contact file and find out how it is to be read.

    `name` is the file's name as the person knows it, when path has another. A `layout` found before is taken as it is,
    which spares a long file from being searched again. A workbook is first unpacked into a text file in the folder
    `scratch`, where the next call finds it; without one, into a temporary file that goes away with the Sheet.
    `page` names the sheet of a workbook that is to be read, if not its first with rows; `header` says whether there is a
    header, which is then the row that reads most like one, and else is found out (or told by the layout).
    Raises UserError, with what to do, when the file is no sheet, empty, locked, damaged or too large.
    """
    name = name or path.name
    kind = layout.kind if layout else recognise(path, name)
    if kind in WORKBOOKS:
        flat = flatten(path, name, scratch, kind, page or (layout.page if layout else ""))
        try:
            sheet = _open_flat(flat, name, kind, layout, page, header)
        except BaseException:
            _forget(flat, scratch)
            raise
        if scratch is None:
            weakref.finalize(sheet, flat.path.unlink, missing_ok=True)
        return sheet
    return _open_text(path, name, layout or _find_layout(path, kind), layout is None, header)


def _forget(flat: Flat, scratch: Path | None) -> None:
    if scratch is None:
        flat.path.unlink(missing_ok=True)


def _open_flat(flat: Flat, name: str, kind: str, layout: Layout | None, page: str, header: bool | None) -> Sheet:
    found = layout or Layout(kind, "utf-8", ";", start=flat.start, page=page)
    sheet = _open_text(flat.path, name, replace(found, start=flat.start), layout is None, header)
    sheet.sheet, sheet.others = flat.sheet, flat.others
    sheet.rows, sheet.rows_known = flat.rows - sheet.layout.header_row, True
    return sheet


def read_as(layout: Layout, encoding: str, separator: str) -> Layout:
    """A text's layout with another encoding, or another separator, than was found.

    Raises UserError when there is no such encoding or separator.
    """
    if layout.kind in WORKBOOKS:
        return layout
    try:
        codecs.lookup(encoding or "utf-8")
    except LookupError:
        raise UserError("There is no encoding {encoding}: write utf-8 or cp1252.", encoding=encoding) from None
    if separator and separator not in SEPARATORS:
        raise UserError("{separator} cannot stand between cells: write one of ; , | or a tab.", separator=separator)
    return replace(layout, encoding=encoding or layout.encoding, separator=separator or layout.separator)


def _find_layout(path: Path, kind: str) -> Layout:
    encoding, start = detect(path)
    lines = first_lines(path, encoding, start)
    told = lines[0].strip().lower() if lines else ""
    if told.startswith("sep=") and len(told) == 5 and told[4] in SEPARATORS:  # a line for spreadsheet programs
        start += len(lines[0].encode(encoding))
        return Layout(kind, encoding, told[4], is_spaced(lines, told[4]), start, first_row=2)
    separator = detect_separator(lines)
    return Layout(kind, encoding, separator, is_spaced(lines, separator), start)


def _open_text(path: Path, name: str, layout: Layout, search: bool, header: bool | None = None) -> Sheet:
    rows, count, known = _read_beginning(path, layout)
    if not any(map(_is_filled, rows)):
        raise no_rows(name)
    if search or header is not None:
        header_at = None if header is False else _find_header(rows)
        if header and header_at is None:
            header_at = next(at for at, row in enumerate(rows) if _is_filled(row))
        layout = replace(layout, header_row=0 if header_at is None else layout.first_row + header_at)
    skipped = max(layout.header_row - layout.first_row + 1, 0)
    names = _trim(rows[skipped - 1]) if 0 < skipped <= len(rows) else []
    sample = [row[:MAX_COLUMNS] for row in rows[skipped:] if _is_filled(row)]
    columns = max([len(names), *(len(_trim(row)) for row in sample)])
    begin = _skip(path, layout, skipped)
    return Sheet(name, layout, names, columns, _fill(sample, columns), count - skipped, known, "", (), path, begin)


def _read_beginning(path: Path, layout: Layout) -> tuple[list[list[str]], int, bool]:
    """Return the first rows, the number of all rows, and whether that is exact or judged by the bytes read."""
    with _records(path, layout, layout.start, layout.first_row) as records:
        rows = records.take(SAMPLE_ROWS)
        read = records.offset - layout.start
        if len(rows) < SAMPLE_ROWS and not records.take(1):
            return rows, len(rows), True
    return rows, len(rows) * (path.stat().st_size - layout.start) // max(read, 1), False


def _find_header(rows: Sequence[list[str]]) -> int | None:
    """Return the place of the header: the row before the first address that reads most like one."""
    filled = [at for at, row in enumerate(rows) if _is_filled(row)]
    first_address = next((at for at in filled if any(map(looks_like_address, rows[at][:100]))), None)
    if first_address is None:
        return filled[0] if header_words(rows[filled[0]]) else None
    above = [at for at in filled if at < first_address and _may_be_header(rows[at])][:_HEADER_WITHIN]
    return max(above, key=lambda at: (header_words(rows[at]), sum(map(bool, rows[at]))), default=None)


def _may_be_header(row: list[str]) -> bool:
    """A contact whose address is bad or missing is no header: it holds an @ or a language."""
    return header_words(row) > 0 or not any("@" in cell or (cell.isupper() and language_of(cell)) for cell in row)


def _skip(path: Path, layout: Layout, count: int) -> str:
    with _records(path, layout, layout.start, layout.first_row) as records:
        if count:
            records.take(count)
        return _token(records)


def _records(path: Path, layout: Layout, offset: int, row: int) -> Records:
    return Records(path, layout.encoding, layout.separator, layout.spaced, offset, row)


def _token(records: Records) -> str:
    return f"{records.offset}:{records.row}"


def _is_filled(row: list[str]) -> bool:
    return any(map(str.strip, row))


def _trim(row: list[str]) -> list[str]:
    end = max((at + 1 for at, cell in enumerate(row[:MAX_COLUMNS]) if cell.strip()), default=0)
    return row[:end]


def _fill(rows: list[list[str]], columns: int) -> list[list[str]]:
    for row in rows:
        if 0 < len(row) < columns:
            row.extend([""] * (columns - len(row)))
    return rows
