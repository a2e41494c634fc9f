"""Programs that submit: so many sessions at once over SMTP, each new for its mail or kept for many."""

import asyncio
import base64
import time
from dataclasses import dataclass

_LINE = b"Spring is back at the bookshop, and with it the readings of Thursday.\r\n"


@dataclass(frozen=True)
class Load:
    """What is submitted: `mails` of `size` octets over `sessions` at once, `each` in one session; the login or ""."""

    port: int
    mails: int
    sessions: int
    each: int
    size: int
    login: str = ""
    password: str = ""


def submit(load: Load) -> float:
    """Submit everything; seconds from the first connection to the last 250. Raises AssertionError for another answer."""
    began = time.monotonic()
    asyncio.run(_all(load))
    return time.monotonic() - began


def recipient(number: int) -> str:
    """The address that mail `number` (from 0) is for."""
    return f"reader{number}@d{number % 40}.example.net"


async def _all(load: Load) -> None:
    waiting = [range(first, min(first + load.each, load.mails)) for first in range(0, load.mails, load.each)][::-1]

    async def work() -> None:
        while waiting:
            await _session(load, waiting.pop())

    await asyncio.gather(*(work() for _ in range(load.sessions)))


async def _session(load: Load, numbers: range) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", load.port)
    await _expect(reader, b"220")
    writer.write(b"EHLO program.example.com\r\n")
    await _expect(reader, b"250")
    if load.login:
        writer.write(b"AUTH PLAIN " + base64.b64encode(f"\0{load.login}\0{load.password}".encode()) + b"\r\n")
        await _expect(reader, b"235")
    for number in numbers:
        to = recipient(number).encode()
        writer.write(b"MAIL FROM:<shop@bench.example.com>\r\nRCPT TO:<" + to + b">\r\nDATA\r\n")
        for code in (b"250", b"250", b"354"):
            await _expect(reader, code)
        writer.write(_mail(number, to, load.size))
        await _expect(reader, b"250")
    writer.write(b"QUIT\r\n")
    await _expect(reader, b"221")
    writer.close()


def _mail(number: int, to: bytes, size: int) -> bytes:
    head = (
        b"From: Shop <shop@bench.example.com>\r\nTo: " + to + b"\r\nSubject: Your order %d\r\n" % number
        + b"Date: Sun, 22 Nov 2026 10:00:00 +0000\r\nMessage-ID: <order-%d@bench.example.com>\r\n" % number
        + b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    )  # fmt: skip
    return head + _LINE * max(1, (size - len(head)) // len(_LINE)) + b".\r\n"


async def _expect(reader: asyncio.StreamReader, code: bytes) -> None:
    line = await reader.readline()
    while line[3:4] == b"-":
        line = await reader.readline()
    assert line.startswith(code), f"{line!r} instead of {code!r}"
