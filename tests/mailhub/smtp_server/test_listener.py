"""Ports, certificates, and a stop that keeps what was promised."""

import asyncio
import os
import signal
import smtplib
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from mailhub.errors import UserError
from mailhub.hub import Hub
from mailhub.smtp_server import Listener
from mailhub.smtp_server.listener import loop_factory
from mailhub.testing import make_hub
from tests.mailhub.smtp_server.listening import MAIL, Raw, listening, queued

PROGRAM = """
import logging, pathlib, sys
from mailhub.smtp_server import run
from mailhub.testing import make_hub
from tests.mailhub.smtp_server.listening import make_login

with make_hub(pathlib.Path(sys.argv[1]), smtp={"submission_port": 0, "inbound_port": 0}) as core:
    login = make_login(core)
    print(login.login, login.password, flush=True)
    logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(message)s")
    run(core)
"""


def start(core: Hub, **smtp: object) -> None:
    """Start and stop a listener with these keys of [smtp]."""
    core.config = replace(core.config, smtp=replace(core.config.smtp, **smtp))

    async def scene() -> None:
        listener = Listener(core)
        await listener.start()
        await listener.stop(0)

    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(scene())


@pytest.mark.parametrize("key", ["submission_port", "inbound_port"])
def test_a_port_in_use_is_one_sentence(sqlite_core: Hub, busy_port: int, key: str) -> None:
    ports = {"submission_port": 0, "inbound_port": 0, key: busy_port}
    with pytest.raises(
        UserError, match=f"cannot use port {busy_port} on 127.0.0.1: another program.*change smtp.{key}"
    ):
        start(sqlite_core, **ports)


def test_an_address_of_another_machine_is_one_sentence(sqlite_core: Hub) -> None:
    with pytest.raises(UserError, match=r"on 192\.0\.2\.1 .*check smtp\.host"):
        start(sqlite_core, host=["192.0.2.1"], submission_port=0)


def test_a_name_that_is_no_address_is_one_sentence(sqlite_core: Hub) -> None:
    with pytest.raises(UserError, match=r"check smtp\.host"):
        start(sqlite_core, host=["no such host"], submission_port=0)


def test_a_port_that_was_taken_is_given_back_when_the_other_cannot_be(sqlite_core: Hub, busy_port: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        free = probe.getsockname()[1]
    with pytest.raises(UserError):
        start(sqlite_core, submission_port=free, inbound_port=busy_port)
    socket.create_server(("127.0.0.1", free)).close()


def test_lines_that_are_heard_are_not_logged(sqlite_core: Hub, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    with listening(sqlite_core) as listener, Raw(listener.inbound_port) as raw:
        raw.ask("EHLO secret.example")
        raw.ask("MAIL FROM:<secret@example.net>")
    assert "secret" not in caplog.text


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_finishes_what_is_open_and_takes_nothing_new(tmp_path: Path, number: signal.Signals) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([".", "plugins"])}
    command = [sys.executable, "-c", PROGRAM, str(tmp_path / "data")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as server:
        try:
            assert server.stdout is not None
            login, password = server.stdout.readline().split()
            line = next(line for line in server.stdout if line.startswith("SMTP listened"))
            port = int(line.split("ports ")[1].split()[0])
            idle = smtplib.SMTP("127.0.0.1", port, timeout=20)
            idle.ehlo()
            smtp = smtplib.SMTP("127.0.0.1", port, timeout=20)
            smtp.login(login, password)
            smtp.mail("ada@acme.example")
            smtp.rcpt("bob@example.net")
            smtp.docmd("DATA")
            server.send_signal(number)
            assert idle.getreply()[0] == 421
            with pytest.raises(OSError, match="refused"):
                socket.create_connection(("127.0.0.1", port), timeout=20)
            smtp.send(MAIL + b".\r\n")
            assert smtp.getreply()[0] == 250
            assert smtp.getreply()[0] == 421
            assert server.wait(20) == 0
        finally:
            server.kill()
        idle.close()
        smtp.close()
    with make_hub(tmp_path / "data"):
        assert queued() == ["bob@example.net"]


def test_a_transaction_that_does_not_end_is_cut_off(sqlite_core: Hub) -> None:
    async def scene() -> float:
        sqlite_core.config = replace(
            sqlite_core.config, smtp=replace(sqlite_core.config.smtp, submission_port=0, inbound_port=0)
        )
        listener = Listener(sqlite_core)
        await listener.start()
        reader, writer = await asyncio.open_connection("127.0.0.1", listener.inbound_port)
        writer.write(b"EHLO x\r\nMAIL FROM:<>\r\n")
        while not (await reader.readline()).startswith(b"250 2.1.0"):
            pass
        started = time.monotonic()
        await listener.stop(0.3)
        took = time.monotonic() - started
        assert await reader.read() == b""
        writer.close()
        return took

    assert 0.3 <= asyncio.run(scene()) < 3


def test_uvloop_is_used_where_it_is() -> None:
    pytest.importorskip("uvloop")
    loop = loop_factory()()
    assert type(loop).__module__.startswith("uvloop")
    loop.close()
