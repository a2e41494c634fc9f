"""One scheduler of many is elected; when it goes, the next one takes over; plugins' schedules are kept."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo
from pathlib import Path

import psycopg
import pytest

from mailhub.db import Lock, sql
from mailhub.hub import Hub
from mailhub.jobs.schedules import CORE_SCHEDULES, Clockwork, Election
from mailhub.messages import Source
from mailhub.testing import make_owner, make_source, postgres_schema

_SCHEDULER = """
import sys
from pathlib import Path
from mailhub.app import create_hub
from mailhub.jobs import schedules
from mailhub.jobs.engine import Engine
from mailhub.testing import make_config
from mailhub.vocabulary import Schedule
data, url, disabled = sys.argv[1:]
config = make_config(
    Path(data), database={"url": url}, plugins={"disabled": [each for each in disabled.split(",") if each]}
)
hub = create_hub(config)
hub.schedules["test"] = Schedule("test", 0.2, lambda hub: print("called", flush=True))
schedules.run(hub, Engine(hub.config))
"""

_TELLING = """
import sys, time
from pathlib import Path
from mailhub.app import create_hub
from mailhub.db import Lock, sql
from mailhub.jobs import schedules
from mailhub.jobs.engine import Engine
from mailhub.testing import make_config
from mailhub.vocabulary import Schedule
data, url, disabled = sys.argv[1:]
config = make_config(
    Path(data), database={"url": url}, plugins={"disabled": [each for each in disabled.split(",") if each]}
)

def work(hub):
    began = time.time()
    backend = sql("SELECT pg_backend_pid() FROM pg_sleep(0.05)").fetchone()[0]
    print(began, time.time(), backend, flush=True)

hub = create_hub(config)
hub.schedules["test"] = Schedule("test", 0.1, work)
schedules.run(hub, Engine(hub.config))
"""


class Telling(threading.Thread):
    """A scheduler on a machine of its own, and the rounds of work it told of: (began, ended, database process)."""

    def __init__(self, folder: Path, url: str, disabled: list[str]) -> None:
        super().__init__(daemon=True)
        self.rounds: list[tuple[float, float, int]] = []
        self.process = subprocess.Popen(
            [sys.executable, "-c", _TELLING, str(folder), url, ",".join(disabled)],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        self.start()

    def run(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            began, ended, backend = line.split()
            self.rounds.append((float(began), float(ended), int(backend)))

    def wait(self, since: float, seconds: float = 20) -> float:
        """When it first worked after `since`."""
        until = time.time() + seconds
        while time.time() < until:
            if later := [began for began, _, _ in self.rounds if began > since]:
                return later[0]
            time.sleep(0.01)
        raise AssertionError(f"it did not work within {seconds} s")

    def end(self) -> None:
        """Stop it, and read what it still told."""
        self.process.terminate()
        self.process.wait(10)
        self.join(20)


def _overlap(first: Telling, second: Telling) -> list[object]:
    return [
        (mine, theirs)
        for mine in first.rounds
        for theirs in second.rounds
        if mine[0] < theirs[1] and theirs[0] < mine[1]
    ]


@pytest.fixture
def two_schedulers(
    tmp_path: Path, postgres_url: str, no_plugins: dict[str, list[str]]
) -> Iterator[tuple[Telling, Telling, str]]:
    """Two schedulers of two machines (data folders of their own) on one PostgreSQL: the elected one, the other, its address."""
    with postgres_schema(postgres_url) as url:
        started = [Telling(tmp_path / name, url, no_plugins["disabled"]) for name in ("one", "two")]
        try:
            until = time.monotonic() + 30
            while not any(each.rounds for each in started):
                assert time.monotonic() < until, "nobody was elected"
                time.sleep(0.01)
            time.sleep(1.5)  # the other one is there too
            yield *sorted(started, key=lambda each: -len(each.rounds)), url
        finally:
            for each in started:
                each.end()


def test_another_machine_takes_over_when_the_elected_one_is_killed(
    two_schedulers: tuple[Telling, Telling, str],
) -> None:
    elected, other, _ = two_schedulers
    assert len(elected.rounds) > 5
    assert not other.rounds
    elected.process.kill()
    killed = time.time()
    assert other.wait(killed) - killed < 3
    elected.end()
    assert not _overlap(elected, other)


def test_who_lost_its_connection_is_elected_no_more(two_schedulers: tuple[Telling, Telling, str]) -> None:
    """The lock goes with the connection: whoever takes it next, two never work at once."""
    elected, other, url = two_schedulers
    with psycopg.connect(url, autocommit=True) as admin:
        for _ in range(5):
            first = max([*elected.rounds, *other.rounds])
            cut = time.time()
            admin.execute("SELECT pg_terminate_backend(%s)", (first[2],))
            until = time.time() + 3
            while not any(
                began > cut and backend != first[2] for began, _, backend in [*elected.rounds, *other.rounds]
            ):
                assert time.time() < until, "nobody went on within three seconds"
                time.sleep(0.01)
            time.sleep(0.3)
    for each in (elected, other):
        assert each.process.poll() is None, "a cut connection ends no scheduler"
        each.end()
    assert not _overlap(elected, other)
    assert not _overlap(other, elected)


def _scheduler(core: Hub, no_plugins: dict[str, list[str]]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", _SCHEDULER, str(core.config.data), core.config.database.url,
         ",".join(no_plugins["disabled"])],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_one_is_elected_and_stays_so(core: Hub, database_url: str) -> None:
    first, second = Election(core), Election(core)
    assert first.won()
    assert first.won()
    if database_url:  # there the lock is the connection's, which both share here
        sql("SELECT pg_advisory_unlock_all()")
    else:
        assert not second.won()


def test_a_machine_that_vanishes_is_noticed_within_seconds(core: Hub, database_url: str) -> None:
    """PostgreSQL itself waits two hours by default before it asks whether the other side is still there."""
    if not database_url:
        pytest.skip("on SQLite all schedulers are processes of one machine")
    assert Election(core).won()
    try:
        if sql("SELECT inet_server_addr()").fetchone()[0] is None:
            pytest.skip("this PostgreSQL is reached by a socket file, where nobody vanishes unseen")
        assert sql("SHOW tcp_keepalives_idle").fetchone()[0] == "1"
        assert sql("SHOW tcp_user_timeout").fetchone()[0] == "4s"
    finally:
        sql("SELECT pg_advisory_unlock_all()")


def test_two_mailhubs_in_one_database_each_have_a_scheduler(core: Hub, postgres_url: str, database_url: str) -> None:
    """Each has a schema of its own, and locks of PostgreSQL are the whole database's."""
    if not database_url:
        pytest.skip("on SQLite each has a file of its own")
    with psycopg.connect(postgres_url, autocommit=True) as other:  # in the schema public
        other.execute("SELECT pg_advisory_lock(%s, hashtext(current_schema()))", (int(Lock.ELECTION),))
        assert Election(core).won()
        sql("SELECT pg_advisory_unlock_all()")


