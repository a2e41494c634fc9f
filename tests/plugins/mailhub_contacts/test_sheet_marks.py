"""Errors and zeros that the reader leaves out of xlsx sheets."""

import zipfile
from pathlib import Path

import openpyxl
import pytest

from mailhub_contacts.sheet_marks import padded, read_marks
from mailhub_contacts.sheets import open_sheet


@pytest.mark.parametrize(
    ("number", "code", "shown"),
    [
        ("612345678", '0#" "##" "##" "##" "##', "06 12 34 56 78"),
        ("1000", "00000", "01000"),
        ("1000.0", "00000", "01000"),
        ("123456", "00000", "123456"),
        ("33", "00\\-00", "00-33"),
        ("12.5", "00000", ""),
        ("", "00", ""),
    ],
)
def test_numbers_as_their_format_shows_them(number: str, code: str, shown: str) -> None:
    assert padded(number, code) == shown


def test_cells_of_the_sheet_that_is_read(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["other", "#N/A"])
    page = book.create_sheet("Membres & amis")
    for row in (["Courriel", "CP", "Tél", "Prix"], ["a@b.ca", 1000, 612345678, "#DIV/0!"], ["b@b.ca", 75001, "x", 7]):
        page.append(row)
    for at in (2, 3):
        page.cell(at, 2).number_format = "00000"
        page.cell(at, 3).number_format = '0#" "##" "##" "##" "##'
        page.cell(at, 4).number_format = '0.00 "€"'
    book.save(tmp_path / "a.xlsx")
    sheet = open_sheet(tmp_path / "a.xlsx", page="Membres & amis")
    assert sheet.sample == [["a@b.ca", "01000", "06 12 34 56 78", "#DIV/0!"], ["b@b.ca", "75001", "x", "7"]]
    with (tmp_path / "a.xlsx").open("rb") as file:
        assert read_marks(file, "Sheet") == {(0, 1): "#N/A"}


def test_a_book_of_another_make_has_none(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
        packed.writestr("content.xml", "<x/>")
    for path in (tmp_path / "a.zip", Path(__file__)):
        with path.open("rb") as file:
            assert read_marks(file, "Sheet") == {}
