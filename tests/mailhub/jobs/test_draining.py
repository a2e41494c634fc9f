"""Draining: workers end in order and leave nothing claimed; what killed ones left is settled; who does not end is named."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mailhub import outbox
from mailhub.db import bulk
from mailhub.delivery.journal import Journal
from mailhub.errors import UserError
from mailhub.hub import Hub
from mailhub.jobs import draining
from mailhub.jobs.draining import drained, end_workers, leave_nothing
from mailhub.messages import Message, Outcome, Queued
from mailhub.testing import make_owner, make_source

_PRESENT = """
import os, signal, sys, time
from pathlib import Path
from mailhub.jobs.draining import present
signal.signal(signal.SIGTERM, {handler})
with present(Path(sys.argv[1])):
    print("here", flush=True)
    time.sleep(30)
"""


def _start(data: Path, handler: str = "lambda *_: sys.exit(0)") -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", _PRESENT.format(handler=handler), str(data)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "here\n"
    return process


def test_who_is_present_is_asked_to_end_and_waited_for(tmp_path: Path) -> None:
    first, second = _start(tmp_path), _start(tmp_path)
    assert end_workers(tmp_path) == 2
    assert (first.wait(20), second.wait(20)) == (0, 0)
    assert not list((tmp_path / "run").glob("worker-*.lock"))
    assert drained(tmp_path).exists()
    assert end_workers(tmp_path) == 0


def test_a_killed_worker_is_nobody_to_wait_for(tmp_path: Path) -> None:
    process = _start(tmp_path)
    process.kill()
    process.wait(20)
    assert list((tmp_path / "run").glob("worker-*.lock"))
    assert end_workers(tmp_path) == 0
    assert not list((tmp_path / "run").glob("worker-*.lock"))


def test_children_that_outlive_their_parent_are_waited_for(tmp_path: Path) -> None:
    """The lock is inherited: while a worker still finishes what it has, its killed parent counts as there."""
    process = _start(tmp_path, handler="lambda *_: os.fork() and os._exit(0) or time.sleep(1) or os._exit(0)")
    began = time.monotonic()
    assert end_workers(tmp_path) == 1
    assert time.monotonic() - began >= 1
    assert process.wait(20) == 0


def test_who_does_not_end_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draining, "PATIENCE", 0.5)
    process = _start(tmp_path, handler="signal.SIG_IGN")
    try:
        with pytest.raises(UserError, match=f"The worker {process.pid} has not ended within a minute"):
            end_workers(tmp_path)
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait(20)


def test_what_killed_workers_left_is_settled_and_given_back(core: Hub) -> None:
    source = make_source(core, make_owner(core)[0], ["a@example.com", "b@example.com"])
    with bulk():
        delivered, _ = outbox.claim(source, 501, 2, core.ms())
    left = Journal(core.node.run / "node-501.journal")
    left.add(Outcome(delivered.id, 1, "delivered", core.ms(), 250))
    left.close()
    leave_nothing(core)
    assert [row.id for row in Message.select()] == [delivered.id]
    assert [row.holder for row in Queued.select()] == [None]


def test_what_is_still_claimed_is_not_left_unsaid(core: Hub) -> None:
    source = make_source(core, make_owner(core)[0], ["a@example.com"])
    with bulk():
        outbox.claim(source, core.node.number, 1, core.ms())
    with pytest.raises(UserError, match="1 messages are still with a worker of this machine"):
        leave_nothing(core)
