"""Who may run beside whom: tests marked `alone` have the machine to themselves, the others share it.

That is for what is measured in seconds. It matters only when several workers of pytest-xdist run at once.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def turn(folder: Path, alone: bool) -> Iterator[None]:
    """Wait until this test may run beside the others that use `folder`; who wants to be alone waits for them to end."""
    with (folder / "door.lock").open("a") as door, (folder / "room.lock").open("a") as room:
        fcntl.flock(door, fcntl.LOCK_EX)  # nobody enters while somebody waits for an empty room
        fcntl.flock(room, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        fcntl.flock(door, fcntl.LOCK_UN)
        try:
            yield
        finally:
            fcntl.flock(room, fcntl.LOCK_UN)  # by hand, since a forked child would hold it open
