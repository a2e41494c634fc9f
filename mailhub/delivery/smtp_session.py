"""Transactions on one open SMTP connection, pipelined across messages (RFC 2920): the content of a message, its dot and
the envelope of the next leave in one write. Opening the connection is smtp_client's; retrying is the lane's."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import cast

from mailhub.delivery.smtp_words import (
    End,
    Ended,
    Offer,
    Outcome,
    Outgoing,
    Prepared,
    Reply,
    ReplyReader,
    Stage,
    prepare,
)

_DOT_ALONE = b".\r\n"
_STAGES: tuple[Stage, ...] = ("mail", "rcpt", "data")


class SmtpSession(asyncio.Protocol):
    """One connection's transactions. At most one message has its dot sent and unanswered, one more its envelope."""

    def __init__(self, command_timeout: float, data_timeout: float) -> None:
        self.command_timeout = command_timeout
        self.data_timeout = data_timeout
        self.extensions: dict[str, str] = {}
        self.tls = ""
        self.ended: Ended | None = None
        self.sent = 0
        self._offer = Offer(self.extensions)
        self._transport: asyncio.Transport | None = None
        self._loop = asyncio.get_running_loop()
        self._ready = self._stopping = False
        self._reader = ReplyReader()
        self._replies: deque[Reply] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._gone = self._loop.create_future()
        self._expected: deque[Stage] = deque()
        self._dotted: Prepared | None = None
        self._open: Prepared | None = None
        self._reset_due = False
        self._running: asyncio.Future[None] | None = None
        self._deadline = 0.0
        self._unwritten = 0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def open(self) -> bool:
        """Whether messages can be given to this connection."""
        return self._ready and self.ended is None

    @property
    def pipelining(self) -> bool:
        """Whether the server takes commands in groups."""
        return self._offer.pipelining

    async def run(
        self, next_message: Callable[[], Outgoing | None], on_outcome: Callable[[Outgoing, Outcome], None]
    ) -> bool:
        """Send messages until next_message answers None or the connection ends; whether it can run again.

        Every message taken from next_message is told to on_outcome exactly once. Both are called from the event loop
        and must not block. A connection that has ended takes no message at all. Cancelled, it tells the outcomes of
        the messages under way and closes the connection. What the two functions raise is raised here, with the
        connection closed and up to two messages untold.
        """
        if not self.open:
            return False
        if self._running is not None:
            raise RuntimeError("this SMTP connection is already running")
        self._next, self._tell = next_message, on_outcome
        self._running = self._loop.create_future()
        try:
            self._go_on()
            self._extend()
            self._watch()
            await self._running
        except BaseException:
            self._end("stopped", 0, "sending was stopped")
            raise
        finally:
            self._running = None
            if self._timer is not None:
                self._timer.cancel()
        return self.open

    # What the event loop tells.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        replies = self._reader.feed(data)
        try:
            for reply in replies:
                if self.ended is None and not self._stopping:
                    self._take(reply)
            if self._reader.fault:
                self._nonsense()
        except Exception as error:  # next_message or on_outcome raised: it belongs to whoever awaits run()
            self._fail(error)
        if replies:
            self._extend()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._gone.done():
            self._gone.set_result(None)
        self._close("lost", f"the connection was lost ({exc})" if exc else "the server closed the connection")

    # Replies, each matched with the command it answers.

    def _take(self, reply: Reply) -> None:
        if not self._ready:
            self._replies.append(reply)
            self._wake()
        elif not self._expected:
            self._unasked(reply)
        elif reply.code == 421:
            self._closing(self._expected.popleft(), reply)
        else:
            stage = self._expected.popleft()
            if stage == "dot":
                self._dot_answered(reply)
            elif stage == "data":
                self._data_answered(reply)
            elif stage in ("mail", "rcpt"):
                self._envelope_answered(stage, reply)
            else:
                self._cleared(stage, reply)

    def _unasked(self, reply: Reply) -> None:
        text = reply.words()[1] if reply.code == 421 else "the server sent a reply that nothing had asked for"
        self._end("closed" if reply.code == 421 else "protocol", reply.code, text)

    def _nonsense(self) -> None:
        if self._open is not None and self._expected[0] == "mail":
            self._open.begun = True  # it is an answer too, and must count: or the message would come back for ever
        self._end("protocol", 0, self._reader.fault)

    def _closing(self, stage: Stage, reply: Reply) -> None:
        """421 is the answer to this command and to all that follow (RFC 5321 3.8)."""
        if stage == "dot" and self._dotted:
            self._dotted.verdict = reply.outcome(stage, self.tls)
        elif stage in ("rcpt", "data") and self._open:
            self._open.verdict = self._open.verdict or reply.outcome(stage, self.tls)
        self._end("closed", 421, reply.words()[1])

    def _dot_answered(self, reply: Reply) -> None:
        if 300 <= reply.code < 400:
            self._end("protocol", reply.code, "the server asked for more after the end of the message")
            return
        dotted = cast(Prepared, self._dotted)
        self._dotted = None
        self.sent += 1
        self._tell(dotted.message, reply.outcome("dot", self.tls))
        if self._open is None:
            self._go_on()

    def _envelope_answered(self, stage: Stage, reply: Reply) -> None:
        opened = cast(Prepared, self._open)
        opened.begun = True
        if 300 <= reply.code < 400:
            self._end("protocol", reply.code, f"the server answered {reply.code} to {stage.upper()}")
            return
        if reply.code >= 400 and opened.verdict is None:
            opened.verdict = reply.outcome(stage, self.tls)
        if not self.pipelining:
            self._step(opened, _STAGES.index(stage) + 1)

    def _step(self, opened: Prepared, following: int) -> None:
        """Without PIPELINING: the next command, or the next message."""
        if opened.verdict is not None:
            self._give_up_open(opened, opened.verdict)
            return
        self._expected.append(_STAGES[following])
        self._write(opened.commands.splitlines(keepends=True)[following])

    def _data_answered(self, reply: Reply) -> None:
        opened = cast(Prepared, self._open)
        if reply.code >= 400:
            self._give_up_open(opened, opened.verdict or reply.outcome("data", self.tls))
        elif reply.code != 354:
            self._end("protocol", reply.code, f"the server answered {reply.code} to DATA")
        elif opened.verdict is not None:
            # RFC 2920 3.1: DATA accepted without a recipient is ended with a dot alone, and its answer means nothing.
            self._expected.append("empty dot")
            self._write(_DOT_ALONE)
        else:
            self._dotted = opened
            self._expected.append("dot")
            self._unwritten = 0
            self._go_on(opened.content + _DOT_ALONE)

    def _cleared(self, stage: Stage, reply: Reply) -> None:
        opened = cast(Prepared, self._open)
        if stage == "empty dot":
            self._give_up_open(opened, cast(Outcome, opened.verdict))
        elif reply.code >= 300:
            self._end("protocol", reply.code, f"the server answered {reply.code} to RSET")
        elif not self.pipelining:
            self._step(opened, 0)

    def _go_on(self, content: bytes = b"") -> None:
        """Write the content of one message, if any, and open the next (without PIPELINING, only after the answer)."""
        opened = self._open = self._pull() if self.pipelining or not content else None
        if opened is not None:
            self._write(content + self._begin(opened))
        elif content:
            self._write(content)
        elif self._running is not None and not self._running.done():
            self._running.set_result(None)

    def _pull(self) -> Prepared | None:
        while (message := self._next()) is not None:
            prepared = prepare(message, self._offer)
            if isinstance(prepared, Prepared):
                return prepared
            self._tell(message, prepared)
        return None

    def _begin(self, opened: Prepared) -> bytes:
        """The first commands of a transaction: all of them, or the first alone without PIPELINING."""
        reset, self._reset_due = self._reset_due, False
        if reset:
            self._expected.append("rset")
        if self.pipelining:
            self._expected.extend(_STAGES)
            return b"RSET\r\n" + opened.commands if reset else opened.commands
        if reset:
            return b"RSET\r\n"
        self._expected.append("mail")
        return opened.commands.splitlines(keepends=True)[0]

    def _give_up_open(self, opened: Prepared, verdict: Outcome) -> None:
        # The server may still hold the sender of the refused transaction: RSET leads the next one.
        self._open, self._reset_due = None, True
        self._tell(opened.message, verdict)
        self._go_on()

    def _close(self, kind: End, text: str) -> None:
        try:
            self._end(kind, 0, text)
        except Exception as error:
            self._fail(error)

    def _end(self, kind: End, code: int, text: str) -> None:
        if self.ended is not None:
            return
        self.ended = Ended(kind, code, text)
        if self._transport is not None:
            self._transport.abort()
        dotted, opened, self._dotted, self._open = self._dotted, self._open, None, None
        self._wake()
        try:
            if dotted is not None:
                self._tell(dotted.message, dotted.verdict or self.ended.in_doubt(self.tls))
        finally:
            if opened is not None:
                self._tell(opened.message, opened.verdict or self.ended.before_dot(opened.begun, self.tls))
        if self._running is not None and not self._running.done():
            self._running.set_result(None)

    def _fail(self, error: Exception) -> None:
        if self._running is not None and not self._running.done():
            self._running.set_exception(error)
        self._end("stopped", 0, "sending was stopped")

    # Time. One timer looks at a moving deadline: nothing is armed or cancelled per message.

    def _patience(self) -> float:
        return self.data_timeout if self._expected and self._expected[0] == "dot" else self.command_timeout

    def _extend(self) -> None:
        self._deadline = self._loop.time() + self._patience()

    def _watch(self) -> None:
        left = self._deadline - self._loop.time()
        if self.ended is not None or self._transport is None:
            return
        unwritten = self._transport.get_write_buffer_size()
        if left <= 0 and unwritten != self._unwritten:
            self._unwritten = unwritten  # a long message on a thin line was flowing since the last look
            self._extend()
        elif left <= 0:
            self._close("timeout", f"the server did not answer within {self._patience():g} s")
            return
        self._timer = self._loop.call_later(min(max(left, 0.001), self.command_timeout, self.data_timeout), self._watch)

    def _write(self, octets: bytes) -> None:
        cast(asyncio.Transport, self._transport).write(octets)

    def _wake(self) -> None:
        """Tell whoever opens or closes the session that a reply, or the end, is there."""
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
