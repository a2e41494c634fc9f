"""The engine carries tasks to worker processes, which end cleanly and leave nothing claimed: on SQLite, PostgreSQL and Redis."""

import os
import signal
import time
from collections import Counter

import pytest

from mailhub.hub import Hub
from mailhub.jobs.engine import Engine
from mailhub.messages import Kept, Message
from mailhub.testing import make_owner, make_source
from tests.mailhub.jobs.working import wait_for_empty_queue, with_engine, workers


@pytest.fixture
def carried(sqlite_core: Hub, engine_url: str) -> Hub:
    """A hub on SQLite whose tasks are carried by each engine in turn."""
    return with_engine(sqlite_core, engine_url)


def test_tasks_wait_in_the_order_of_their_priority(carried: Hub) -> None:
    engine = Engine(carried.config)
    engine.deliver(1, 0)
    engine.work(3)
    engine.deliver(2, 10)
    assert engine.waiting() == Counter({("deliver", 1): 1, ("deliver", 2): 1, ("work", 3): 1})
    assert [engine.huey.dequeue().args[0] for _ in range(3)] == [2, 3, 1]
    assert not engine.waiting()


def test_another_process_sees_what_waits(carried: Hub) -> None:
    Engine(carried.config).deliver(1, 0)
    assert Engine(carried.config).waiting() == Counter({("deliver", 1): 1})


def test_without_an_address_of_its_own_the_engine_is_where_the_database_is(core: Hub) -> None:
    Engine(core.config).deliver(1, 0)
    assert Engine(core.config).waiting() == Counter({("deliver", 1): 1})
    assert (core.config.data / "engine.sqlite").exists() == (not core.config.database.url)


def test_workers_deliver_and_leave_in_order(carried: Hub) -> None:
    _deliver_and_leave(carried)


def test_workers_deliver_when_everything_is_in_one_database(core: Hub) -> None:
    _deliver_and_leave(core)


def _deliver_and_leave(hub: Hub) -> None:
    source = make_source(hub, make_owner(hub)[0], [f"u{number}@example.com" for number in range(300)])
    with workers(hub) as running:
        Engine(hub.config).deliver(source.id, 0)
        wait_for_empty_queue()
        began = time.monotonic()
        os.kill(running.pid, signal.SIGTERM)
        assert running.wait(20) == 0
        assert time.monotonic() - began < 10
    assert Message.select().count() == Kept.select().count() == 300
    assert list(hub.node.run.glob("*.journal")) == []
