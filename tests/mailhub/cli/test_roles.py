"""The processes behind `serve`: each ends when it is asked to, and loads its own role's rooms only."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

_ROLE = [sys.executable, "-m", "mailhub"]


def _environment(tmp_path: Path, no_plugins: dict[str, list[str]]) -> dict[str, str]:
    return {
        **os.environ,
        "MAILHUB_SERVER__DATA": str(tmp_path),
        "MAILHUB_PLUGINS__DISABLED": ",".join(no_plugins["disabled"]),
        "MAILHUB_WEB__PORT": "0",
        "MAILHUB_SMTP__SUBMISSION_PORT": "0",
        "MAILHUB_SMTP__INBOUND_PORT": "0",
        "MAILHUB_ENGINE__WORKERS": "1",
    }


def _wait_until_it_hears(process: "subprocess.Popen[str]") -> None:
    """Until the process does something of its own about SIGTERM: the system keeps a bit for each signal."""
    until = time.monotonic() + 30
    while not _caught(process.pid) >> (signal.SIGTERM - 1) & 1:
        assert process.poll() is None
        assert time.monotonic() < until
        time.sleep(0.05)


def _caught(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("SigCgt:")), 16)


@pytest.mark.parametrize("role", ["worker", "scheduler", "smtp"])
def test_a_role_ends_in_order_when_it_is_asked_to(tmp_path: Path, no_plugins: dict[str, list[str]], role: str) -> None:
    environment = _environment(tmp_path, no_plugins)
    subprocess.run([*_ROLE, "migrate"], env=environment, check=True, stdout=subprocess.DEVNULL)
    process = subprocess.Popen([*_ROLE, role], env=environment, stderr=subprocess.PIPE, text=True)
    _wait_until_it_hears(process)
    process.send_signal(signal.SIGTERM)
    _, told = process.communicate(timeout=15)
    assert process.returncode == 0, told
    assert "Traceback" not in told


@pytest.mark.parametrize("room", ["mailhub.jobs.engine", "mailhub.smtp_server", "mailhub.jobs.schedules"])
def test_workers_listeners_and_scheduler_never_load_the_pages(room: str) -> None:
    script = (
        f"import sys, {room}, mailhub.app; print([name for name in ('flask', 'flask_login') if name in sys.modules])"
    )
    assert subprocess.check_output([sys.executable, "-c", script], text=True) == "[]\n"
