"""The engine carries tasks to worker processes, which end cleanly and leave nothing claimed."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter

from mailhub.hub import Hub
from mailhub.jobs.engine import Engine
from mailhub.messages import Kept, Message, Queued
from mailhub.testing import make_owner, make_source

_WORKERS = """
import sys
from pathlib import Path
from mailhub.app import create_hub
from mailhub.jobs.engine import Engine
from mailhub.testing import make_config
data, url, disabled = sys.argv[1:]
config = make_config(
    Path(data), database={"url": url}, engine={"workers": 2},
    plugins={"disabled": [each for each in disabled.split(",") if each]},
)
Engine(config).run_workers(config, lambda: create_hub(config))
"""


def test_tasks_wait_in_the_order_of_their_priority(core: Hub) -> None:
    engine = Engine(core.config)
    engine.deliver(1, 0)
    engine.work(3)
    engine.deliver(2, 10)
    assert engine.waiting() == Counter({("deliver", 1): 1, ("deliver", 2): 1, ("work", 3): 1})
    assert [engine.huey.dequeue().args[0] for _ in range(3)] == [2, 3, 1]
    assert not engine.waiting()


def test_another_process_sees_what_waits(core: Hub) -> None:
    Engine(core.config).deliver(1, 0)
    assert Engine(core.config).waiting() == Counter({("deliver", 1): 1})


def test_workers_deliver_and_leave_in_order(core: Hub, no_plugins: dict[str, list[str]]) -> None:
    source = make_source(core, make_owner(core)[0], [f"u{number}@example.com" for number in range(300)])
    workers = subprocess.Popen(
        [
            sys.executable,
            "-c",
            _WORKERS,
            str(core.config.data),
            core.config.database.url,
            ",".join(no_plugins["disabled"]),
        ]
    )
    try:
        engine = Engine(core.config)
        engine.deliver(source.id, 0)
        until = time.monotonic() + 30
        while Queued.select().exists():
            assert time.monotonic() < until
            time.sleep(0.05)
    finally:
        began = time.monotonic()
        os.kill(workers.pid, signal.SIGTERM)
        workers.wait(20)
    assert time.monotonic() - began < 10
    assert Message.select().count() == Kept.select().count() == 300
    assert list(core.node.run.glob("*.journal")) == []
