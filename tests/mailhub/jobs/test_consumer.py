"""Worker processes: as many as were asked for and none besides; calm while the engine is away, at work when it is back."""

import time
from pathlib import Path

import psutil

from mailhub.db import sql
from mailhub.hub import Hub
from mailhub.jobs.engine import Engine
from mailhub.testing import make_owner, make_source
from tests.flows.server import wait_until
from tests.mailhub.jobs.working import wait_for_empty_queue, with_engine, workers
from tests.redis_server import RedisServer


def _cpu(processes: list[psutil.Process]) -> float:
    return sum(each.cpu_times().user + each.cpu_times().system for each in processes)


def _children(pid: int, count: int = 2) -> list[psutil.Process]:
    wait_until(lambda: len(psutil.Process(pid).children()) >= count, 20, "the workers")
    return psutil.Process(pid).children()


def test_workers_wait_calmly_for_an_engine_that_went_and_go_on(sqlite_core: Hub, tmp_path: Path) -> None:
    log = tmp_path / "log"
    source = make_source(sqlite_core, make_owner(sqlite_core)[0], [f"u{number}@example.com" for number in range(50)])
    with RedisServer() as server, workers(with_engine(sqlite_core, server.url), log) as running:
        children = _children(running.pid)
        time.sleep(1)
        server.stop()
        wait_until(lambda: log.read_text().count("cannot be used") == 2, 10, "both workers to tell")
        before = _cpu(children)
        time.sleep(3)
        assert _cpu(children) - before < 0.3, "a worker spins"
        server.start()
        Engine(sqlite_core.config).deliver(source.id, 0)
        wait_for_empty_queue(5)
        assert psutil.Process(running.pid).children() == children, "the same processes went on"
    told = log.read_text().splitlines()
    assert len(told) in (3, 4), told  # each that it is away; who looked in time, that it is back
    assert sum("answers again after" in line for line in told) >= 1
    assert not any("Traceback" in line for line in told)


def test_there_is_no_process_besides_the_workers(core: Hub) -> None:
    with workers(core) as running:
        assert len(_children(running.pid)) == 2
        time.sleep(1.5)  # the health check has looked
        assert len(_children(running.pid)) == 2


def test_a_killed_worker_is_started_again(sqlite_core: Hub) -> None:
    with workers(sqlite_core) as running:
        first = _children(running.pid)[0]
        first.kill()
        wait_until(
            lambda: len(now := psutil.Process(running.pid).children()) == 2 and first not in now, 10, "a new worker"
        )


def test_a_task_that_cannot_be_read_is_left_out(sqlite_core: Hub, tmp_path: Path) -> None:
    log = tmp_path / "log"
    source = make_source(sqlite_core, make_owner(sqlite_core)[0], ["a@example.com"])
    engine = Engine(sqlite_core.config)
    engine.huey.storage.enqueue(b"nothing Huey wrote", 20)
    engine.deliver(source.id, 0)
    with workers(sqlite_core, log):
        wait_for_empty_queue(20)
    assert log.read_text().count("a task could not be read") == 1


def test_a_slice_that_fails_is_logged_and_ends_nobody(sqlite_core: Hub, tmp_path: Path) -> None:
    log = tmp_path / "log"
    source = make_source(sqlite_core, make_owner(sqlite_core)[0], ["a@example.com"])
    engine = Engine(sqlite_core.config)
    engine.work(1)
    sql("ALTER TABLE jobs RENAME TO lost")
    with workers(sqlite_core, log) as running:
        wait_until(lambda: "a slice (work (1,)) failed" in log.read_text(), 20, "the failure to be told")
        children = _children(running.pid)
        engine.deliver(source.id, 0)
        wait_for_empty_queue(20)
        assert psutil.Process(running.pid).children() == children
