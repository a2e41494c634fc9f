"""Which encoding a text file is written in: byte order marks, then UTF-8, then the old ones of the people at hand."""

import codecs
import re
from itertools import islice
from pathlib import Path

from charset_normalizer import from_bytes

_CHUNK = 2**20
_SAMPLE = 64 * 2**10
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_WESTERN = ("cp1252", "mac_roman", "cp850")
_FARTHER = ["cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp932", "gb18030", "big5", "cp949"]
_FRENCH = frozenset("éèàçêôîâûùëïüÉÈÀÇÊÔÎ«»’œŒ°€–ñöäáíóúßåøãõÖÄÅØ\u00a0")
_foreign_runs = re.compile(r"[^\x00-\x7f]+").findall
_multibyte = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}").findall

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
    best = max(_WESTERN, key=lambda encoding: (_french_share(foreign, encoding), _small_letters(foreign, encoding)))
    return best if _french_share(foreign, best) >= 0.8 else _ask_normalizer(foreign)


def _french_share(text: bytes, encoding: str) -> float:
    """Return how many of the letters outside ASCII are those that French and its neighbours use, 0 to 1.

    Three in a row are none of theirs: so stand the letters of other alphabets.
    """
    runs = _foreign_runs(text.decode(encoding, "replace"))
    usual = sum(len(run) for run in runs if len(run) < 3 and _FRENCH.issuperset(run))
    return usual / max(sum(map(len, runs)), 1)


def _small_letters(text: bytes, encoding: str) -> int:
    """Accents are mostly on small letters: this tells "Zoé" from "ZoÇ", when one byte may be either."""
    return sum(map(str.islower, text.decode(encoding, "replace")))


def _ask_normalizer(text: bytes) -> str:
    different = b"".join(dict.fromkeys(text.splitlines(True)))
    best = from_bytes(different, cp_isolation=["cp1252", *_FARTHER]).best()
    return best.encoding if best and best.encoding in _FARTHER else "cp1252"


def _read_stray(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    wrong = error.object[error.start : error.end]
    return "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in wrong), error.end


codecs.register_error(STRAY, _read_stray)
