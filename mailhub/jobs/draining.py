"""Taking this machine's workers away: they finish what they have and claim nothing more; nothing of theirs is left behind.

The data folder says which workers are this machine's: each holds a lock file there, named by its process id.
"""

import fcntl
import logging
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mailhub import locks
from mailhub.db import sql
from mailhub.errors import UserError
from mailhub.hub import Hub
from mailhub.jobs.sweep import free_dead_nodes

PATIENCE = 60.0
"""Seconds until workers that were asked to end are given up."""

log = logging.getLogger(__name__)


@contextmanager
def present(data: Path) -> Iterator[None]:
    """Within this, `drain` finds this process. Its children hold the lock too, so it is free when the last has ended."""
    run = data / "run"
    run.mkdir(parents=True, exist_ok=True)
    path = run / f"worker-{os.getpid()}.lock"
    with path.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def drained(data: Path) -> Path:
    """The mark that keeps `serve` from starting workers again."""
    return data / "run" / "drained"


def end_workers(data: Path) -> int:
    """Ask the workers of this data folder to end, and wait for them. Returns how many `mailhub worker` there were.

    Raises `UserError` when one has not ended after a minute.
    """
    drained(data).parent.mkdir(parents=True, exist_ok=True)
    drained(data).touch()
    living = {path: _pid(path) for path in sorted((data / "run").glob("worker-*.lock")) if not _is_free(path)}
    for pid in living.values():
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    until = time.monotonic() + PATIENCE
    for path, pid in living.items():
        while not _is_free(path):
            if time.monotonic() > until:
                raise UserError(f"The worker {pid} has not ended within a minute: its log says what it is busy with.")
            time.sleep(0.05)
    return len(living)


def leave_nothing(hub: Hub) -> None:
    """Settle and give back what workers of this machine that were killed have left.

    Raises `UserError` when something is still claimed: by a worker that lives.
    """
    free_dead_nodes(hub)
    claimed = sql(
        "SELECT count(*) FROM queue WHERE holder IN (SELECT number FROM nodes WHERE machine = ?)", (hub.node.machine,)
    ).fetchone()[0]
    if claimed:
        raise UserError(f"{claimed} messages are still with a worker of this machine: stop it, then drain again.")
    log.info("the workers of this machine were drained")


def _pid(path: Path) -> int:
    return int(path.stem.removeprefix("worker-"))


def _is_free(path: Path) -> bool:
    """True when nobody holds the lock any more; what a killed worker left lying is taken away."""
    lock = locks.take(path)
    if lock is None:
        return False
    with lock:
        path.unlink(missing_ok=True)
    return True
