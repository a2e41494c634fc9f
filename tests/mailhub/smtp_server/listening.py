"""The listeners as tests need them: in a thread with a loop of their own, spoken to by smtplib and by raw sockets."""

import asyncio
import smtplib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from mailhub import db, submission_access
from mailhub.accounts import Account, Domain
from mailhub.hub import Hub
from mailhub.messages import Content, Queued
from mailhub.smtp_server import Listener
from mailhub.smtp_server.listener import loop_factory
from mailhub.testing import make_owner

MAIL = b"From: Ada <ada@acme.example>\r\nTo: bob@example.net\r\nSubject: Hello\r\n\r\nA line.\r\n"


@contextmanager
def listening(hub: Hub, route: str = "smart_host", **smtp: Any) -> Iterator[Listener]:
    """Both listeners on free ports, until the block ends; `smtp` are keys of that section."""
    ports = {"submission_port": 0, "inbound_port": 0, "submission_tls_port": 0}
    hub.config = replace(
        hub.config,
        smtp=replace(hub.config.smtp, **{**ports, **smtp}),
        delivery=replace(hub.config.delivery, route=route, smart_host="127.0.0.1"),
    )
    ready = threading.Event()
    running: list[tuple[asyncio.AbstractEventLoop, Listener]] = []
    failed: list[BaseException] = []

    async def serve() -> None:
        listener = Listener(hub)
        stop = asyncio.Event()
        try:
            await listener.start()
        except BaseException as error:
            failed.append(error)
            raise
        finally:
            running.append((asyncio.get_running_loop(), listener))
            listener.end = stop.set  # type: ignore[attr-defined]
            ready.set()
        await stop.wait()
        await listener.stop()

    def main() -> None:
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(serve())

    thread = threading.Thread(target=main)
    thread.start()
    ready.wait(20)
    loop, listener = running[0]
    assert not failed, failed
    try:
        yield listener
    finally:
        loop.call_soon_threadsafe(listener.end)  # type: ignore[attr-defined]
        thread.join(20)
        assert not thread.is_alive()


@dataclass
class Login:
    """An SMTP login of a new account."""

    account: Account
    login: str
    password: str
    source_id: int


def make_login(hub: Hub) -> Login:
    """A new account with the domain acme.example and one SMTP login."""
    account, _, _ = make_owner(hub)
    with db.transaction():
        Domain.create(account=account, name="acme.example", proved_at=hub.ms(), created_at=hub.ms())
        credential, password = submission_access.create(hub, account.id, "Web shop")
    return Login(account, credential.login, password, credential.source_id)


def signed_in(port: int, login: Login) -> smtplib.SMTP:
    """A connection that has said EHLO and AUTH."""
    smtp = smtplib.SMTP("127.0.0.1", port, timeout=20)
    smtp.login(login.login, login.password)
    return smtp


class Raw:
    """A socket that says octets and hears whole replies."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self._file = self.socket.makefile("rb")

    def __enter__(self) -> "Raw":
        self.hear()
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self.socket.close()

    def say(self, octets: bytes) -> None:
        """Send octets as they are."""
        self.socket.sendall(octets)

    def hear(self) -> str:
        """One reply, its lines joined; empty when the other side has closed."""
        lines = []
        while line := self._file.readline():
            lines.append(line.decode().rstrip("\r\n"))
            if line[3:4] == b" " or len(line.strip()) == 3:
                break
        return "\n".join(lines)

    def ask(self, line: str) -> str:
        """Say a command and hear its reply."""
        self.say(line.encode() + b"\r\n")
        return self.hear()

    def codes(self, count: int) -> list[int]:
        """The codes of the next replies."""
        return [int(self.hear()[:3] or 0) for _ in range(count)]


def queued() -> list[str]:
    """The addresses that wait in the queue, in the order they came."""
    return [row.address for row in Queued.select().order_by(Queued.id)]


def contents() -> list[bytes]:
    """The mails that were taken, in the order they came."""
    return [bytes(row.body) for row in Content.select().where(Content.kind == "mime").order_by(Content.id)]
