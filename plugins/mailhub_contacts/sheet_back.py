"""The rows that were not imported, in a file like the one they came in, with the reason beside them: to mend and import.

Text comes back in its own encoding and with its own separator, ods as ods, every other workbook as xlsx.
"""

import csv
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any
from xml.sax.saxutils import escape

from mailhub.address import REASONS
from mailhub_contacts import imports
from mailhub_contacts.column_words import REASON_HEADER, WORDS
from mailhub_contacts.mapping import CUSTOM, safe
from mailhub_contacts.models import Import
from mailhub_contacts.sheet_kinds import WORKBOOKS

TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
}
_CONTENT = (
    '<?xml version="1.0" encoding="UTF-8"?><office:document-content office:version="1.3" '
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0">'
    '<office:body><office:spreadsheet><table:table table:name="1">'
)
_END = "</table:table></office:spreadsheet></office:body></office:document-content>"
_MANIFEST = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<manifest:manifest manifest:version="1.3" xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
    f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{TYPES["ods"]}"/>'
    '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>'
)
_CONTROLS = {code: None for code in range(32) if code not in (9, 10, 13)}  # no sheet's XML may hold them


def extension(record: Import) -> str:
    """How the name of the file ends that `write` makes."""
    kind = str(record.layout.get("kind", "csv"))
    return kind if kind not in WORKBOOKS else "ods" if kind == "ods" else "xlsx"


def write_bad_rows(
    record: Import, path: Path, header: str = REASON_HEADER["en"], words: dict[str, str] = REASONS
) -> int:
    """Write the file and return how many rows it holds; `words` are the reasons in the person's language."""
    count = 0

    def rows() -> Iterator[Sequence[str]]:
        nonlocal count
        yield [header, *map(_name, record.columns)]
        for row in imports.bad_rows(record):
            count += 1
            yield [words.get(row.reason, REASONS[row.reason]), *row.cells]

    with path.open("wb") as file:
        _WRITERS.get(extension(record), _write_text)(file, rows(), record.layout)
    return count


def _name(column: dict[str, Any]) -> str:
    """A column's header, or one that is recognised when the file had none."""
    field = str(column["field"])
    return str(column["name"]) or (WORDS[field][0] if field in WORDS else field.removeprefix(CUSTOM))


def _write_text(file: IO[bytes], rows: Iterable[Sequence[str]], layout: dict[str, Any]) -> None:
    encoding = layout.get("encoding", "utf-8")
    if encoding.startswith("utf"):
        file.write("\ufeff".encode(encoding))

    class Encoded:
        def write(self, text: str) -> None:
            file.write(text.encode(encoding, "replace"))

    writer = csv.writer(Encoded(), delimiter=layout.get("separator", ";"))
    writer.writerows([safe(cell) for cell in row] for row in rows)


def _write_xlsx(file: IO[bytes], rows: Iterable[Sequence[str]], layout: dict[str, Any]) -> None:
    from openpyxl import Workbook  # only whoever asks for such a file needs it
    from openpyxl.cell import WriteOnlyCell

    book = Workbook(write_only=True)
    page = book.create_sheet()
    for row in rows:
        cells = [WriteOnlyCell(page, cell.translate(_CONTROLS)) for cell in row]
        for cell in cells:
            cell.data_type = "s"  # what begins with = is no formula
        page.append(cells)
    book.save(file)


def _write_ods(file: IO[bytes], rows: Iterable[Sequence[str]], layout: dict[str, Any]) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("mimetype", TYPES["ods"], zipfile.ZIP_STORED)
        packed.writestr("META-INF/manifest.xml", _MANIFEST)
        with packed.open("content.xml", "w", force_zip64=True) as content:
            content.write(_CONTENT.encode())
            for row in rows:
                content.write(f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>".encode())
            content.write(_END.encode())


def _ods_cell(text: str) -> str:
    lines = escape(text.translate(_CONTROLS)).splitlines() or [""]
    return (
        '<table:table-cell office:value-type="string">'
        f"{''.join(f'<text:p>{line}</text:p>' for line in lines)}</table:table-cell>"
    )


_WRITERS = {"xlsx": _write_xlsx, "ods": _write_ods}
