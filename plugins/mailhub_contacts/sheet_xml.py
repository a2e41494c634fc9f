"""Sheets in XML as Excel 2003 wrote them (SpreadsheetML), which many programs still write under names that end in .xls.

Runs in the child process of `sheet_workbook`, so it imports nothing of MailHub.
"""

from collections.abc import Iterator
from typing import Any, BinaryIO

from defusedxml.ElementTree import iterparse

_SPACE = "{urn:schemas-microsoft-com:office:spreadsheet}"
_MOST_COLUMNS = 16_384
_MOST_ROWS = 2**20
_DAY_ZERO = ("1899-12-30T", "1899-12-31T", "1904-01-01T")


def read_pages(file: BinaryIO) -> Iterator[tuple[str, list[list[str]]]]:
    """Yield each sheet's name and rows of text.

    Raises `xml.etree.ElementTree.ParseError` or `defusedxml.DefusedXmlException` when it is not well formed.
    """
    name = ""
    rows: list[list[str]] = []
    for event, element in iterparse(file, events=("start", "end"), forbid_dtd=True):
        if event == "start":
            if element.tag == f"{_SPACE}Worksheet":
                name, rows = element.get(f"{_SPACE}Name", ""), []
        elif element.tag == f"{_SPACE}Row":
            skip = int(element.get(f"{_SPACE}Index") or 0) - len(rows) - 1
            rows.extend([] for _ in range(min(skip, _MOST_ROWS)))
            rows.append(_cells(element))
            element.clear()
        elif element.tag == f"{_SPACE}Worksheet":
            yield name, rows
            element.clear()


def _cells(row: Any) -> list[str]:
    cells: list[str] = []
    for cell in row.iter(f"{_SPACE}Cell"):
        place = min(int(cell.get(f"{_SPACE}Index") or len(cells) + 1), _MOST_COLUMNS)
        cells += [""] * (place - 1 - len(cells))
        cells.append(_text(cell.find(f"{_SPACE}Data")))
        cells += [""] * min(int(cell.get(f"{_SPACE}MergeAcross") or 0), _MOST_COLUMNS)
    return cells


def _text(element: Any) -> str:
    if element is None:
        return ""
    text = "".join(element.itertext())
    kind = element.get(f"{_SPACE}Type", "String")
    if kind == "Boolean":
        return "true" if text.strip() == "1" else "false"
    if kind == "DateTime":
        return _moment(text.strip())
    if kind == "Number":
        return text.strip().removesuffix(".0")
    return text


def _moment(text: str) -> str:
    """`2024-02-29T00:00:00.000` is a day; on the day before all others, a time is meant."""
    text = text.partition(".")[0]
    if text.startswith(_DAY_ZERO):
        return text[11:]
    return text.removesuffix("T00:00:00")
