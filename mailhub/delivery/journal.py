"""A node's journal: outcomes on their way to the database, so that kill -9 forgets none that an answer was read for.

One append per outcome, no fsync: the file survives the process. After a batch is settled it is cut to nothing.
"""

import json
import os
from pathlib import Path

from mailhub.messages import Outcome


class Journal:
    """The open journal of this process's node."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self.pending: list[Outcome] = []

    def add(self, outcome: Outcome) -> None:
        """Write down an outcome and keep it for the next settling."""
        os.write(self._file, json.dumps(outcome).encode() + b"\n")
        self.pending.append(outcome)

    def settled(self) -> None:
        """What was pending is in the database: forget it."""
        self.pending.clear()
        os.ftruncate(self._file, 0)

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
