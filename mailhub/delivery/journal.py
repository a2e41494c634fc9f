"""A node's journal: outcomes on their way to the database, so that kill -9 forgets none that an answer was read for.

One append per outcome, no fsync: the file survives the process. It is written by the delivery's loop and settled by its desk,
each on a thread of its own; when everything in it is settled it is cut to nothing.
"""

import json
import os
import threading
from pathlib import Path

from mailhub.messages import Outcome


class Journal:
    """The open journal of this process's node."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._guard = threading.Lock()
        self._taken: list[Outcome] = []
        self.pending: list[Outcome] = []

    def add(self, outcome: Outcome) -> None:
        """Write down an outcome and keep it for the next settling."""
        line = json.dumps(outcome).encode() + b"\n"
        with self._guard:
            os.write(self._file, line)
            self.pending.append(outcome)

    def take(self) -> list[Outcome]:
        """What is to be settled now; to be followed by `settled` or `put_back`."""
        with self._guard:
            self._taken, self.pending = self.pending, []
            return self._taken

    def settled(self) -> None:
        """What was taken is in the database. The file is cut as soon as nothing else is in it; replaying is harmless."""
        with self._guard:
            self._taken = []
            if not self.pending:
                os.ftruncate(self._file, 0)

    def put_back(self) -> None:
        """What was taken could not be settled: it is pending again."""
        with self._guard:
            self._taken, self.pending = [], [*self._taken, *self.pending]

    def close(self) -> None:
        """Close the file; what is in it stays for the sweep."""
        os.close(self._file)


def read(path: Path) -> list[Outcome]:
    """The outcomes a dead node left behind. A last line cut off by the kill is left out: its message is tried again."""
    outcomes = []
    for line in path.read_bytes().split(b"\n")[:-1]:
        try:
            outcomes.append(Outcome(*json.loads(line)))
        except (ValueError, TypeError):
            break
    return outcomes
