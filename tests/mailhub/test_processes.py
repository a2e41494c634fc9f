"""A child does not outlive its parent, however the parent ends."""

import os
import signal
import subprocess
import sys
import time

import pytest

_PARENT = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", sys.argv[1], sys.argv[2]])
print(child.pid, flush=True)
child.wait()
"""
_CHILD = """
import signal, sys, time
from mailhub.processes import die_with_parent
die_with_parent(signal.Signals[sys.argv[1]])
print("ready", flush=True)
time.sleep(60)
"""
_FOLLOWING = """
import os, signal, sys, time
from mailhub.processes import follow_parent
follow_parent(os.getppid(), 0.5)
def end(*_):
    print("asked to end", flush=True)
    if sys.argv[1] == "obeys":
        sys.exit()
signal.signal(signal.SIGTERM, end)
print("ready", flush=True)
while True:
    time.sleep(60)
"""


@pytest.mark.parametrize("kind", ["obeys", "does not"])
def test_a_child_is_asked_to_end_after_its_parent_and_has_to(kind: str) -> None:
    parent = subprocess.Popen([sys.executable, "-c", _PARENT, _FOLLOWING, kind], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    parent.stdout.readline()
    assert parent.stdout.readline() == "ready\n"
    parent.kill()
    assert parent.stdout.read() == "asked to end\n"
    parent.wait(20)


@pytest.mark.parametrize("sign", ["SIGKILL", "SIGTERM"])
def test_a_child_dies_with_a_parent_that_was_killed(sign: str) -> None:
    parent = subprocess.Popen([sys.executable, "-c", _PARENT, _CHILD, sign], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert parent.stdout.readline() == "ready\n"
    os.kill(parent.pid, signal.SIGKILL)
    # The pipe ends when the last one who could write to it is gone.
    began = time.monotonic()
    assert parent.stdout.read() == ""
    assert time.monotonic() - began < 20
    parent.wait(20)
    assert child != parent.pid
