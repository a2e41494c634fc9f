"""Unpacks a workbook into a flat file, in a process of its own with bounds on memory, time and output.

A crafted workbook can ask for more memory than the machine has or stop the reader's process; here it only ends this
one. Run by `sheet_workbook`, so it imports nothing of MailHub but the readers beside it.
"""

import csv
import datetime
import json
import math
import re
import resource
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, BinaryIO
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from mailhub_contacts import sheet_html, sheet_marks, sheet_xml

MAX_MEMORY = 3 * 2**30
MAX_SECONDS = 120
MAX_OUTPUT = 2 * 2**30
MAX_CELL = 32_767
"""Characters of one cell, as in spreadsheet programs; the rest is cut."""

LOCKED, DAMAGED, EMPTY, TOO_LARGE, NO_PAGE = 3, 4, 5, 6, 7
"""Exit codes, beside 0 and what a signal leaves."""


NO_MARKS: Mapping[tuple[int, int], str] = {}
NO_TEXTS: Mapping[int, str] = {}


def main(source: str, target: str, kind: str = "", page: str = "") -> int:
    """Write one sheet of a workbook to target and return the exit code: the one named `page`, or the first with rows.

    The target holds one line of JSON about the sheet, then its rows as csv with `;` in UTF-8. `kind` is one of
    `sheet_kinds.WORKBOOKS`.
    """
    _bound_resources()
    try:
        with open(source, "rb") as packed, open(target, "wb") as flat:
            return _UNPACK.get(kind, unpack)(packed, flat, page)
    except PasswordError:
        return LOCKED
    except CalamineError as error:
        print(error, file=sys.stderr)
        return LOCKED if "password" in str(error).lower() else DAMAGED
    except (ParseError, DefusedXmlException, ValueError) as error:
        print(error, file=sys.stderr)
        return DAMAGED
    except (MemoryError, OSError) as error:
        print(error, file=sys.stderr)
        return TOO_LARGE


def unpack(packed: BinaryIO, flat: BinaryIO, page: str = "") -> int:
    """Read the workbook and write one sheet: visible ones come before hidden ones; return the exit code."""
    workbook = CalamineWorkbook.from_filelike(packed)
    if page and page not in workbook.sheet_names:
        return NO_PAGE
    sheet = workbook.get_sheet_by_name(page) if page else _first_with_rows(workbook)
    if sheet is None:
        return EMPTY
    height = sheet.end[0] + 1 if sheet.end else 0
    others = [name for name in workbook.sheet_names if name != sheet.name]
    packed.seek(0)
    _write(flat, sheet.name, others, height, _rows(sheet, sheet_marks.read_marks(packed, sheet.name)))
    return 0


def _unpack_html(packed: BinaryIO, flat: BinaryIO, page: str) -> int:
    rows = [_trimmed(row) for row in sheet_html.longest(sheet_html.read_tables(packed))]
    if not any(rows):
        return EMPTY
    _write(flat, "", [], len(rows), rows)
    return 0


def _unpack_xml(packed: BinaryIO, flat: BinaryIO, page: str) -> int:
    pages = {name: [_trimmed(row) for row in rows] for name, rows in sheet_xml.read_pages(packed)}
    chosen = page or next((name for name, rows in pages.items() if any(rows)), "")
    if page and page not in pages:
        return NO_PAGE
    if not any(pages.get(chosen, ())):
        return EMPTY
    _write(flat, chosen, [name for name in pages if name != chosen], len(pages[chosen]), pages[chosen])
    return 0


_UNPACK = {"html": _unpack_html, "xml": _unpack_xml}


def _write(flat: BinaryIO, name: str, others: list[str], height: int, rows: Iterable[list[str]]) -> None:
    flat.write(json.dumps({"sheet": name, "others": others, "rows": height}).encode() + b"\n")
    csv.writer(_Encoded(flat), delimiter=";").writerows(rows)


def text_of(value: Any) -> str:
    """Return a cell as text: ISO 8601 dates and times, whole numbers without a fraction, true or false.

    Numbers have 15 significant digits, as spreadsheet programs show them; a length of time is hours:minutes:seconds.
    """
    if isinstance(value, str):
        return _ods_length(value) if _is_ods_length(value) else value[:MAX_CELL].replace("\0", "")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, datetime.datetime):
        return _moment(value)
    if isinstance(value, datetime.time):
        return value.isoformat("seconds")
    if isinstance(value, datetime.timedelta):
        return _length(value)
    return "" if value is None else str(value)


def _number(value: float) -> str:
    if math.isfinite(value) and value.is_integer() and abs(value) < 1e21:
        return str(int(value))
    shortest = repr(value)
    return f"{value:.15g}" if sum(map(str.isdigit, shortest)) > 17 else shortest


_is_ods_length = re.compile(r"-?PT\d+H\d+M\d+(?:[.,]\d+)?S").fullmatch


def _ods_length(text: str) -> str:
    """OpenDocument's times of more than a day come as they are written (ISO 8601 durations)."""
    hours, minutes, seconds = (int(float(part.replace(",", "."))) for part in re.split("[HMS]", text.lstrip("-PT"))[:3])
    return f"{'-' if text.startswith('-') else ''}{hours}:{minutes:02}:{seconds:02}"


def _moment(value: datetime.datetime) -> str:
    """Sheets keep moments as fractions of a day, so the last digits are noise: round to the second."""
    value = (value + datetime.timedelta(microseconds=500_000)).replace(microsecond=0)
    return value.isoformat()


def _length(value: datetime.timedelta) -> str:
    minutes, seconds = divmod(round(abs(value).total_seconds()), 60)
    sign = "-" if value < datetime.timedelta() else ""
    return f"{sign}{minutes // 60}:{minutes % 60:02}:{seconds:02}"


def _first_with_rows(workbook: CalamineWorkbook) -> CalamineSheet | None:
    pages = [page for page in workbook.sheets_metadata if page.typ == SheetTypeEnum.WorkSheet]
    for page in sorted(pages, key=lambda page: page.visible != SheetVisibleEnum.Visible):
        sheet = workbook.get_sheet_by_name(page.name)
        if any(any(row) for row in _rows(sheet)):
            return sheet
    return None


def _rows(sheet: CalamineSheet, marks: Mapping[tuple[int, int], str] = NO_MARKS) -> Iterator[list[str]]:
    """Yield rows from the sheet's first, each from its first column, so that places are those the person sees."""
    margin = [""] * (sheet.start[1] if sheet.start else 0)
    columns: dict[int, dict[int, str]] = {}
    for (at, column), text in marks.items():
        columns.setdefault(at, {})[column] = text
    for at, values in enumerate(sheet.iter_rows()):
        row = margin + [text_of(value) for value in values]
        for column, text in columns.get(at, NO_TEXTS).items():
            if column < len(row):
                row[column] = text
        yield _trimmed(row)


def _trimmed(row: list[str]) -> list[str]:
    while row and not row[-1].strip():
        row.pop()
    return row


class _Encoded:
    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def write(self, text: str) -> None:
        self._file.write(text.encode("utf-8", "replace"))


def _bound_resources() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_SECONDS, MAX_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (MAX_OUTPUT, MAX_OUTPUT))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
