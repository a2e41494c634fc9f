"""The clock: one elected scheduler sweeps and calls the schedules; every machine frees its own dead nodes."""

import contextlib
import logging
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import IO

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.blocking import BlockingScheduler

from mailhub import locks
from mailhub.counting import count_events
from mailhub.db import Lock, close_database, db, is_postgres
from mailhub.delivery.sandbox import forget_old
from mailhub.hub import Hub
from mailhub.ids import keep_nodes
from mailhub.jobs.carrier import Away
from mailhub.jobs.engine import Engine
from mailhub.jobs.lapses import Lapses
from mailhub.jobs.services import Services
from mailhub.jobs.sweep import free_dead_nodes, sweep
from mailhub.outbox.watching import EVERY, Watch
from mailhub.telling import tell_plugins
from mailhub.vocabulary import Schedule

CORE_SCHEDULES: tuple[Schedule, ...] = (
    Schedule("counters", 1, count_events),
    Schedule("sandbox.forget", 3600, forget_old),
    Schedule("told", 0.5, tell_plugins),
)

SWEEP = 0.25
"""Seconds between two sweeps: what a start, a resume or a kill waits for at most. Nothing due costs a millisecond."""

KEEP = 600
"""Seconds between two renewals of the numbers of this machine's processes, which are theirs for a day."""

log = logging.getLogger(__name__)


class Election:
    """Who schedules: the process that has the lock. It goes with the process, so the next one takes over by itself."""

    def __init__(self, hub: Hub) -> None:
        self._path = hub.config.data / "run" / "scheduler.lock"
        self._file: IO[str] | None = None
        self._connection: object = None
        """The connection to PostgreSQL that has the lock: with it the lock is lost."""
        self._next_at = 0.0

    def won(self) -> bool:
        """True while this process is the elected one. Raises the database's error when it is away."""
        return self._won_postgres() if is_postgres() else self._won_file()

    def _won_file(self) -> bool:
        self._file = self._file or locks.take(self._path)
        return self._file is not None

    def _won_postgres(self) -> bool:
        """A connection that was cut fails here or at the work's first statement; the next one has to win the lock anew."""
        now = time.monotonic()
        if self._connection is None:
            return now >= self._next_at and self._try(now)
        if now >= self._next_at:
            db.execute_sql("SELECT 1")
            self._next_at = now + _ASK
        return db.connection() is self._connection or self._try(now)

    def _try(self, now: float) -> bool:
        self._connection, self._next_at = None, now + _ASK
        if not db.execute_sql(_TRY, (int(Lock.ELECTION),)).fetchone()[0]:
            return False
        for setting in _NOTICED_SOON:
            db.execute_sql(f"SET {setting}")
        self._connection = db.connection()
        log.info("this process was elected to schedule")
        return True


_ASK = 0.5
"""Seconds between two questions to PostgreSQL: is the elected one still connected, is it somebody else's turn."""
_TRY = "SELECT pg_try_advisory_lock(%s, hashtext(current_schema()))"
"""Advisory locks are the database's: two MailHubs may share one, each in a schema of its own."""
_NOTICED_SOON = (
    "tcp_keepalives_idle = 1",
    "tcp_keepalives_interval = 1",
    "tcp_keepalives_count = 3",
    "tcp_user_timeout = 4000",
)
"""When the elected machine vanishes without a word, PostgreSQL frees the lock after four seconds, not after two hours."""


LONGEST_SLEEP = 1.0
"""Seconds between two looks at the clock at most."""


class Clockwork(BlockingScheduler):  # type: ignore[misc]
    """A scheduler that does not wait for the hour that a clock was set back by: everything runs at once, then as before."""

    _seen = datetime.min.replace(tzinfo=UTC)

    def _process_jobs(self) -> float | None:
        now = datetime.now(UTC)
        if now < self._seen:
            for job in self.get_jobs():
                job.modify(next_run_time=now)
        self._seen = now
        until_next: float | None = super()._process_jobs()
        return until_next and min(until_next, LONGEST_SLEEP)  # it may be set back while that is worked out


def run(hub: Hub, engine: Engine) -> None:
    """Sweep and keep the schedules until SIGTERM. One thread, so that the election's connection stays the same."""
    election = Election(hub)
    services, lapses, watch = Services(hub), Lapses(), Watch()
    thread = ThreadPoolExecutor(1)
    scheduler = Clockwork(timezone="UTC", executors={"default": thread})

    def elected(work: Callable[[], None]) -> Callable[[], None]:
        def guarded() -> None:
            if election.won():
                with contextlib.suppress(Away):  # it has been logged, and the next round tries again
                    work()

        return guarded

    scheduler.add_job(lambda: free_dead_nodes(hub), "interval", seconds=SWEEP, **_OPTIONS)
    scheduler.add_job(elected(lambda: sweep(hub, engine)), "interval", seconds=SWEEP, **_OPTIONS)
    scheduler.add_job(lambda: keep_nodes(hub.node), "interval", seconds=KEEP, **_OPTIONS)
    scheduler.add_job(lambda: lapses.look(hub, election.won()), "interval", seconds=1, **_OPTIONS)
    scheduler.add_job(elected(lambda: watch.look(hub)), "interval", seconds=EVERY, **_OPTIONS)
    scheduler.add_job(lambda: _keep(services, election), "interval", seconds=SWEEP, **_OPTIONS)
    for each in hub.schedules.values():
        scheduler.add_job(elected(_bound(each, hub)), "interval", seconds=each.seconds, **_OPTIONS)

    def stop(*_: object) -> None:
        if not scheduler.running:  # asked to end while it was still beginning
            raise SystemExit(0)
        scheduler.shutdown(wait=False)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    scheduler.start()
    thread.shutdown()  # what it is at ends before what that needs is taken away
    services.end()
    hub.leave()
    close_database()


_OPTIONS = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}


def _keep(services: Services, election: Election) -> None:
    """Services run where the election was won, and stop when nobody can say where that is."""
    won = False
    try:
        won = election.won()
    finally:
        if won:
            services.keep()
        else:
            services.stop()


def _bound(schedule: Schedule, hub: Hub) -> Callable[[], None]:
    return lambda: schedule.run(hub)
