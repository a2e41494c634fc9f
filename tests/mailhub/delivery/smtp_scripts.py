"""A raw SMTP server that follows a script, for the answers no decent server gives."""

import asyncio
import socket
import struct
import threading
import time
from collections.abc import Callable, Coroutine, Sequence
from types import TracebackType
from typing import Any, Self

import pytest

from mailhub.delivery.smtp_client import ConnectFailed, Outcome, Outgoing, SmtpClient

# bytes are sent; a str is waited for, and everything up to its end is taken off; a float is a pause in seconds.
Step = bytes | str | float

Run = Callable[[Coroutine[Any, Any, Any]], Any]

RESET = "<reset>"
DOT = "\r\n.\r\n"
CONTENT = b"Subject: x\r\n\r\nhello\r\n"
A, B, C = "a@y.example", "b@y.example", "c@y.example"

HELLO: list[Step] = [b"220 s ESMTP\r\n", "\r\n", b"250-s\r\n250-PIPELINING\r\n250 ENHANCEDSTATUSCODES\r\n"]
LOCKSTEP: list[Step] = [b"220 s ESMTP\r\n", "\r\n", b"250 s\r\n"]
ENVELOPE = b"250 2.1.0 sender\r\n250 2.1.5 recipient\r\n354 go\r\n"


class Scripted:
    """Serves one visit after the other, each by its script, then closes it; `heard` holds what each visit said."""

    def __init__(self, *visits: Sequence[Step]) -> None:
        self.heard: list[bytes] = []
        self.faults: list[str] = []
        self._visits = visits
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._listening.settimeout(20)
        # Small, so that a slow reader is felt by the sender.
        self._listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        self.port: int = self._listening.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._thread.join(25)
        self._listening.close()
        if kind is None:
            assert not self.faults, self.faults

    def _serve(self) -> None:
        for script in self._visits:
            try:
                visitor, _ = self._listening.accept()
            except OSError as error:
                self.faults.append(f"nobody came: {error}")
                return
            with visitor:
                visitor.settimeout(20)
                self._follow(visitor, script)

    def _follow(self, visitor: socket.socket, script: Sequence[Step]) -> None:
        heard = rest = b""
        for step in script:
            if step == RESET:
                visitor.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                break
            if isinstance(step, float):
                time.sleep(step)
            elif isinstance(step, bytes):
                visitor.sendall(step)
            else:
                while step.encode() not in rest:
                    try:
                        more = visitor.recv(65536)
                    except OSError:
                        more = b""
                    if not more:
                        self.faults.append(f"waited for {step!r}, heard {rest!r}")
                        break
                    heard += more
                    rest += more
                rest = rest.partition(step.encode())[2]
        self.heard.append(heard)


def client(port: int, **options: Any) -> SmtpClient:
    return SmtpClient("127.0.0.1", port, **{"helo": "here.example", "tls": "none", **options})


def mail(
    recipient: str, sender: str = "sender@here.example", content: bytes = b"Subject: x\r\n\r\nhello\r\n"
) -> Outgoing:
    return Outgoing(sender, recipient, (content,))


async def send(smtp: SmtpClient, *messages: Outgoing) -> list[tuple[str, Outcome]]:
    """Run these messages through the connection; recipient and outcome in the order told."""
    left = list(messages)
    told: list[tuple[str, Outcome]] = []
    await smtp.run(
        lambda: left.pop(0) if left else None, lambda message, outcome: told.append((message.recipient, outcome))
    )
    return told


async def connect_and_send(port: int, *messages: Outgoing, **options: Any) -> list[tuple[str, Outcome]]:
    smtp = client(port, **options)
    await smtp.connect()
    told = await send(smtp, *messages)
    smtp.abort()
    return told


def talk(run: Run, script: list[Step], *recipients: str, **options: Any) -> list[tuple[str, Outcome]]:
    """What becomes of these messages at a server with this script."""
    with Scripted(script) as server:
        told: list[tuple[str, Outcome]] = run(connect_and_send(server.port, *map(mail, recipients), **options))
    return told


def brief(told: list[tuple[str, Outcome]]) -> list[tuple[str, str, int]]:
    return [(recipient, outcome.kind, outcome.code) for recipient, outcome in told]


async def opened(port: int, **options: Any) -> SmtpClient:
    smtp = client(port, **options)
    await smtp.connect()
    return smtp


def failure(port: int, **options: Any) -> ConnectFailed:
    async def scene() -> ConnectFailed:
        smtp = client(port, **options)
        with pytest.raises(ConnectFailed) as caught:
            await smtp.connect()
        assert not smtp.open
        return caught.value

    return asyncio.run(scene())


def scripted_failure(script: list[Step], **options: Any) -> ConnectFailed:
    with Scripted(script) as server:
        return failure(server.port, **options)


def deliver(port: int, **options: Any) -> tuple[Outcome, SmtpClient]:
    async def scene() -> tuple[Outcome, SmtpClient]:
        smtp = await opened(port, **options)
        outcome = await smtp.deliver("s@x.example", A, CONTENT)
        await smtp.quit()
        return outcome, smtp

    return asyncio.run(scene())
