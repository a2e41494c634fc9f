"""What a file really is: strangers under a sheet's name get one sentence that says what they are."""

import struct
import zipfile
from pathlib import Path

import openpyxl
import pytest

from mailhub.errors import UserError
from mailhub_contacts.sheet_kinds import HEAD, recognise

COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)


def compound(*streams: str) -> bytes:
    """The head of an OLE file and a directory of streams: 128 bytes each, the name first, in UTF-16."""
    entries = [name.encode("utf-16-le").ljust(64, b"\0") + struct.pack("<H", 2 * len(name) + 2) for name in streams]
    return COMPOUND + b"".join(entry.ljust(128, b"\0") for entry in entries)


def packed(path: Path, **entries: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), content)
    return path


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"%PDF-1.7\n%\xe2\xe3", "a PDF document"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "a picture"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "a picture"),
        (b"GIF89a\x01\0", "a picture"),
        (b"\x1f\x8b\x08\0\0", "a compressed archive"),
        (b"Rar!\x1a\x07\0", "a compressed archive"),
        (b"SQLite format 3\0", "a database file"),
        (b"{\\rtf1\\ansi", "a text document (RTF)"),
        (b"\xef\xbb\xbf\r\n<!DOCTYPE html><html>", "a web page (HTML)"),
        (b'<?xml version="1.0"?><Workbook>', "an XML file"),
        (b"BEGIN:VCARD\r\nVERSION:3.0", "a vCard"),
        (b'[{"email": "a@b.ca"}]', "a JSON file"),
        (b"\x7fELF\x02\x01\x01", "a program"),
        (bytes(range(1, 256)) * 4, "a file in a form MailHub does not know"),
        (b"abc\0\x01def\x02" * 100, "a file in a form MailHub does not know"),
        (compound("Root Entry", "WordDocument"), "a Word document"),
        (compound("Root Entry", "PowerPoint Document"), "a PowerPoint presentation"),
    ],
)
def test_strangers_are_named(tmp_path: Path, content: bytes, what: str) -> None:
    path = tmp_path / "upload"
    path.write_bytes(content)
    with pytest.raises(UserError) as refusal:
        recognise(path, "liste.csv")
    assert str(refusal.value).startswith(f"liste.csv is not a sheet but {what}")


@pytest.mark.parametrize(
    ("entry", "what"),
    [
        ("word__document_xml", "a Word document"),
        ("ppt__presentation_xml", "a PowerPoint presentation"),
        ("Index__Document_iwa", "a Numbers document"),
        ("photos__a_jpg", "a zip archive"),
    ],
)
def test_other_packed_files_are_named(tmp_path: Path, entry: str, what: str) -> None:
    with pytest.raises(UserError, match=f"not a sheet but {what}"):
        recognise(packed(tmp_path / "a.xlsx", **{entry: b"x"}), "a.xlsx")


def test_workbooks_of_other_kinds(tmp_path: Path) -> None:
    assert recognise(packed(tmp_path / "a.xlsx", xl__workbook_bin=b"x"), "a.xlsx") == "xlsb"
    macros = {"xl__workbook_xml": b"x", "xl__vbaProject_bin": b"x"}
    assert recognise(packed(tmp_path / "b.xlsx", **macros), "b.xlsx") == "xlsm"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"<table><tr><td>a@b.ca", "html"),
        (b"\xef\xbb\xbf <!DOCTYPE html><html><style>td{}</style>" + b" " * 70_000 + b"<table><TR><td>", "html"),
        ("<html><table><tr>".encode("utf-16"), "html"),
        (b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">', "xml"),
    ],
)
def test_sheets_in_markup(tmp_path: Path, content: bytes, kind: str) -> None:
    (tmp_path / "a.xls").write_bytes(content)
    assert recognise(tmp_path / "a.xls", "a.xls") == kind


def test_a_text_with_a_few_zeros_is_a_text(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"a@b.ca;x\0y\n")
    assert recognise(tmp_path / "a.csv", "a.csv") == "csv"


def test_names_only_tell_csv_from_txt(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_text("a@b.ca;FR\n")
    assert [recognise(path, name) for name in ("a.csv", "a.TXT", "a.xlsx", "a")] == ["csv", "txt", "csv", "csv"]
    openpyxl.Workbook().save(path)
    assert recognise(path, "a.csv") == "xlsx"
    path.write_bytes(compound("Root Entry", "Workbook"))
    assert recognise(path, "a.csv") == "xls"


def test_locked_workbooks(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(compound("Root Entry", "EncryptionInfo", "EncryptedPackage"))
    with pytest.raises(UserError, match="protected by a password"):
        recognise(path, "a.xlsx")
    packed(path, xl__workbook_xml=b"x")
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1  # the directory's flag for an encrypted entry
    path.write_bytes(content)
    with pytest.raises(UserError, match="protected by a password"):
        recognise(path, "a.xlsx")


def test_locked_xls(tmp_path: Path) -> None:
    """The FilePass record follows the first record of the workbook stream."""
    path = tmp_path / "a.xls"
    begin = struct.pack("<HH", 0x809, 16) + b"\x00\x06\x05\x00" + bytes(12)
    for record, locked in ((0x2F, True), (0xE1, False)):
        path.write_bytes(compound("Root Entry", "Workbook") + begin + struct.pack("<HH", record, 4) + bytes(512))
        if locked:
            with pytest.raises(UserError, match="protected by a password"):
                recognise(path, "a.xls")
        else:
            assert recognise(path, "a.xls") == "xls"


def test_cut_off_workbook(tmp_path: Path) -> None:
    openpyxl.Workbook().save(tmp_path / "a.xlsx")
    (tmp_path / "cut.xlsx").write_bytes((tmp_path / "a.xlsx").read_bytes()[:2000])
    with pytest.raises(UserError, match=r"cut.xlsx is damaged or cut off"):
        recognise(tmp_path / "cut.xlsx", "cut.xlsx")


def test_zip_bomb_is_refused_by_its_directory(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "x")
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as entry:
            for _ in range(129):
                entry.write(bytes(4 * 2**20))
    assert path.stat().st_size < 2**20
    with pytest.raises(UserError, match="too large"):
        recognise(path, "bomb.xlsx")


@pytest.mark.parametrize("start", [b"PK\x03\x04", COMPOUND])
def test_packed_size_is_bounded(tmp_path: Path, start: bytes) -> None:
    path = packed(tmp_path / "a.xlsx", xl__workbook_xml=b"x")
    rest = path.read_bytes() if start.startswith(b"PK") else b""
    with path.open("wb") as file:
        file.write(start)
        file.seek(64 * 2**20)
        file.write(rest)
        file.write(b"\0" * 0 if rest else b"\0")
    with pytest.raises(UserError, match="too large"):
        recognise(path, "a.xlsx")


def test_text_size_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with path.open("wb") as file:
        file.write(b"a@b.ca;FR\n" * HEAD)
        file.seek(2 * 2**30)
        file.write(b"\n")
    with pytest.raises(UserError, match="cut it into several files"):
        recognise(path, "a.csv")


def test_a_blank_beginning_is_not_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b" " * HEAD + b"a@b.ca\n")
    with pytest.raises(UserError, match="its beginning is blank"):
        recognise(path, "a.csv")
