"""Texts, numbers, names and moments as reporters write them, made even: cut, in lower case, within bounds."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from ipaddress import ip_address

LONGEST = 255
"""Characters of a name or word that are kept."""
LONGEST_TEXT = 1000
MOST = 2**53 - 1
"""The largest count that every reader of JSON holds exactly."""
_LATEST = 253_402_300_799_000
"""The last moment of the year 9999, in ms."""
_BLANKS = re.compile(r"\s+")
_WHOLE = re.compile(r"([+-]?\d{1,18})(?:\.\d*)?")


def text(value: object, longest: int = LONGEST) -> str:
    """A text on one line, cut to `longest`; "" for what is none. Numbers are written as they stand."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    if isinstance(value, int) and abs(value) > MOST:
        return ""
    made = str(value)[: 4 * longest]
    if made.isascii() and made.isprintable() and "  " not in made:
        return made.strip()[:longest]
    made = made.replace("\0", "").encode("utf-8", "replace").decode()
    return _BLANKS.sub(" ", made).strip()[:longest]


def word(value: object) -> str:
    """A word of a fixed vocabulary, in lower case."""
    return text(value, 64).lower()


def domain(value: object) -> str:
    """A domain in lower case without its final dot."""
    return text(value).lower().rstrip(".")


def address(value: object) -> str:
    """An IP address in its usual spelling; what is none stays as it was written."""
    written = text(value, 64).strip("[]")
    try:
        return str(ip_address(written.removeprefix("IPv6:")))
    except ValueError:
        return written


def count(value: object, missing: int = 0) -> int:
    """A number of mails or sessions from 0 to 2^53 - 1; `missing` where none can be read."""
    found = _WHOLE.fullmatch(text(value, 32).replace(",", ""))
    return min(max(int(found[1]), 0), MOST) if found else missing


def share(value: object) -> int | None:
    """A percentage from 0 to 100, None for what is none."""
    found = _WHOLE.fullmatch(text(value, 32).removesuffix("%").strip())
    return int(found[1]) if found and 0 <= int(found[1]) <= 100 else None


def moment(value: object) -> int | None:
    """A moment in ms from seconds since 1970 (or milliseconds, by their size), ISO 8601 or a mail's date; else None."""
    written = text(value, 64)
    found = _WHOLE.fullmatch(written)
    if found:
        seconds = int(found[1])
        made = seconds if seconds > 100_000_000_000 else seconds * 1000
        return made if 0 <= made <= _LATEST else None
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            at = read(written)
            made = int(at.replace(tzinfo=at.tzinfo or UTC).timestamp() * 1000)
        except (ValueError, TypeError, OverflowError, IndexError):
            continue
        return made if 0 <= made <= _LATEST else None
    return None


def iso(ms: int | None) -> str | None:
    """A moment in ms as ISO 8601 in UTC, to the second."""
    return None if ms is None else datetime.fromtimestamp(ms // 1000, UTC).isoformat().replace("+00:00", "Z")
