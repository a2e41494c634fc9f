"""A whole MailHub as its users run it: `mailhub serve` in a process of its own, spoken to by its doors alone."""

import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from tests.flows.shell import shell

_given: set[int] = set()


def free_ports(count: int) -> list[int]:
    """Ports nobody listens on now, never the same twice.

    They lie below those the system itself gives away: between this look and the server's start somebody else's
    connection would take one of those, now and then.
    """
    found: list[int] = []
    while len(found) < count:
        port = 10_000 + secrets.randbelow(22_000)
        with contextlib.suppress(OSError), socket.socket() as tried:
            tried.bind(("127.0.0.1", port))
            if port not in _given:
                found.append(port)
                _given.add(port)
    return found


def wait_until(is_true: Callable[[], Any], seconds: float = 30.0, what: str = "") -> Any:
    """Ask again and again until the answer is true; return it. Fails the test when it never is."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if answer := is_true():
            return answer
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds} s: {what or is_true}")


class Server:
    """`with Server(folder, MAILHUB_DELIVERY__ROUTE="smart_host", …) as server:`; stopped by SIGTERM at the end."""

    def __init__(self, folder: Path, **settings: str) -> None:
        web, submission, inbound = free_ports(3)
        self.folder = folder
        self.web, self.submission, self.inbound = web, submission, inbound
        self.url = f"http://localhost:{web}"
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("MAILHUB_")},
            "MAILHUB_SERVER__DATA": str(folder / "data"),
            "MAILHUB_SERVER__PUBLIC_URL": self.url,
            "MAILHUB_WEB__PORT": str(web),
            "MAILHUB_SMTP__SUBMISSION_PORT": str(submission),
            "MAILHUB_SMTP__INBOUND_PORT": str(inbound),
            **settings,
        }
        self.log = folder / "serve.log"
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start it and wait for its first page."""
        self.start_only()
        try:
            wait_until(self.is_up, 40, "the first page")
            wait_until(lambda: _listens(self.submission) and _listens(self.inbound), 20, "the SMTP listeners")
        except AssertionError:
            self.stop()
            raise AssertionError(f"the server did not start:\n{self.log.read_text()[-4000:]}") from None

    def start_only(self) -> None:
        """Start it, without waiting."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "mailhub", "serve"],
                env=self.environment, cwd=self.folder, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def is_up(self) -> bool:
        """Whether its health page answers; fails at once when the server has ended."""
        if self.process is not None and self.process.poll() is not None:
            raise AssertionError(f"the server ended:\n{self.log.read_text()[-4000:]}")
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def stop(self, sign: int = signal.SIGTERM) -> int:
        """End it; returns its exit code."""
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(sign)
        try:
            return self.process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            raise

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """The command `mailhub` with these words, in a process that begins with nothing."""
        return subprocess.run(
            [sys.executable, "-m", "mailhub", *words],
            env=self.environment, cwd=self.folder, capture_output=True, text=True, timeout=100, check=False,
        )  # fmt: skip

    def say(self, *words: str) -> subprocess.CompletedProcess[str]:
        """The same in a twentieth of the time, for commands that start nothing."""
        return shell().run(words, self.environment, self.folder)

    def do(self, action: str, *words: str) -> Any:
        """An action's JSON answer, by `mailhub do`; fails with its sentence."""
        ended = self.say("do", action, *words, "--json")
        assert ended.returncode == 0, ended.stderr
        return json.loads(ended.stdout)

    def processes(self) -> dict[int, str]:
        """Every living process of this server: pid → command line (Linux)."""
        marker = f"MAILHUB_SERVER__DATA={self.folder / 'data'}".encode()
        found = {}
        for path in Path("/proc").glob("[0-9]*"):
            try:
                if marker in (path / "environ").read_bytes().split(b"\0"):
                    found[int(path.name)] = (path / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
        return found

    def pids(self, role: str) -> list[int]:
        """The processes of one role: the role's own first, then those it forked."""
        return sorted(pid for pid, line in self.processes().items() if line.rstrip().endswith(f"mailhub {role}"))


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
