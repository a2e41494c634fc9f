"""One scheduler of many is elected; when it goes, the next one takes over; plugins' schedules are kept."""

import os
import signal
import subprocess
import sys
import time

from mailhub.db import sql
from mailhub.hub import Hub
from mailhub.jobs.schedules import CORE_SCHEDULES, Election
from mailhub.messages import Source
from mailhub.testing import make_owner, make_source

_SCHEDULER = """
import sys
from pathlib import Path
from mailhub.app import create_hub
from mailhub.jobs import schedules
from mailhub.testing import make_config
from mailhub.vocabulary import Schedule
data, url, disabled = sys.argv[1:]
config = make_config(
    Path(data), database={"url": url}, plugins={"disabled": [each for each in disabled.split(",") if each]}
)
hub = create_hub(config)
hub.schedules["test"] = Schedule("test", 0.2, lambda hub: print("called", flush=True))
schedules.run(hub)
"""


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
