"""Which row of a file named an address first. Kept beside the file on this machine's disk; the file can make it again.

Not in the database: it says nothing that the file does not say, and a million rows of it would only be taken away again.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Self

from mailhub_contacts.mapping import Row

_PRAGMAS = "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA cache_size=-32000; PRAGMA temp_store=FILE;"
_TABLES = """
CREATE TABLE IF NOT EXISTS seen ("key" INTEGER PRIMARY KEY, "row" INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS place (one INTEGER PRIMARY KEY, token TEXT NOT NULL, "row" INTEGER NOT NULL);
"""


class Seen:
    """The addresses of a file's first rows, up to `token` (see `sheets.Batch`); in memory bounded at 32 MiB.

    Without a path it is a temporary file. One that a crash of the machine has spoilt is begun anew.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self.token, self.row = "", 0
        try:
            self._open()
        except sqlite3.DatabaseError:
            assert path is not None
            path.unlink(missing_ok=True)
            self._open()

    def _open(self) -> None:
        self._db = sqlite3.connect(str(self._path or ""), timeout=30, isolation_level=None, check_same_thread=False)
        self._db.executescript(_PRAGMAS + _TABLES)
        found = self._db.execute('SELECT token, "row" FROM place').fetchone()
        if found:
            self.token, self.row = found

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def sort(self, rows: Sequence[Row], token: str) -> tuple[list[Row], list[tuple[Row, int]]]:
        """Tell the rows that name their address first from those that come after; `token` is the place behind them.

        The latter come with the number of the row that was first. A batch may come twice: the answer is the same.
        """
        known = self._known([row.key for row in rows])
        new = {}
        first: list[Row] = []
        later: list[tuple[Row, int]] = []
        for row in rows:
            at = known.get(row.key)
            if at is None:
                known[row.key] = new[row.key] = at = row.number
            if at == row.number:
                first.append(row)
            else:
                later.append((row, at))
        self._note(new.items(), token)
        return first, later

    def _known(self, keys: Sequence[int]) -> dict[int, int]:
        if not keys:
            return {}
        marks = ",".join("?" * len(keys))
        return dict(self._db.execute(f'SELECT "key", "row" FROM seen WHERE "key" IN ({marks})', keys).fetchall())

    def _note(self, new: Iterable[tuple[int, int]], token: str) -> None:
        row = row_of(token)
        if row <= self.row:
            return
        self._db.execute("BEGIN IMMEDIATE")
        self._db.executemany("INSERT OR IGNORE INTO seen VALUES (?, ?)", new)
        self._db.execute("INSERT OR REPLACE INTO place VALUES (1, ?, ?)", (token, row))
        self._db.execute("COMMIT")
        self.token, self.row = token, row


def row_of(token: str) -> int:
    """The number of the row that a place in a file stands before; 0 for its beginning."""
    return int(token.partition(":")[2] or 0)
