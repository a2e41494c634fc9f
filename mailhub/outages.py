"""What keeps MailHub from storing anything for a while: a full disk, a database that is away. One sentence for each.

An outage is nobody's mistake in a mail or a form: whoever meets one waits and tries again. What each door answers then
is the door's.
"""

import errno
import logging
import time
from collections.abc import Iterator
from enum import Enum

import peewee

from mailhub.errors import Sentence


class Outage(Enum):
    """The kinds; the value is the sentence for people."""

    FULL = Sentence("The disk of this server is full: make room on it, and MailHub goes on by itself.")
    READ_ONLY = Sentence("The database can only be read now: make it writable, and MailHub goes on by itself.")
    BROKEN = Sentence("The files of the database cannot be used: check the server's disk. MailHub goes on by itself.")
    AWAY = Sentence("The database does not answer: start it, and MailHub goes on by itself.")
    BUSY = Sentence("The database has too much to do: MailHub goes on by itself in a moment.")


_ERRNO = {errno.ENOSPC: Outage.FULL, errno.EDQUOT: Outage.FULL, errno.EROFS: Outage.READ_ONLY}
_SQLITE = (
    ("database or disk is full", Outage.FULL),
    ("readonly database", Outage.READ_ONLY),
    ("disk I/O error", Outage.BROKEN),
    ("unable to open database file", Outage.BROKEN),
    ("database is locked", Outage.BUSY),
)
# PostgreSQL's codes, or the class that is their first two characters (its documentation, appendix A).
_SQLSTATE = {
    "53100": Outage.FULL,
    "25006": Outage.READ_ONLY,
    "58": Outage.BROKEN,
    "53": Outage.BUSY,
    "08": Outage.AWAY,
    "57": Outage.AWAY,
}
_NOT_AWAY = frozenset(["57014"])  # a query that was cancelled
QUIET = 60.0
"""Seconds an outage is not logged again."""


def find(error: BaseException | None) -> Outage | None:
    """The outage behind an error, looked for in its causes too; None when it is something else."""
    return next((found for each in _chain(error) if (found := _of(each)) is not None), None)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _of(error: BaseException) -> Outage | None:
    if isinstance(error, OSError):
        return _ERRNO.get(error.errno or 0)
    if type(error).__module__.startswith("psycopg"):
        return _of_postgres(error)
    if isinstance(error, peewee.DatabaseError) or type(error).__module__ == "sqlite3":
        return next((outage for words, outage in _SQLITE if words in str(error)), None)
    return None


def _of_postgres(error: BaseException) -> Outage | None:
    """By its code; errors of the connection itself (refused, broken, closed) have none."""
    code = getattr(error, "sqlstate", None)
    if code is None:
        return Outage.AWAY if type(error).__name__ in ("OperationalError", "InterfaceError") else None
    return None if code in _NOT_AWAY else _SQLSTATE.get(code) or _SQLSTATE.get(code[:2])


class Brief(logging.Filter):
    """Makes one line a minute of what an outage lets fail: nobody finds its sentence among a thousand traces."""

    def __init__(self) -> None:
        super().__init__()
        self._told: dict[Outage, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Let a record pass; that of an outage as its sentence, and once a minute."""
        outage = find(record.exc_info[1]) if record.exc_info else None
        if outage is None:
            return True
        now = time.monotonic()
        if now - self._told.get(outage, -QUIET) < QUIET:
            return False
        self._told[outage] = now
        record.msg, record.args = str(outage.value), ()
        record.exc_info = record.exc_text = None
        return True
