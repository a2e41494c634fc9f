"""Which encoding a text file is written in: byte order marks, then UTF-8, then the old ones of the people at hand."""

import codecs
import re
from itertools import islice
from pathlib import Path

from charset_normalizer import from_bytes

from mailhub_contacts.sheet_alphabets import ALPHABETS, likeness

_CHUNK = 2**20
_SAMPLE = 64 * 2**10
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_FARTHER = ["cp932", "euc_jp", "gb18030", "big5", "cp949"]
_kana = re.compile(r"[\u3041-\u30fe]").search
_multibyte = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}").findall

_SURE = 0.9
"""How well an alphabet must fit to be believed before the encodings of several bytes are looked at."""

STRAY = "mailhub-stray"
"""Error handler for decoding: bytes that are wrong in the file's encoding are read as cp1252, and none is lost."""


def detect(path: Path) -> tuple[str, int]:
    """Return the encoding of a text file as Python names it, and the byte after its byte order mark.

    The whole file is read when it may be UTF-8 (about a second for a gigabyte), so that one accent at its end counts.
    A few wrong bytes in a UTF-8 file do not make it another: they come from files that were put together.
    """
    with path.open("rb") as file:
        head = file.read(_SAMPLE)
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding, len(mark)
    if wide := _wide(head):
        return wide, 0
    wrong = _first_wrong(path)
    return ("utf-8" if wrong is None else _detect_old(path, wrong)), 0


def _wide(head: bytes) -> str:
    """Latin text in UTF-16 has its zeros on one side."""
    even, odd = head[::2].count(0), head[1::2].count(0)
    if (even + odd) * 4 < len(head) or max(even, odd) < 4 * min(even, odd):
        return ""
    return "utf-16-be" if even > odd else "utf-16-le"


def _first_wrong(path: Path) -> int | None:
    """Return the place of the first chunk that is not UTF-8, in bytes."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    place = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                return place
            place += len(chunk)
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return max(place - _CHUNK, 0)
    return None


def _detect_old(path: Path, place: int) -> str:
    with path.open("rb") as file:
        file.seek(place)
        foreign = b"".join(islice((line for line in file.read(_CHUNK).splitlines(True) if not line.isascii()), 2000))
    foreign = foreign[:_SAMPLE]
    good = _multibyte(foreign)
    letters = sum(byte > 127 for byte in foreign)
    if 2 * sum(map(len, good)) > letters:
        return "utf-8"
    single, fit = _best_alphabet(foreign)
    return single if fit >= _SURE else _ask_normalizer(foreign) or (single if fit > 0 else "cp1252")


def _best_alphabet(text: bytes) -> tuple[str, float]:
    """Return the encoding of one byte a letter that fits best, and how well (see `likeness`)."""
    fits = {encoding: likeness(text.decode(encoding, "replace"), letters) for encoding, letters in ALPHABETS.items()}
    best = max(fits, key=fits.__getitem__)
    return best, fits[best]


def _ask_normalizer(text: bytes) -> str:
    """Return which of the encodings of several bytes a letter it is, or ""."""
    if _fits(text, "euc_jp") and _kana(text.decode("euc_jp")):
        return "euc_jp"
    different = b"".join(dict.fromkeys(text.splitlines(True)))
    best = from_bytes(different, cp_isolation=_FARTHER).best()
    return best.encoding if best and best.encoding in _FARTHER else ""


def _fits(text: bytes, encoding: str) -> bool:
    try:
        text.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _read_stray(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    wrong = error.object[error.start : error.end]
    return "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in wrong), error.end


codecs.register_error(STRAY, _read_stray)
