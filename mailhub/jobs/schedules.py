"""The clock: one elected scheduler sweeps and calls the schedules; every machine frees its own dead nodes."""

import fcntl
import logging
import signal
from collections.abc import Callable
from typing import IO

from apscheduler.schedulers.blocking import BlockingScheduler

from mailhub.counting import count_events
from mailhub.db import Lock, close_database, db, is_postgres
from mailhub.delivery.sandbox import forget_old
from mailhub.hub import Hub
from mailhub.jobs.engine import Engine
from mailhub.jobs.sweep import free_dead_nodes, sweep
from mailhub.vocabulary import Schedule

CORE_SCHEDULES: tuple[Schedule, ...] = (
    Schedule("counters", 1, count_events),
    Schedule("sandbox.forget", 3600, forget_old),
)

SWEEP = 0.25
"""Seconds between two sweeps: what a start, a resume or a kill waits for at most. Nothing due costs a millisecond."""

log = logging.getLogger(__name__)


class Election:
    """Who schedules: the process that has the lock. It goes with the process, so the next one takes over by itself."""

    def __init__(self, hub: Hub) -> None:
        self._path = hub.config.data / "run" / "scheduler.lock"
        self._file: IO[str] | None = None

    def won(self) -> bool:
        """True while this process is the elected one."""
        return self._won_postgres() if is_postgres() else self._won_file()

    def _won_file(self) -> bool:
        if self._file is not None:
            return True
        file = self._path.open("a")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return False
        self._file = file
        return True

    def _won_postgres(self) -> bool:
        held = db.execute_sql(
            "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND pid = pg_backend_pid() AND granted",
            (int(Lock.ELECTION),),
        ).fetchone()
        return bool(held or db.execute_sql("SELECT pg_try_advisory_lock(%s)", (int(Lock.ELECTION),)).fetchone()[0])


def run(hub: Hub) -> None:
    """Sweep and keep the schedules until SIGTERM. One thread, so that the election's connection stays the same."""
    engine = Engine(hub.config)
    election = Election(hub)
    scheduler = BlockingScheduler(timezone="UTC", executors={"default": {"type": "threadpool", "max_workers": 1}})

    def elected(work: Callable[[], None]) -> Callable[[], None]:
        def guarded() -> None:
            if election.won():
                work()

        return guarded

    scheduler.add_job(lambda: free_dead_nodes(hub), "interval", seconds=SWEEP, **_OPTIONS)
    scheduler.add_job(elected(lambda: sweep(hub, engine)), "interval", seconds=SWEEP, **_OPTIONS)
    for each in hub.schedules.values():
        scheduler.add_job(elected(_bound(each, hub)), "interval", seconds=each.seconds, **_OPTIONS)

    def stop(*_: object) -> None:
        if not scheduler.running:  # asked to end while it was still beginning
            raise SystemExit(0)
        scheduler.shutdown(wait=False)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    scheduler.start()
    hub.leave()
    close_database()


_OPTIONS = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}


def _bound(schedule: Schedule, hub: Hub) -> Callable[[], None]:
    return lambda: schedule.run(hub)
