"""Worker processes as `mailhub worker` runs them, in a process of the test's own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from mailhub.hub import Hub
from mailhub.messages import Queued

_WORKERS = """
import sys
from pathlib import Path
from mailhub.app import create_hub
from mailhub.jobs.engine import Engine
from mailhub.logs import configure
from mailhub.testing import make_config
data, url, engine_url, disabled = sys.argv[1:]
config = make_config(
    Path(data), database={"url": url}, engine={"workers": 2, "url": engine_url},
    plugins={"disabled": [each for each in disabled.split(",") if each]},
)
configure(config, "worker")
Engine(config).run_workers(config, lambda: create_hub(config))
"""


def with_engine(hub: Hub, url: str) -> Hub:
    """The hub with `engine.url` set."""
    hub.config = replace(hub.config, engine=replace(hub.config.engine, url=url))
    return hub


@contextmanager
def workers(hub: Hub, log: Path | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """Two worker processes over the hub's database and engine, asked to end at the end; what they log goes to `log`."""
    config = hub.config
    with (log or Path(os.devnull)).open("ab") as errors:
        process = subprocess.Popen(
            [sys.executable, "-c", _WORKERS, str(config.data), config.database.url, config.engine.url,
             ",".join(config.plugins.disabled)],
            stderr=errors,
        )  # fmt: skip
    try:
        yield process
    finally:
        if process.poll() is None:
            os.kill(process.pid, signal.SIGTERM)
        process.wait(20)


def wait_for_empty_queue(seconds: float = 30) -> None:
    """Until nothing waits to be sent any more; fails the test after `seconds`."""
    until = time.monotonic() + seconds
    while Queued.select().exists():
        assert time.monotonic() < until, "the queue is still not empty"
        time.sleep(0.05)
