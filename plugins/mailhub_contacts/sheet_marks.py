"""What calamine leaves out of an xlsx sheet: errors such as #N/A, and numbers shown with their zeros (postcodes, phones).

A column of French phones is often numbers with the format `0#" "##" "##" "##" "##`: 612345678 is shown as 06 12 34 56 78.
Runs in the child process of `sheet_workbook`, so it imports nothing of MailHub.
"""

import posixpath
import re
import zipfile
from collections.abc import Iterator
from typing import IO, BinaryIO
from xml.sax.saxutils import unescape

_CHUNK = 2**20
_LONGEST = 2**16  # bytes of one cell's markup that are kept waiting for its end
_MOST = 500_000  # cells; a sheet with more is no list of people
_find_cells = re.compile(rb"<(?:\w+:)?c\s([^>]*[^/>])>(.*?)</(?:\w+:)?c>", re.S).finditer
_find_value = re.compile(rb"<(?:\w+:)?v[^>]*>([^<]*)</").search
_find_tags = re.compile(r"<(?:\w+:)?(\w+)((?:\s[^<>]*?)?)/?>").finditer
_find_attributes = re.compile(r'([\w:]+)\s*=\s*"([^"]*)"').findall
_attributes_of_cell = re.compile(rb'\b([rst])="([^"]*)"').findall
_is_padded = re.compile(r"""0(?:[0#]|"[^"0-9]*"|\\[^0-9]|[ \-/()+])+""").fullmatch
_parts = re.compile(r"""[0#]|"[^"]*"|\\.|.""").findall


def read_marks(packed: BinaryIO, sheet: str) -> dict[tuple[int, int], str]:
    """Return the texts of such cells of a sheet by (row, column), both from 0; none when the file is not as expected."""
    try:
        with zipfile.ZipFile(packed) as book:
            path = _path_of(book, sheet)
            formats = _padded_formats(book)
            with book.open(path) as file:
                return dict(_marks(file, formats))
    except (KeyError, ValueError, OSError, RuntimeError, zipfile.BadZipFile):
        return {}


def _path_of(book: zipfile.ZipFile, sheet: str) -> str:
    ids = {told["name"]: told.get("r:id", "") for tag, told in _tags(book, "xl/workbook.xml") if tag == "sheet"}
    targets = {
        told["Id"]: told["Target"]
        for tag, told in _tags(book, "xl/_rels/workbook.xml.rels")
        if tag == "Relationship" and "Id" in told
    }
    target = targets[ids[sheet]]
    return target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join("xl", target))


def _padded_formats(book: zipfile.ZipFile) -> dict[bytes, str]:
    """Styles whose numbers are shown with zeros before them: number of the style → its format."""
    codes: dict[str, str] = {}
    styles: list[str] = []
    within = False
    for tag, told in _tags(book, "xl/styles.xml"):
        if tag == "numFmt":
            codes[told.get("numFmtId", "")] = told.get("formatCode", "").partition(";")[0]
        within = tag == "cellXfs" or (within and tag not in ("cellStyles", "dxfs", "cellStyleXfs"))
        if within and tag == "xf":
            styles.append(codes.get(told.get("numFmtId", ""), ""))
    return {str(at).encode(): code for at, code in enumerate(styles) if _is_padded(code)}


def _tags(book: zipfile.ZipFile, name: str) -> Iterator[tuple[str, dict[str, str]]]:
    text = book.read(name).decode("utf-8", "replace")
    quotes = {"&quot;": '"', "&apos;": "'"}
    for found in _find_tags(text):
        yield found[1], {key: unescape(value, quotes) for key, value in _find_attributes(found[2])}


def _marks(file: IO[bytes], formats: dict[bytes, str]) -> Iterator[tuple[tuple[int, int], str]]:
    rest, count = b"", 0
    while chunk := file.read(_CHUNK):
        rest += chunk
        end = 0
        if formats or b't="e"' in rest:
            for found in _find_cells(rest):
                end = found.end()
                told = dict(_attributes_of_cell(found[1]))
                if b"r" in told and (text := _text(told, found[2], formats)):
                    count += 1
                    yield _place(told[b"r"].decode("ascii")), text
        if count > _MOST:
            return
        rest = rest[max(end, len(rest) - _LONGEST) :]


def _text(told: dict[bytes, bytes], content: bytes, formats: dict[bytes, str]) -> str:
    kind, code = told.get(b"t", b"n"), formats.get(told.get(b"s", b""), "")
    if kind != b"e" and not (code and kind == b"n"):
        return ""
    value = _find_value(content)
    if value is None:
        return ""
    text = value[1].decode("utf-8", "replace")
    return unescape(text) if kind == b"e" else padded(text, code)


def padded(text: str, code: str) -> str:
    """Return a whole number as its format shows it, or "" for what is none."""
    if not re.fullmatch(r"\d{1,15}(\.0+)?", text):
        return ""
    digits = list(text.partition(".")[0])
    shown: list[str] = []
    for part in reversed(_parts(code)):
        if part in "0#":
            shown.append(digits.pop() if digits else "0" if part == "0" else "")
        else:
            shown.append(part.strip('"').removeprefix("\\"))
    return "".join(digits) + "".join(reversed(shown))


def _place(name: str) -> tuple[int, int]:
    letters = name.rstrip("0123456789")
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - 64
    return int(name[len(letters) :]) - 1, column - 1
