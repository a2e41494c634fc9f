"""Counts of several processes are one sum, the dead ones' too, and nothing is counted twice."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailhub import metrics
from mailhub.metrics import Slot


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    metrics.keep_in(tmp_path / "metrics")
    yield tmp_path / "metrics"
    metrics.keep_in(tmp_path / "left")


def _counted(folder: Path, word: str, family: str = "mailhub_messages") -> float:
    return metrics.read(folder)[Slot("counted", family, word)]


def test_counts_are_read_while_they_are_made(folder: Path) -> None:
    metrics.count("claimed", 500)
    metrics.count("claimed")
    metrics.count("smtp.refused", 2)
    metrics.spent("sign", 0.25)
    assert _counted(folder, "claimed") == 501
    assert _counted(folder, "refused", "mailhub_smtp") == 2
    assert _counted(folder, "refused") == 0
    assert metrics.read(folder)[Slot("spent", "mailhub_cpu_seconds", "sign")] == 0.25


def test_a_stage_nobody_knows_is_an_error_whoever_asks(folder: Path) -> None:
    for wrong in (lambda: metrics.count("claimd"), lambda: metrics.spent("sing", 1), lambda: metrics.level("x", 1)):
        with pytest.raises(KeyError):
            wrong()
    assert not folder.exists()


def test_a_histogram_keeps_the_bucket_and_the_sum(folder: Path) -> None:
    metrics.seen("mailhub_message_seconds", "bulk", 0.3, 4)
    metrics.seen("mailhub_message_seconds", "bulk", 1e9)
    numbers = metrics.read(folder)
    found = {
        slot.part: value for slot, value in numbers.items() if slot.kind == "seen" and slot.word == "bulk" and value
    }
    assert found == {"0.5": 4, "+Inf": 1, "sum": 1e9 + 1.2}


CHILD = """
import sys
from pathlib import Path
from mailhub import metrics
metrics.keep_in(Path(sys.argv[1]))
metrics.count("delivered", 7)
metrics.level("connections_out", 3)
print("counted", flush=True)
sys.stdin.read()
"""


def test_what_a_killed_process_counted_stays_and_its_levels_go(folder: Path) -> None:
    metrics.count("delivered", 5)
    child = subprocess.Popen([sys.executable, "-c", CHILD, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdout is not None
    assert child.stdout.readline() == b"counted\n"
    level = Slot("level", "mailhub_connections_out", "connections_out")
    assert _counted(folder, "delivered") == 12
    assert metrics.read(folder)[level] == 3
    child.send_signal(signal.SIGKILL)
    child.communicate()
    for _ in range(3):
        assert _counted(folder, "delivered") == 12
        assert metrics.read(folder)[level] == 0
    assert len(list(folder.glob("*.counts"))) == 1


def test_a_fork_has_numbers_of_its_own(folder: Path) -> None:
    metrics.count("signed", 2)
    pid = os.fork()
    if pid == 0:
        metrics.count("signed", 3)
        os._exit(0)
    os.waitpid(pid, 0)
    metrics.count("signed", 1)
    assert _counted(folder, "signed") == 6


def test_another_versions_file_is_left_until_its_process_is_gone_then_removed(folder: Path) -> None:
    metrics.count("sweeps")
    strange = folder / "0badc0de-1-1.counts"
    strange.write_bytes(b"\0" * 24)
    assert _counted(folder, "sweeps", "mailhub_work") == 1
    assert not strange.exists()


def test_a_kill_between_adding_and_removing_adds_nothing_twice(folder: Path) -> None:
    metrics.count("settled", 9)
    (path,) = folder.glob("*.counts")
    content = path.read_bytes()
    metrics.keep_in(folder / "elsewhere")
    assert _counted(folder, "settled") == 9
    path.write_bytes(content)
    assert _counted(folder, "settled") == 9
    assert not path.exists()


def test_a_folder_that_cannot_be_written_costs_the_numbers_alone(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    metrics.keep_in(tmp_path / "file" / "metrics")
    metrics.count("claimed")
    metrics.keep_in(tmp_path / "left")
    assert (tmp_path / "file").read_text() == "in the way"
