"""Workbooks unpacked in a process of their own: what is crafted to fill or stop the machine becomes one sentence."""

import zipfile
from pathlib import Path

import openpyxl
import pytest
import xlwt

from mailhub.errors import UserError
from mailhub_contacts.sheet_workbook import flatten

SHEET = "xl/worksheets/sheet1.xml"


def workbook(path: Path, rows: int = 2) -> Path:
    book = openpyxl.Workbook()
    for number in range(rows):
        book.active.append([f"a{number}@b.ca", "FR"])
    book.save(path)
    return path


def rewritten(path: Path, name: str, content: bytes) -> Path:
    """The workbook with one of its parts replaced or added."""
    with zipfile.ZipFile(path) as archive:
        parts = {entry: archive.read(entry) for entry in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry, kept in (parts | {name: content}).items():
            archive.writestr(entry, kept)
    return path


def page(cells: str) -> bytes:
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<worksheet xmlns="{space}"><sheetData>{cells}</sheetData></worksheet>'.encode()


def test_flat_file(tmp_path: Path) -> None:
    flat = flatten(workbook(tmp_path / "a.xlsx"), "a.xlsx", tmp_path / "scratch")
    assert (flat.sheet, flat.others, flat.rows) == ("Sheet", (), 2)
    assert flat.path.read_bytes()[flat.start :] == b"a0@b.ca;FR\r\na1@b.ca;FR\r\n"
    assert flat.path.parent == tmp_path / "scratch"
    assert list(flat.path.parent.iterdir()) == [flat.path]


def test_another_file_under_the_same_name_is_unpacked_anew(tmp_path: Path) -> None:
    first = flatten(workbook(tmp_path / "a.xlsx"), "a.xlsx", tmp_path / "scratch")
    second = flatten(workbook(tmp_path / "a.xlsx", 3), "a.xlsx", tmp_path / "scratch")
    assert (first.rows, second.rows) == (2, 3)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<worksheet><sheetData><row><c",
        b"\0" * 1000,
        page('<row r="1"><c r="A1" t="s"><v>999999</v></c></row>'),
        page('<row r="x"><c r="%%"><v>1</v></c></row>'),
    ],
)
def test_damaged_pages(tmp_path: Path, content: bytes) -> None:
    path = rewritten(workbook(tmp_path / "a.xlsx"), SHEET, content)
    with pytest.raises(UserError, match=r"liste.xlsx is (damaged|empty)"):
        flatten(path, "liste.xlsx", tmp_path / "scratch")
    assert list((tmp_path / "scratch").iterdir()) == []


def test_two_cells_far_apart_do_not_fill_the_memory(tmp_path: Path) -> None:
    cells = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>2</v></c></row>'
    path = rewritten(workbook(tmp_path / "a.xlsx"), SHEET, page(cells))
    with pytest.raises(UserError, match="too large"):
        flatten(path, "a.xlsx", None)


def test_one_long_text_in_many_cells_does_not_fill_the_disk(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx")
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    text = f'<sst xmlns="{space}"><si><t>{"x" * 30_000}</t></si></sst>'
    rewritten(path, "xl/sharedStrings.xml", text.encode())
    rows = "".join(f'<row r="{row}"><c r="A{row}" t="s"><v>0</v></c></row>' for row in range(1, 150_000))
    rewritten(path, SHEET, page(rows))
    with pytest.raises(UserError, match="too large"):
        flatten(path, "a.xlsx", tmp_path / "scratch")
    assert list((tmp_path / "scratch").iterdir()) == []


def test_damaged_xls(tmp_path: Path) -> None:
    book = xlwt.Workbook()
    book.add_sheet("A").write(0, 0, "a@b.ca")
    book.save(str(tmp_path / "a.xls"))
    (tmp_path / "cut.xls").write_bytes((tmp_path / "a.xls").read_bytes()[:1500])
    with pytest.raises(UserError, match="damaged"):
        flatten(tmp_path / "cut.xls", "cut.xls", None)
    assert flatten(tmp_path / "a.xls", "a.xls", tmp_path).sheet == "A"


def test_workbook_without_rows(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"a\.xlsx is empty"):
        flatten(workbook(tmp_path / "a.xlsx", 0), "a.xlsx", None)
