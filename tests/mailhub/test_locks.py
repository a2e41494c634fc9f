"""A lock is taken once, and is free again with its holder, however that ended."""

import subprocess
import sys
from pathlib import Path

from mailhub import locks

_HOLD = """
import sys
from pathlib import Path
from mailhub import locks

held = locks.take(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def test_a_lock_is_taken_once_until_it_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    held = locks.take(path)
    assert held is not None
    assert locks.take(path) is None
    held.close()
    again = locks.take(path)
    assert again is not None
    again.close()


def test_it_goes_with_a_process_that_was_killed(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        assert locks.take(path) is None
        other.kill()
    held = locks.take(path)
    assert held is not None
    held.close()
