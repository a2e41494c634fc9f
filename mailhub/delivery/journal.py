"""A node's journal: outcomes on their way to the database, so that kill -9 forgets none that an answer was read for.

One append per outcome, no fsync: the file survives the process. It is written by the delivery's loop and settled by its desk,
each on a thread of its own; what is settled is cut away.
"""

import contextlib
import json
import logging
import os
import threading
from pathlib import Path

from mailhub.messages import Outcome

LONGEST = 1_000_000
"""Bytes after which a journal is begun anew even though outcomes are pending."""

log = logging.getLogger(__name__)


class Journal:
    """The open journal of this process's node."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = _open(path)
        self._size = 0
        self._start = b""
        self._guard = threading.Lock()
        self._taken: list[Outcome] = []
        self.pending: list[Outcome] = []

    def add(self, outcome: Outcome) -> None:
        """Write down an outcome and keep it for the next settling. A full disk costs the line, not the outcome."""
        with self._guard:
            self.pending.append(outcome)
            self._write(_line(outcome))

    def _write(self, line: bytes) -> None:
        try:
            written = os.write(self._file, self._start + line)
        except OSError:
            if not self._start:
                log.exception("the journal could not be written: a kill would repeat what is not settled")
            written = 0
        whole = written == len(self._start) + len(line)
        self._start = b"" if whole else b"\n"  # whatever follows half a line begins on one of its own
        self._size += written

    def take(self) -> list[Outcome]:
        """What is to be settled now; to be followed by `settled` or `put_back`."""
        with self._guard:
            self._taken, self.pending = self.pending, []
            return self._taken

    def settled(self) -> None:
        """What was taken is in the database. The file is cut when nothing else is in it, or when it has grown;
        replaying what is left is harmless."""
        with self._guard:
            self._taken = []
            if not self.pending:
                with contextlib.suppress(OSError):  # replaying what is settled is harmless
                    os.ftruncate(self._file, 0)
                self._size = 0
            elif self._size > LONGEST:
                self._renew()

    def _renew(self) -> None:
        """Under a load that never ends something is always pending: that alone goes on, in a new file."""
        draft = self._path.with_suffix(".new")
        lines = b"".join(map(_line, self.pending))
        try:
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(lines)
            draft.replace(self._path)
        except OSError:
            return  # the old one holds them too
        os.close(self._file)
        self._file, self._size = _open(self._path), len(lines)

    def known(self) -> list[int]:
        """The messages whose outcomes are on their way to the database."""
        with self._guard:
            return [each.id for each in (*self._taken, *self.pending)]

    def put_back(self) -> None:
        """What was taken could not be settled: it is pending again."""
        with self._guard:
            self._taken, self.pending = [], [*self._taken, *self.pending]

    def close(self) -> None:
        """Close the file; what is in it stays for the sweep."""
        os.close(self._file)
        self._file = -1  # who adds later is told by the system, and touches no other file


def _open(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


def _line(outcome: Outcome) -> bytes:
    return json.dumps(outcome).encode() + b"\n"


def read(path: Path) -> list[Outcome]:
    """The outcomes a dead node left behind. What a kill or a full disk cut off is left out: its message is tried again."""
    outcomes = []
    for line in path.read_bytes().split(b"\n")[:-1]:
        try:
            outcomes.append(Outcome(*json.loads(line)))
        except (ValueError, TypeError):
            continue
    return outcomes