def _swept(core: Hub, source: Source) -> None:
    until = time.monotonic() + 20
    while Source.get_by_id(source.id).state != "finished":
        assert time.monotonic() < until, "nobody swept"
        time.sleep(0.05)


def test_a_scheduler_sweeps_until_it_is_asked_to_end_and_the_next_takes_over(
    core: Hub, no_plugins: dict[str, list[str]]
) -> None:
    account, _, _ = make_owner(core)
    schedulers = [_scheduler(core, no_plugins)]
    try:
        assert schedulers[0].stdout is not None
        assert schedulers[0].stdout.readline() == "called\n"
        schedulers.append(_scheduler(core, no_plugins))
        _swept(core, make_source(core, account, []))
        os.kill(schedulers[0].pid, signal.SIGTERM)
        assert schedulers[0].wait(10) == 0
        assert schedulers[1].stdout is not None
        assert schedulers[1].stdout.readline() == "called\n"
        _swept(core, make_source(core, account, []))
    finally:
        for each in schedulers:
            each.terminate()
            each.communicate(timeout=10)


def test_counters_and_the_sandbox_are_looked_after() -> None:
    assert {each.name for each in CORE_SCHEDULES} >= {"counters", "sandbox.forget"}


def test_nothing_waits_for_the_hour_that_the_clock_was_set_back_by(monkeypatch: pytest.MonkeyPatch) -> None:
    back = timedelta()

    class Set(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return datetime.now(tz) - back

    monkeypatch.setattr("apscheduler.schedulers.base.datetime", Set)
    monkeypatch.setattr("mailhub.jobs.schedules.datetime", Set)
    calls = threading.Semaphore(0)
    scheduler = Clockwork(timezone="UTC")
    scheduler.add_job(calls.release, "interval", seconds=0.05, misfire_grace_time=None)
    thread = threading.Thread(target=scheduler.start)
    thread.start()
    try:
        assert calls.acquire(timeout=20)
        back = timedelta(hours=1)
        assert all(calls.acquire(timeout=20) for _ in range(5))
    finally:
        scheduler.shutdown()
        thread.join()
