"""What a file or a part of a mail is, told by its first octets and never by its name; gzip and zip are unpacked as a stream.

However much an archive promises, what is unpacked is counted and ends at a limit.
"""

import re
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import Literal, NamedTuple

from mailhub.reports.records import TooLarge, Unreadable

Kind = Literal["gzip", "zip", "xml", "json", "mail", ""]
CHUNK = 1 << 16
MIB = 1 << 20
MOST_MEMBERS = 1000
"""Files of an archive."""
_LONGEST_DIRECTORY = 1 << 18
"""Octets of a zip's list of files: it is read at once."""
_BLANK = b" \t\r\n\0"
_BOM = b"\xef\xbb\xbf"
_FIELD = re.compile(rb"(?:>?From |[!-9;-~]{1,100}[ \t]*:)")
_WIDE = (b"\xff\xfe<\0", b"\xfe\xff\0<", b"<\0?\0", b"\0<\0?")


class Member(NamedTuple):
    """Something unpacked: its octets as they come, and the first of them, which say what it is."""

    head: bytes
    chunks: Iterator[bytes]


class Budget:
    """How many octets may still be unpacked, over all archives within each other."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.left = limit

    def spend(self, octets: int) -> None:
        """Count what was unpacked. Raises `TooLarge`."""
        self.left -= octets
        if self.left < 0:
            raise TooLarge(
                "It unpacks to more than {size} MiB, which no report needs: ask its sender about it.",
                size=self.limit // MIB,
            )


def kind_of(head: bytes) -> Kind:
    """What begins like this; "" for nothing that could hold a report."""
    if head.startswith(b"\x1f\x8b"):
        return "gzip"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "zip"
    if head.startswith(_WIDE):
        return "xml"
    start = head.lstrip(_BLANK).removeprefix(_BOM).lstrip(_BLANK)
    if start[:1] == b"<":
        return "xml"
    if start[:1] in (b"{", b"["):
        return "json"
    return "mail" if _FIELD.match(start) else ""


def member(chunks: Iterator[bytes]) -> Member:
    """A stream with its first octets looked at."""
    head = b""
    for chunk in chunks:
        head += chunk
        if len(head) >= 64:
            break
    return Member(head[:64], _joined(head, chunks))


def _joined(head: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    yield head
    yield from chunks


def sliced(content: bytes) -> Iterator[bytes]:
    """Octets in memory as a stream."""
    return (content[at : at + CHUNK] for at in range(0, len(content), CHUNK))


def gunzipped(chunks: Iterator[bytes], budget: Budget) -> Iterator[bytes]:
    """What a gzip stream holds (RFC 1952), its members one after the other; what follows the last one is left out."""
    inflate, ended, begun = zlib.decompressobj(wbits=31), 0, False
    for given in chunks:
        while given:
            try:
                out = inflate.decompress(given, CHUNK)
            except zlib.error:
                if begun or not ended:
                    raise _broken() from None
                return
            if out:
                budget.spend(len(out))
                yield out
            begun, given = begun or bool(out), inflate.unconsumed_tail
            if inflate.eof:
                given, inflate, ended, begun = inflate.unused_data, zlib.decompressobj(wbits=31), ended + 1, False
                if ended > MOST_MEMBERS:
                    raise _too_many()
    if begun or not ended:
        raise _broken()


def _broken() -> Unreadable:
    return Unreadable("The archive is broken or cut off: ask its sender for it again.")


def members(content: bytes, budget: Budget) -> Iterator[Member]:
    """The files of a zip archive, directories and a Mac's own files left out."""
    archive = _opened(content)
    names = [each for each in archive.infolist() if not each.is_dir() and not each.filename.startswith("__MACOSX/")]
    if len(names) > MOST_MEMBERS:
        raise _too_many()
    for name in names:
        yield member(_unzipped(archive, name, budget))


def _opened(content: bytes) -> zipfile.ZipFile:
    end = content.rfind(b"PK\x05\x06", max(0, len(content) - 65_557))
    size = int.from_bytes(content[end + 12 : end + 16], "little") if end >= 0 else 0
    if size > _LONGEST_DIRECTORY or (end >= 20 and content[end - 20 : end - 16] == b"PK\x06\x07"):
        raise _too_many()
    try:
        return zipfile.ZipFile(BytesIO(content))
    except (zipfile.BadZipFile, ValueError, EOFError, OSError, RuntimeError):
        raise _broken() from None


def _too_many() -> Unreadable:
    return Unreadable(
        "The archive holds more than {most} files: unpack it and give the reports alone.", most=MOST_MEMBERS
    )


def _unzipped(archive: zipfile.ZipFile, name: zipfile.ZipInfo, budget: Budget) -> Iterator[bytes]:
    if name.flag_bits & 1:
        raise Unreadable("The archive is locked with a password: unpack it first.")
    if name.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise Unreadable("The archive is packed in a way that reports never are: unpack it first.")
    try:
        with archive.open(name) as file:
            while chunk := file.read(CHUNK):
                budget.spend(len(chunk))
                yield chunk
    except (zipfile.BadZipFile, zlib.error, ValueError, EOFError, OSError, RuntimeError):
        raise _broken() from None
