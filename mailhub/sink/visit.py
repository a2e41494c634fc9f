"""One connection to the sink: commands and messages in, answers out, in groups as they came (RFC 2920)."""

import asyncio
import base64
import re
import ssl
from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

from mailhub.sink.rules import Rule

if TYPE_CHECKING:
    from mailhub.sink.server import Sink

_PATH = re.compile(r"<([^<>]*)>")


class Visit(asyncio.Protocol):
    """One connection to the sink."""

    def __init__(self, sink: "Sink", loop: asyncio.AbstractEventLoop) -> None:
        self.sink, self.loop = sink, loop
        self.taken = 0
        self.rest = b""  # what came and was not looked at yet
        self.content: list[bytes] | None = None  # the message being read
        self.sender: str | None = None
        self.recipient = ""
        self.rule: Rule | None = None
        self.known = sink.login is None
        self.asked: list[str] | None = None  # the answers given to AUTH LOGIN
        self.waiting = self.over = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.sink.live.add(self.transport)
        self.sink.connections += 1
        self.number = self.sink.connections
        self.transport.write(b"220 sink.example ESMTP\r\n")

    def connection_lost(self, exc: Exception | None) -> None:
        self.sink.live.discard(self.transport)

    def data_received(self, data: bytes) -> None:
        if self.waiting:
            self.rest += data
            return
        if answers := b"".join(self._answers(data)):
            if self.sink.latency:
                self.loop.call_later(self.sink.latency, self._send, answers, self.over)
            else:
                self._send(answers, self.over)
        elif self.over:
            self.transport.close()

    def _send(self, answers: bytes, over: bool) -> None:
        if not self.transport.is_closing():
            self.transport.write(answers)
        if over:
            self.transport.close()

    def _answers(self, data: bytes) -> Iterator[bytes]:
        """The answers to all that is complete in these octets; the rest is kept."""
        while data and not (self.over or self.waiting):
            if self.content is not None:
                message, data = self._read_content(data)
                if message is not None:
                    self.sink.violations += bool(data) and not self.sink.pipelining
                    yield self._dot(message)
            else:
                line, end, data = (self.rest + data).partition(b"\n")
                self.rest = b""
                if not end:
                    self.rest = line
                    return
                if data and not self.sink.pipelining:
                    self.sink.violations += 1
                yield self._command(line.strip(b"\r"), bool(data))
        self.rest = data

    def _read_content(self, data: bytes) -> tuple[bytes | None, bytes]:
        """The message, when CRLF dot CRLF has come, and what follows it. The first chunk is a CRLF put there by us."""
        chunks = cast(list[bytes], self.content)
        tail = chunks.pop()
        window = tail[-4:] + data
        at = window.find(b"\r\n.\r\n")
        if at < 0:
            chunks += [tail[:-4], window]
            return None, b""
        chunks += [tail[:-4], window[: at + 2]]
        message = b"".join(chunks).replace(b"\r\n..", b"\r\n.")[2:]
        self.content = None
        return message, window[at + 5 :]

    def _dot(self, message: bytes) -> bytes:
        self.taken += 1
        sender, self.sender = self.sender or "", None
        answer = self._ruled("dot", b"250 2.0.0 Taken\r\n")
        if answer[:1] == b"2" or not answer:
            self.sink.take(sender, self.recipient, message, self.number)
        self.recipient, self.rule = "", None
        return answer

    def _ruled(self, stage: str, usual: bytes) -> bytes:
        """The answer at this stage, as the recipient's (or the sender's) rule has it."""
        if self.rule is None or self.rule.stage != stage:
            return usual
        answer = self.rule.answer
        if answer == "drop":
            self.over = True
            return b""
        if answer.startswith("wait "):
            self.waiting = True
            self.loop.call_later(float(answer[5:]), self._go_on, usual)
            return b""
        self.over = answer.startswith("421")
        return answer.encode() + b"\r\n"

    def _go_on(self, answer: bytes) -> None:
        self.waiting = False
        self._send(answer, False)
        data, self.rest = self.rest, b""
        self.data_received(data)

    def _command(self, line: bytes, more: bool) -> bytes:
        verb = line[:4].upper()
        if self.asked is not None:
            return self._login_step(line)
        if verb == b"MAIL":
            return self._mail(line)
        if verb == b"RCPT":
            return self._rcpt(line)
        if verb == b"DATA":
            return self._data(more)
        if verb == b"RSET":
            self.sender, self.recipient, self.rule = None, "", None
            return b"250 2.0.0 Forgotten\r\n"
        return self._session_command(verb, line, more)

    def _find_rule(self, line: bytes) -> str:
        """Note the rule of the address in this line, and give the address."""
        found = _PATH.search(line.decode("utf-8", "replace"))
        address = found[1] if found else ""
        word = self.sink.words.search(address.rpartition("@")[0])
        if word:
            self.rule = self.sink.rules[word[0].lower()]
        return address

    def _mail(self, line: bytes) -> bytes:
        if not self.known:
            return b"530 5.7.0 Sign in first\r\n"
        if self.sender is not None:
            return b"503 5.5.1 MAIL was given already\r\n"
        if self.sink.max_per_connection and self.taken >= self.sink.max_per_connection:
            self.over = True
            return b"421 4.7.0 Enough on this connection\r\n"
        sender = self._find_rule(line)
        answer = self._ruled("mail", b"250 2.1.0 Sender noted\r\n")
        self.rule = None  # the other stages are the recipient's: a return path may hold any word by chance
        if answer.startswith(b"2") or not answer:
            self.sender = sender
        return answer

    def _rcpt(self, line: bytes) -> bytes:
        if self.sender is None or self.recipient:
            return b"503 5.5.1 One MAIL, then one RCPT\r\n"
        recipient = self._find_rule(line)
        answer = self._ruled("rcpt", b"250 2.1.5 Recipient noted\r\n")
        if answer.startswith(b"2") or not answer:
            self.recipient = recipient
        return answer

    def _data(self, more: bool) -> bytes:
        self.sink.violations += more
        if not self.recipient:
            return b"503 5.5.1 No valid recipient\r\n"
        answer = self._ruled("data", b"354 Go on\r\n")
        if answer.startswith(b"354") or (not answer and self.waiting):
            self.content = [b"\r\n"]
        return answer

    def _session_command(self, verb: bytes, line: bytes, more: bool) -> bytes:
        if verb in (b"EHLO", b"HELO"):
            return self._hello(verb)
        if verb == b"NOOP":
            return b"250 2.0.0 Nothing done\r\n"
        if verb == b"QUIT":
            self.over = True
            return b"221 2.0.0 Goodbye\r\n"
        if verb == b"AUTH" and self.sink.login:
            return self._auth(line)
        if line.upper() == b"STARTTLS" and self.sink.tls == "starttls" and not more:
            self.transport.write(b"220 2.0.0 Ready\r\n")
            self.transport.pause_reading()
            self.upgrade = self.loop.create_task(self._secure())
            return b""
        return b"502 5.5.1 Not a command of this server\r\n"

    def _hello(self, verb: bytes) -> bytes:
        if verb == b"HELO":
            return b"250 sink.example\r\n"
        lines = ["sink.example", *self.sink.extensions]
        lines += ["AUTH PLAIN LOGIN"] if self.sink.login else []
        if self.sink.tls == "starttls" and self.transport.get_extra_info("ssl_object") is None:
            lines.append("STARTTLS")
        return "".join(f"250{'-' if line != lines[-1] else ' '}{line}\r\n" for line in lines).encode()

    def _auth(self, line: bytes) -> bytes:
        match line.split():
            case [_, b"LOGIN"]:
                self.asked = []
                return b"334 VXNlcm5hbWU6\r\n"
            case [_, b"LOGIN", username]:
                self.asked = []
                return self._login_step(username)
            case [_, b"PLAIN", answer]:
                return self._check(_decode(answer).split("\0")[1:])
        return b"504 5.5.4 PLAIN, with its answer, or LOGIN\r\n"

    def _login_step(self, line: bytes) -> bytes:
        asked = cast(list[str], self.asked)
        asked.append(_decode(line))
        if len(asked) < 2:
            return b"334 UGFzc3dvcmQ6\r\n"
        self.asked = None
        return self._check(asked)

    def _check(self, login: list[str]) -> bytes:
        self.known = tuple(login) == self.sink.login
        return b"235 2.7.0 Signed in\r\n" if self.known else b"535 5.7.8 Wrong user or password\r\n"

    async def _secure(self) -> None:
        self.sink.live.discard(self.transport)
        context = cast(ssl.SSLContext, self.sink.context)
        try:
            secured = await self.loop.start_tls(self.transport, self, context, server_side=True)
        except OSError:  # the client did not like the certificate, or left: its own test tells that
            return
        if secured is not None:
            self.transport = secured
            self.sink.live.add(secured)


def _decode(answer: bytes) -> str:
    try:
        return base64.b64decode(answer).decode()
    except ValueError:  # not base64, or not UTF-8: no login is written so, and none will match
        return ""
