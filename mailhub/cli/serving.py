"""`mailhub serve`: the parent of web, SMTP, workers and scheduler. Starts them, restarts what dies, stops them in order."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable

import click

from mailhub.config import Config
from mailhub.errors import UserError

ROLES = ("web", "smtp", "worker", "scheduler")
STOP_WITHIN = 15.0
LONGEST_PAUSE = 5.0


class Children:
    """The processes of one server."""

    def __init__(self, config: Config) -> None:
        self._environment = {**os.environ, "MAILHUB_SERVED": str(os.getpid())}
        self._config = config
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._started: dict[str, float] = {}
        self._pause: dict[str, float] = dict.fromkeys(ROLES, 0.0)
        self._again_at: dict[str, float] = {}
        self._drained = config.data / "run" / "drained"
        self._drained.unlink(missing_ok=True)

    def start(self, role: str) -> None:
        """Start one role's process."""
        command = [sys.executable, "-m", "mailhub", *_chosen(self._config), role]
        self._running[role] = subprocess.Popen(command, env=self._environment)
        self._started[role] = time.monotonic()

    def restart_dead(self) -> None:
        """Start again what has ended, soon the first time, more slowly when it keeps ending."""
        for role, process in list(self._running.items()):
            if process.poll() is None:
                continue
            if role == "worker" and self._drained.exists():
                self._leave_drained()
                continue
            now = time.monotonic()
            if role not in self._again_at:
                lived = now - self._started[role]
                self._pause[role] = 0.0 if lived > 10 else min(self._pause[role] * 2 + 0.1, LONGEST_PAUSE)
                self._again_at[role] = now + self._pause[role]
            if now < self._again_at[role]:
                continue
            del self._again_at[role]
            click.echo(f"mailhub: {role} ended with {process.returncode} and is started again.", err=True)
            self.start(role)

    def _leave_drained(self) -> None:
        if self._running.pop("worker", None):
            click.echo("mailhub: the workers were drained; start MailHub again to have them back.", err=True)

    def stop(self) -> None:
        """Ask all to end, workers first to have finished; kill what has not after fifteen seconds."""
        for process in self._running.values():
            if process.poll() is None:
                process.terminate()
        deadline = time.monotonic() + STOP_WITHIN
        for process in self._running.values():
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def run(config: Config, once: Callable[[], bool] | None = None) -> int:
    """Serve until SIGTERM or SIGINT. `once` is called when everything is up; False from it ends the server.

    Raises `UserError` when a port is in use or the database cannot be opened; nothing is left running then.
    """
    check_ports(config)
    url = _prepare(config)
    children = Children(config)
    stopping = _stop_on_signals()
    for role in ROLES:
        children.start(role)
    try:
        _wait_for_web(config, children, stopping)
        _announce(config, url)
        if once is not None and not once():
            return 0
        while not stopping:
            children.restart_dead()
            time.sleep(0.1)
        return 0
    finally:
        children.stop()


def _prepare(config: Config) -> str:
    """Bring the database up to date, in a process of its own so that the parent stays small; the first visit's address."""
    command = [sys.executable, "-m", "mailhub", *_chosen(config), "prepare"]
    ended = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if ended.returncode:
        sys.exit(ended.returncode)
    return ended.stdout.strip()


def _chosen(config: Config) -> list[str]:
    return ["--config", str(config.source)] if config.source else []


def check_ports(config: Config) -> None:
    """Raise `UserError` naming the port that somebody else listens on, and the key to change."""
    smtp = config.smtp
    ports = {"submission_port": smtp.submission_port, "inbound_port": smtp.inbound_port}
    if smtp.tls_certificate and smtp.submission_tls_port:
        ports["submission_tls_port"] = smtp.submission_tls_port
    wanted = [("web.port", config.web.host, config.web.port)]
    wanted += [(f"smtp.{key}", host, port) for key, port in ports.items() for host in smtp.host]
    with contextlib.ExitStack() as probes:  # kept until all are tried: two keys may name one port
        for key, host, port in wanted:
            probe = probes.enter_context(socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET))
            if probe.family == socket.AF_INET6:
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
                probe.listen(1)
            except OSError as error:
                name = "MAILHUB_" + key.upper().replace(".", "__")
                raise UserError(
                    f"Port {port} on {host} cannot be used ({error.strerror}): stop what listens there, or set {key} "
                    f"in the configuration (or {name}) to another port."
                ) from error


def _stop_on_signals() -> list[int]:
    stopping: list[int] = []
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, lambda number, _: stopping.append(number))
    return stopping


def _wait_for_web(config: Config, children: Children, stopping: list[int]) -> None:
    host = "127.0.0.1" if config.web.host == "0.0.0.0" else config.web.host
    deadline = time.monotonic() + 60
    while not stopping and time.monotonic() < deadline:
        try:
            socket.create_connection((host, config.web.port), timeout=1).close()
            return
        except OSError:
            children.restart_dead()
            time.sleep(0.05)
    if not stopping:
        raise UserError("The pages did not answer within a minute: the messages above say why.")


def _announce(config: Config, first_visit: str | None) -> None:
    click.echo(f"MailHub is at {config.server.public_url}")
    click.echo(
        f"Mail is submitted on port {config.smtp.submission_port} and arrives on port {config.smtp.inbound_port}."
    )
    if first_visit:
        click.echo(f"\nNobody has an account yet. Make yours here:\n  {first_visit}\n")
    sys.stdout.flush()
