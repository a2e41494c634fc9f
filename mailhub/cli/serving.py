"""`mailhub serve`: the parent of web, SMTP, workers and scheduler. Starts them, restarts what dies, stops them in order."""

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import IO, cast

import click

from mailhub.config import Config
from mailhub.delivery.shaping import of_config
from mailhub.errors import UserError

ROLES = ("scheduler", "worker", "smtp", "web")
STOP_WITHIN = 15.0
LONGEST_PAUSE = 5.0
PORTS_WITHIN = 1.5
"""Seconds a port may be in use at the start: so long those of a server that was killed may take to end."""


class Children:
    """The processes of one server. Each waits for the end of its standard input before it opens anything."""

    def __init__(self, config: Config) -> None:
        self._environment = {**os.environ, "MAILHUB_SERVED": str(os.getpid())}
        self._config = config
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._started: dict[str, float] = {}
        self._pause: dict[str, float] = dict.fromkeys(ROLES, 0.0)
        self._again_at: dict[str, float] = {}
        self._drained = config.data / "run" / "drained"
        self._drained.unlink(missing_ok=True)

    def start(self, role: str, stdin: int = subprocess.DEVNULL, told: Sequence[int] = ()) -> None:
        """Start one role's process; it begins at once, or with `stdin=PIPE` when it is let in. It inherits `told`."""
        command = [sys.executable, "-m", "mailhub", *_chosen(self._config), role]
        self._running[role] = subprocess.Popen(command, env=self._environment, stdin=stdin, pass_fds=told)
        self._started[role] = time.monotonic()

    def prepare(self, stopping: Sequence[int]) -> str:
        """Start all; the scheduler prepares database and engine, the others load their code meanwhile and open nothing.

        Returns the first visit's address, empty once somebody has an account. Raises `UserError` when a port is in use;
        `SystemExit` when the scheduler could not prepare (it has said why) or a signal came.
        """
        hears, tells = os.pipe()
        with open(hears, encoding="utf-8") as told:
            for role in ROLES:
                self.start(role, subprocess.PIPE, (tells,) if role == "scheduler" else ())
            os.close(tells)
            wait_for_ports(self._config, stopping)
            self._let_in("scheduler", str(tells))
            while not stopping and not select.select([told], [], [], 0)[0]:
                time.sleep(0.02)
            url = "" if stopping else told.read()
        if not url:
            sys.exit(0 if stopping else self._running["scheduler"].wait())
        for role in ROLES[1:]:
            self._let_in(role)
        return url.strip()

    def _let_in(self, role: str, word: str = "") -> None:
        """Let a role begin that waits for it. One that was killed meanwhile is started again as if it had died later."""
        stdin = self._running[role].stdin
        with contextlib.suppress(BrokenPipeError), cast(IO[bytes], stdin):
            cast(IO[bytes], stdin).write(word.encode())

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

    Raises `UserError` when a port is in use, the database cannot be opened or the shaping file makes no sense; nothing is
    left running then.
    """
    of_config(config)
    children = Children(config)
    stopping = _stop_on_signals()
    try:
        url = children.prepare(stopping)
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


def wait_for_ports(config: Config, stopping: Sequence[int]) -> None:
    """Try the ports until they are free. Raises `UserError` when they have not become so."""
    until = time.monotonic() + PORTS_WITHIN
    while not stopping:
        try:
            return check_ports(config)
        except UserError:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)


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
