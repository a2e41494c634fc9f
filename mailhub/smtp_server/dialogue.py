"""One conversation's wire: greeting, replies, limits, errors, its end. The commands are left to `conversation`.

Built on aiosmtpd's protocol, whose connection, TLS and session it uses; commands, content and replies are its own,
since aiosmtpd lets a bare LF through, drops what was pipelined at an end of file, and knows no enhanced codes.
"""

import asyncio
import logging
from abc import ABC, abstractmethod

from aiosmtpd.smtp import SMTP, TLSSetupException

from mailhub import metrics
from mailhub.db import now_ms
from mailhub.errors import UserError
from mailhub.smtp_server.reading import Gone, Incoming
from mailhub.smtp_server.replies import Refused, refusal, reply, trouble
from mailhub.smtp_server.shared import Shared

IDLE = 300
"""Seconds a peer may say nothing, or take over one command (RFC 5321 section 4.5.3.2.7)."""
PACE = 256
"""Octets a second that a mail must come with, once `IDLE` seconds have passed."""
BAD_COMMANDS = 10
"""Wrong commands after which a conversation ends."""
_CHUNK = 65_536
log = logging.getLogger(__name__)


class Dialogue(SMTP, ABC):
    """Hears commands and answers them; `_obey` says what they mean."""

    line_length_limit = _CHUNK  # what aiosmtpd reads ahead at most

    greeting_delay = 0.0
    """Seconds the peer has to keep quiet before it is greeted."""

    def __init__(self, shared: Shared, peer: str) -> None:
        super().__init__(
            None, hostname=shared.hostname, enable_SMTPUTF8=True, timeout=IDLE, loop=asyncio.get_running_loop()
        )
        self.shared = shared
        self.peer = peer
        """The IP address of whoever speaks, be it behind a proxy; "" when the proxy does not know."""
        self.secure = False
        """True under TLS."""
        self.login_id = 0
        """The id of the login that signed in, if any."""
        self.incoming = Incoming(self._receive)
        self._began = self._deadline = 0.0
        self._pace = 0
        self._heard = 0
        self._outgoing: list[bytes] = []
        self._bad_commands = 0
        self._ended = False

    def __dir__(self) -> list[str]:
        """Nothing: aiosmtpd looks through all names of every new connection (0.2 ms) for commands not used here."""
        return []

    @abstractmethod
    async def _obey(self, line: bytes) -> None:
        """Do what a command asks and answer it. Raises `Refused`, `UserError`."""

    # Life ------------------------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.secure = transport.get_extra_info("sslcontext") is not None

    async def ended(self) -> None:
        """Wait for the end of a conversation that has begun."""
        if self._handler_coroutine is not None:
            await asyncio.wait([self._handler_coroutine])

    async def _handle_client(self) -> None:
        self.shared.present.add(self)
        try:
            metrics.count("smtp.connections")
            await self._greet()
            while not self._ended:
                await self._turn()
        except (Gone, OSError, TLSSetupException) as reason:
            log.debug("a conversation was left: %r", reason)
        finally:
            self.shared.present.discard(self)
            self._close()

    async def _greet(self) -> None:
        if self.greeting_delay and await self._speaks_early():
            self._refuse(Refused(554, "5.5.1", "You spoke before the greeting.", close=True, offence="early"))
        else:
            self.say(220, "", f"{self.hostname} ESMTP MailHub")
        await self.flush()

    async def _speaks_early(self) -> bool:
        """Whether the peer says something, or leaves, before it is greeted."""
        try:
            async with asyncio.timeout(self.greeting_delay):
                await self._reader.read(1)
        except TimeoutError:
            return False
        return True

    async def _turn(self) -> None:
        """Hear one command and answer it."""
        self._expect(0)
        try:
            await self._obey(await self.incoming.line())
        except Refused as refused:
            self._refuse(refused)
        except UserError as error:
            self._refuse(refusal(error))
        except (Gone, TLSSetupException):
            raise
        except Exception as error:
            log.exception("a command of an SMTP conversation failed")
            self._refuse(trouble(error))
        if self.shared.stopping and not self._ended and not self.busy:
            self._farewell(421, "4.3.2", "This server is stopping: try again in a minute.")
        if self._ended:
            await self.flush()

    def _refuse(self, refused: Refused) -> None:
        self._outgoing.append(f"{refused}\r\n".encode("ascii", "replace"))
        self._bad_commands += refused.bad_command
        banned = refused.offence and self._offends(refused.offence)
        if refused.close:
            self._ended = True
        elif banned:
            self._farewell(421, "4.7.0", "Your address is banned here for a while: good-bye.")
        elif self._bad_commands >= BAD_COMMANDS:
            self._offends("commands")
            self._farewell(421, "4.7.0", "Too many wrong commands: good-bye.")

    def _offends(self, offence: str) -> bool:
        """Note an offence, of strangers only. True when the peer is banned now."""
        return not self.is_known and self.shared.guard.offend(self.peer, offence, now_ms())

    @property
    def is_known(self) -> bool:
        """Whether the peer has signed in."""
        return False

    def _farewell(self, code: int, enhanced: str, sentence: str) -> None:
        self.say(code, enhanced, sentence)
        self._ended = True

    @property
    def busy(self) -> bool:
        """True between MAIL and the answer to its content."""
        return self.envelope is not None and self.envelope.mail_from is not None

    @property
    def spoke_ahead(self) -> bool:
        """Whether the peer went on without waiting for an answer."""
        return self.incoming.waiting or bool(self._reader._buffer)  # type: ignore[attr-defined]

    def leave(self) -> None:
        """The server stops: end now if no mail is on its way, else after it (see `_turn`)."""
        if not self.busy and not self._ended and self.transport is not None:
            self._farewell(421, "4.3.2", "This server is stopping: try again in a minute.")
            self._write_out()
            self._close()

    def _forget(self) -> None:
        """No mail is on its way any more."""
        self.envelope = self._create_envelope()

    def abort(self) -> None:
        """End now, whatever is on its way."""
        self._close()
        if self._handler_coroutine is not None:
            self._handler_coroutine.cancel()

    def _close(self) -> None:
        self._ended = True
        if self._timeout_handle is not None:
            self._timeout_handle.cancel()
        for transport in (self.transport, self._original_transport):
            if transport is not None:
                transport.close()

    def _expect(self, pace: int) -> None:
        """A command begins now, or a mail, which must come with `pace` octets a second."""
        self._began, self._pace, self._heard = self.loop.time(), pace, 0
        self._deadline = self._began + IDLE

    def _timeout_cb(self) -> None:
        """What the timer calls: a deadline only ever moves on, so that most commands need no timer of their own."""
        if (left := self._deadline - self.loop.time()) > 0:
            self._timeout_handle = self.loop.call_later(left, self._timeout_cb)
            return
        self._farewell(421, "4.4.2", "Nothing was heard for too long, or too slowly: good-bye.")
        self._write_out()
        self._close()

    def eof_received(self) -> bool | None:
        """The peer will say no more; what it said already is still answered."""
        assert self._reader is not None
        self._reader.feed_eof()
        return not self.secure

    # Words in and out ------------------------------------------------------------------------------------------------

    async def _receive(self) -> bytes:
        """The next octets; all replies leave first, so that pipelined commands share one write (RFC 2920)."""
        try:
            await self.flush()
            octets: bytes = await self._reader.read(_CHUNK)
        except OSError as error:  # a broken connection says so every time it is asked: never ask again
            raise Gone from error
        self._heard += len(octets)
        if self._pace:  # a command has its time as a whole
            self._deadline = min(self._began + self._heard / self._pace, self.loop.time()) + IDLE
        return octets

    def say(self, code: int, enhanced: str, sentence: str) -> None:
        """Answer; it leaves before the next thing is heard."""
        self._outgoing.append(reply(code, enhanced, sentence).encode("ascii", "replace") + b"\r\n")

    async def flush(self) -> None:
        """Send what was said."""
        self._write_out()
        await self._writer.drain()

    def _write_out(self) -> None:
        if self._outgoing:
            self._writer.write(b"".join(self._outgoing))
            self._outgoing.clear()

    async def push(self, status: str | bytes) -> None:  # what aiosmtpd itself says: at once
        self._outgoing.append((status.encode() if isinstance(status, str) else status) + b"\r\n")
        await self.flush()
