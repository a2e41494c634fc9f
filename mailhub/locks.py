"""A lock that is a file: it goes with the process that holds it, also at kill -9, so a free one means that its owner is dead."""

import fcntl
from pathlib import Path
from typing import IO


def take(path: Path) -> IO[str] | None:
    """Take a file's lock, for as long as what is returned is open; None when another living process has it."""
    lock = path.open("a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        return None
    return lock
