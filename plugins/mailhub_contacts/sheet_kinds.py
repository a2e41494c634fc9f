"""What a file really is, told by its first bytes and by what it packs; its name only tells csv from txt.

Files that are no sheet, are locked or would fill the machine are refused here, before anything reads them.
"""

import re
import struct
import zipfile
from pathlib import Path

from mailhub.errors import Sentence, UserError

MAX_PACKED = 64 * 2**20
"""Bytes of a workbook file."""

MAX_UNPACKED = 512 * 2**20
"""Bytes of what a workbook file says it unpacks to."""

MAX_TEXT = 2 * 2**30
"""Bytes of a csv or txt file."""

WORKBOOKS = ("xls", "xlsx", "xlsm", "xlsb", "ods", "html", "xml")
HEAD = 64 * 2**10
"""Bytes looked at to tell text from other things."""

_STRANGERS = (
    (
        rb"%PDF-",
        Sentence("{name} is not a sheet but a PDF document: save it as xlsx or csv and choose that file."),
    ),
    (
        rb"\x89PNG|\xff\xd8\xff|GIF8[79]a|BM.{4}\0{4}|RIFF.{4}WEBP|II\*\0|MM\0\*",
        Sentence("{name} is not a sheet but a picture: save it as xlsx or csv and choose that file."),
    ),
    (
        rb"Rar!|7z\xbc\xaf|\x1f\x8b|BZh\d|\xfd7zXZ|\x28\xb5\x2f\xfd",
        Sentence("{name} is not a sheet but a compressed archive: save it as xlsx or csv and choose that file."),
    ),
    (
        rb"SQLite format 3\0",
        Sentence("{name} is not a sheet but a database file: save it as xlsx or csv and choose that file."),
    ),
    (
        rb"\x7fELF|MZ.\0|\xca\xfe\xba\xbe",
        Sentence("{name} is not a sheet but a program: save it as xlsx or csv and choose that file."),
    ),
    (
        rb"\{\\rtf",
        Sentence("{name} is not a sheet but a text document (RTF): save it as xlsx or csv and choose that file."),
    ),
    (
        rb"(?i:BEGIN:VCARD)",
        Sentence("{name} is not a sheet but a vCard: save it as xlsx or csv and choose that file."),
    ),
    (
        rb"(?i:<!doctype html|<html|<table|<head\b|<meta\b)",
        Sentence("{name} is not a sheet but a web page (HTML): save it as xlsx or csv and choose that file."),
    ),
    (
        rb"<\?xml|<!--",
        Sentence("{name} is not a sheet but an XML file: save it as xlsx or csv and choose that file."),
    ),
    (
        rb'\[?\s*\{\s*["}]',
        Sentence("{name} is not a sheet but a JSON file: save it as xlsx or csv and choose that file."),
    ),
)
_WORD = Sentence("{name} is not a sheet but a Word document: save it as xlsx or csv and choose that file.")
_POWERPOINT = Sentence(
    "{name} is not a sheet but a PowerPoint presentation: save it as xlsx or csv and choose that file."
)
_known_strangers = [(re.compile(pattern, re.S).match, sentence) for pattern, sentence in _STRANGERS]
_BY_NAME = {".txt": "txt", ".tsv": "tsv", ".tab": "tsv"}
_MARKUP = 2**20
"""Bytes of a web page in which its table begins: styles stand before it."""
_MARKS = (b"\xff\xfe", b"\xfe\xff")
_BEGIN_OF_WORKBOOK = b"\x09\x08\x10\x00\x00\x06\x05\x00"
_FILE_PASS = 0x2F
_CONTROLS = bytes([*range(1, 9), *range(14, 26), *range(28, 32), 127])


def recognise(path: Path, name: str) -> str:
    """Return one of WORKBOOKS, "csv", "tsv" or "txt" for the file at path; `name` is what the person calls it.

    Raises UserError when it is empty, something else, locked by a password, or larger than the limits above.
    """
    with path.open("rb") as file:
        head = file.read(HEAD)
    if not head.lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n"):
        _refuse_empty(path, name)
    if head.startswith(b"PK\x03\x04"):
        return _recognise_zip(path, name)
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return _recognise_compound(path, name)
    if kind := _recognise_markup(path, head):
        if path.stat().st_size > MAX_PACKED:
            raise too_large(name)
        return kind
    _refuse_strangers(head, name)
    if path.stat().st_size > MAX_TEXT:
        size = MAX_TEXT // 2**30
        raise UserError("{name} is larger than {size} GB: cut it into several files.", name=name, size=size)
    return _BY_NAME.get(Path(name).suffix.lower(), "csv")


def damaged(name: str) -> UserError:
    """Return the refusal of a workbook that cannot be read."""
    return UserError(
        "{name} is damaged or cut off: open it in your spreadsheet program, save it again and retry.", name=name
    )


def locked(name: str) -> UserError:
    """Return the refusal of a workbook whose cells are encrypted."""
    return UserError("{name} is protected by a password: save it without the password and choose that file.", name=name)


