"""The sink itself: the listening port in a thread of its own, and what was received."""

import asyncio
import hashlib
import json
import re
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import IO, Literal, Self

from mailhub.sink.certificate import self_signed
from mailhub.sink.rules import BEHAVIOURS, Rule
from mailhub.sink.visit import Visit

try:
    import uvloop
except ImportError:  # it is not built for every platform; asyncio's own loop serves as well, only slower
    _new_loop: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop
else:
    _new_loop = uvloop.new_event_loop

_MESSAGE_ID = re.compile(rb"^message-id:\s*([^\r\n]*)", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Received:
    """One message taken: content as sent, without dot-stuffing; at: seconds since 1970; connection: numbered from 1."""

    envelope_from: str
    recipient: str
    content: bytes
    at: float
    connection: int


class Sink:
    """The server, in a thread of its own between start() and stop(), or as a context manager.

    behaviours: see Rule.parse; those given replace the default of the same word. latency: seconds before each group
    of answers. max_per_connection: after so many messages, 421. tls: "starttls", "implicit" or "none". login:
    (user, password), then demanded. keep: whether `received` holds the messages (else they are only counted).
    record: a file that gets one JSON line a message, written within a moment;
    every `sample`-th holds its content, as latin-1. size: the limit declared in EHLO.

    Attributes: port, received, count, connections, violations (commands sent before they were allowed), certificate
    (PEM, for clients that check it).
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        behaviours: Sequence[str] = (),
        latency: float = 0.0,
        max_per_connection: int = 0,
        pipelining: bool = True,
        tls: Literal["none", "starttls", "implicit"] = "none",
        login: tuple[str, str] | None = None,
        keep: bool = True,
        record: str = "",
        sample: int = 0,
        size: int = 0,
    ) -> None:
        self.host, self.port = host, port
        self.latency, self.max_per_connection, self.tls, self.login = latency, max_per_connection, tls, login
        self.rules = {rule.word: rule for rule in map(Rule.parse, (*BEHAVIOURS, *behaviours))}
        self.words = re.compile("|".join(map(re.escape, self.rules)), re.IGNORECASE)
        self.extensions = [f"SIZE {size}" if size else "SIZE", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"]
        self.extensions += ["PIPELINING"] if pipelining else []
        self.pipelining = pipelining
        self.received: list[Received] = []
        self.count = self.connections = self.violations = 0
        self.live: set[asyncio.Transport] = set()
        self._keep, self._sample = keep, sample
        self._record: IO[str] | None = open(record, "a", encoding="utf-8") if record else None  # noqa: SIM115
        self._flush_due = False
        self.certificate = b""
        self.context: ssl.SSLContext | None = None
        if tls != "none":
            self.certificate, self.context = self_signed()
        self._loop = _new_loop()
        self._thread = threading.Thread(target=self._serve, name="sink", daemon=True)

    def start(self) -> Self:
        """Listen; `port` is known when this returns. Raises OSError when the port is taken."""
        context = self.context if self.tls == "implicit" else None
        serving = self._loop.create_server(lambda: Visit(self, self._loop), self.host, self.port, ssl=context)
        self._server = self._loop.run_until_complete(serving)
        self.port = self._server.sockets[0].getsockname()[1]
        self._thread.start()
        return self

    def stop(self) -> None:
        """Close every connection and the port, and finish the record."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        if self._record:
            self._record.close()

    __enter__ = start

    def __exit__(self, *_: object) -> None:
        self.stop()

    def wait_for(self, count: int, timeout: float = 10.0) -> list[Received]:
        """Wait until so many messages were taken; what `received` then holds. Raises TimeoutError."""
        until = time.monotonic() + timeout
        while self.count < count:
            if time.monotonic() > until:
                raise TimeoutError(f"the sink took {self.count} of {count} messages within {timeout:g} s")
            time.sleep(0.005)
        return list(self.received)

    def take(self, envelope_from: str, recipient: str, content: bytes, connection: int) -> None:
        """Note one message, in the ways this sink was asked to."""
        self.count += 1
        if self._keep:
            self.received.append(Received(envelope_from, recipient, content, time.time(), connection))
        if self._record:
            named = _MESSAGE_ID.search(content)
            line: dict[str, object] = {
                "recipient": recipient,
                "message_id": named[1].decode("utf-8", "replace") if named else "",
                "sha256": hashlib.sha256(content).hexdigest(),
                "at": round(time.time(), 6),
            }
            if self._sample and self.count % self._sample == 0:
                line["content"] = content.decode("latin-1")
            self._record.write(json.dumps(line) + "\n")
            if not self._flush_due:  # whoever reads along sees a mail a moment later
                self._flush_due = True
                self._loop.call_later(0.05, self._flush)

    def _flush(self) -> None:
        self._flush_due = False
        if self._record and not self._record.closed:
            self._record.flush()

    def _serve(self) -> None:
        self._loop.run_forever()
        self._server.close()
        for transport in list(self.live):
            transport.abort()
        self._loop.run_until_complete(asyncio.sleep(0.01))
        self._loop.close()
