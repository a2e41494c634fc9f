"""Bad rows in a file like the one they came in: mended there, it is imported again."""

from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from mailhub.hub import Hub
from mailhub.permissions import Actor
from mailhub_contacts import imports
from mailhub_contacts.models import Contact
from mailhub_contacts.sheet_back import extension, write_bad_rows
from mailhub_contacts.sheets import open_sheet

CELLS = [
    ["Courriel", "Langue", "Société"],
    ["nobody", "FR", "Œuvre & <Cie>\nLyon"],
    ["x y@b.ca", "", "=1+1"],
    ["a@b.ca"],
]
WORDS = {"no-at-sign": "L’adresse n’a pas d’@."}
Work = Callable[[Hub], None]


def csv_file(path: Path, encoding: str = "cp1252", separator: str = ",") -> Path:
    rows = [separator.join(f'"{cell}"' for cell in row) for row in CELLS]
    path.write_text("\r\n".join(rows), encoding=encoding, newline="")
    return path


def ods_file(path: Path) -> Path:
    from mailhub_contacts import sheet_back

    with path.open("wb") as file:
        sheet_back._write_ods(file, CELLS, {})
    return path


def xlsx_file(path: Path) -> Path:
    book = openpyxl.Workbook()
    for row in CELLS:
        book.active.append([cell.replace("=1", "'=1") for cell in row])
    book.save(path)
    return path


FILES = {
    "a.csv": (csv_file, "csv"),
    "a.txt": (lambda path: csv_file(path, "utf-16", "\t"), "txt"),
    "a.xlsx": (xlsx_file, "xlsx"),
    "a.ods": (ods_file, "ods"),
}


@pytest.mark.parametrize("name", FILES)
def test_the_same_format_with_the_reasons(
    sqlite_hub: Hub, tmp_path: Path, work: Work, name: str, owner_of: Callable[[Hub], Actor]
) -> None:
    owner, (make, ending) = owner_of(sqlite_hub), FILES[name]
    number = sqlite_hub.call(owner, "contacts.import", file=make(tmp_path / name))["number"]
    work(sqlite_hub)
    record = imports.find(owner.account_id, number)
    assert extension(record) == ending
    back = tmp_path / f"back.{ending}"
    assert write_bad_rows(record, back, "Non importé, car", WORDS) == 2
    sheet = open_sheet(back)
    assert (sheet.kind, sheet.header) == (ending, ["Non importé, car", "Courriel", "Langue", "Société"])
    if name == "a.csv":
        assert (sheet.encoding, sheet.separator) == ("cp1252", ",")
    first, second = sheet.sample
    assert first == ["L’adresse n’a pas d’@.", "nobody", "FR", "Œuvre & <Cie>\nLyon"]
    assert second[:3] == ["There is a space inside the address.", "x y@b.ca", ""]
    told = sqlite_hub.call(owner, "contacts.analyse", file=back)
    assert [each["field"] for each in told["columns"]] == ["ignore", "address", "language", "company"]


def test_without_a_header_the_columns_are_named(
    sqlite_hub: Hub, tmp_path: Path, work: Work, owner_of: Callable[[Hub], Actor]
) -> None:
    owner = owner_of(sqlite_hub)
    (tmp_path / "a.csv").write_text("a@b.ca;FR;x\nnobody;FR;y\n")
    number = sqlite_hub.call(owner, "contacts.import", file=tmp_path / "a.csv")["number"]
    work(sqlite_hub)
    write_bad_rows(imports.find(owner.account_id, number), tmp_path / "b.csv")
    mended = (tmp_path / "b.csv").read_text("utf-8-sig").replace("nobody", "n@b.ca")
    assert mended.splitlines()[0] == "Not imported because;email;langue;column_3"
    (tmp_path / "b.csv").write_text(mended)
    sqlite_hub.call(owner, "contacts.import", file=tmp_path / "b.csv")
    work(sqlite_hub)
    assert Contact.get(Contact.address == "n@b.ca").fields == {"column_3": "y"}