def too_large(name: str) -> UserError:
    """Return the refusal of a workbook that would take more memory than a server gives to one file."""
    return UserError(
        "{name} is too large for a workbook (more than {packed} MB as a file or {unpacked} MB unpacked): "
        "save it as csv, which may be much larger.",
        name=name,
        packed=MAX_PACKED // 2**20,
        unpacked=MAX_UNPACKED // 2**20,
    )


def no_rows(name: str) -> UserError:
    """Return the refusal of a file in which nothing is written."""
    return UserError("{name} is empty: choose a file with at least one row of contacts.", name=name)


def _refuse_empty(path: Path, name: str) -> None:
    if path.stat().st_size <= HEAD:
        raise no_rows(name)
    raise UserError(
        "{name} is not a sheet, its beginning is blank: save it as xlsx or csv and choose that file.", name=name
    )


def _recognise_markup(path: Path, head: bytes) -> str:
    """Tell sheets that are XML or tables in a web page, as many programs write them under the name of Excel."""
    start = head.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0")[:200].replace(b"\0", b"").lower()
    if not start.startswith(b"<"):
        return ""
    with path.open("rb") as file:
        beginning = file.read(_MARKUP).replace(b"\0", b"").lower()
    if b"urn:schemas-microsoft-com:office:spreadsheet" in beginning and b"<?xml" in start:
        return "xml"
    return "html" if re.search(rb"<t[rd][\s>]", beginning) and not start.startswith(b"<?xml ") else ""


def _refuse_strangers(head: bytes, name: str) -> None:
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    for matches, sentence in _known_strangers:
        if matches(start):
            raise UserError(str(sentence), name=name)
    if _is_binary(head):
        raise UserError(
            "{name} is not a sheet but a file in a form MailHub does not know: "
            "save it as xlsx or csv and choose that file.",
            name=name,
        )


def _is_binary(head: bytes) -> bool:
    """Tell whether too many are control characters; UTF-16 has zeros, and a few letters that look like them.

    Of what is packed or a program's own, a tenth are; a text with a few zeros in it is one that went through a database.
    """
    zeros = head.count(0)
    others = len(head) - len(head.translate(None, _CONTROLS))
    if head.startswith(_MARKS) or zeros * 4 > len(head):
        return others * 5 > len(head)
    return others * 25 > len(head)


def _recognise_compound(path: Path, name: str) -> str:
    """Tell what an OLE compound file holds by the names of its streams, which stand in it as UTF-16."""
    if path.stat().st_size > MAX_PACKED:
        raise too_large(name)
    content = path.read_bytes()
    if "EncryptedPackage".encode("utf-16-le") in content:
        raise locked(name)
    if _is_locked_xls(content):
        raise locked(name)
    if "WordDocument".encode("utf-16-le") in content:
        raise UserError(str(_WORD), name=name)
    if "PowerPoint Document".encode("utf-16-le") in content:
        raise UserError(str(_POWERPOINT), name=name)
    return "xls"


def _is_locked_xls(content: bytes) -> bool:
    """Tell whether a FilePass record stands among the first of the workbook, [MS-XLS] section 2.4.117."""
    place = content.find(_BEGIN_OF_WORKBOOK)
    end = place + 512
    while 0 <= place < end and place + 4 <= len(content):
        record, length = struct.unpack_from("<HH", content, place)
        if record == _FILE_PASS:
            return True
        place += 4 + length
    return False


def _recognise_zip(path: Path, name: str) -> str:
    try:
        with zipfile.ZipFile(path) as packed:
            entries = packed.infolist()
    except (zipfile.BadZipFile, RuntimeError, ValueError, OSError, UnicodeDecodeError):
        raise damaged(name) from None
    kind = _kind_of_entries({entry.filename.lower().replace("\\", "/").lstrip("/") for entry in entries}, name)
    if any(entry.flag_bits & 1 for entry in entries):
        raise locked(name)
    if path.stat().st_size > MAX_PACKED or sum(entry.file_size for entry in entries) > MAX_UNPACKED:
        raise too_large(name)
    return kind


def _kind_of_entries(names: set[str], name: str) -> str:
    if "xl/workbook.bin" in names:
        return "xlsb"
    if "xl/vbaproject.bin" in names:
        return "xlsm"
    if any(entry.startswith("xl/") for entry in names):
        return "xlsx"
    if "content.xml" in names and "mimetype" in names:
        return "ods"
    raise UserError(str(_what_is_packed(names)), name=name)


def _what_is_packed(names: set[str]) -> Sentence:
    if any(entry.startswith(("index/document.iwa", "index.zip")) for entry in names):
        return Sentence("{name} is not a sheet but a Numbers document: save it as xlsx or csv and choose that file.")
    if any(entry.startswith("word/") for entry in names):
        return _WORD
    if any(entry.startswith("ppt/") for entry in names):
        return _POWERPOINT
    return Sentence("{name} is not a sheet but a zip archive: unpack it and choose the sheet inside.")
