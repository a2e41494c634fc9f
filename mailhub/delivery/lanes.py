"""A lane: this process's open connections to one destination, and the messages waiting for them.

It knows SMTP outcomes and nothing of the database; who feeds it hears what became of each message, or takes it back.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

from mailhub import metrics
from mailhub.delivery.building import GROUP, Builder, Ready
from mailhub.delivery.smtp_client import ConnectFailed, Outcome, Outgoing, SmtpClient, Tls
from mailhub.errors import UserError

IDLE = 20.0
"""Seconds an idle connection is kept."""
LONGEST_BLOCK = 300.0
FEWER = 60.0
"""Seconds after which a server that wanted fewer connections is asked for one more."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a lane leads and how: a host and port, TLS mode and login (see `SmtpClient`)."""

    name: str
    host: str
    port: int
    tls: Tls
    username: str = ""
    password: str = ""


Tell = Callable[[Ready, Outcome], None]


class Lane:
    """Connections to one destination. All calls from the loop's thread."""

    def __init__(self, destination: Destination, helo: str, connections: int, tell: Tell) -> None:
        self.destination = destination
        self.blocked_until = 0.0
        self.failure = Outcome("deferred", 0, "4.4.1", "")
        """Why it is blocked, in the words for the ledger."""
        self._helo = helo
        self._limit = self._most = connections
        self._more_at = 0.0
        self._live: set[SmtpClient] = set()
        self._tell = tell
        self._builder = Builder()
        self._reported = time.thread_time()
        self._backlog: deque[Ready] = deque()
        self._built: deque[tuple[Ready, bytes]] = deque()
        self._idle: list[tuple[SmtpClient, float]] = []
        self._busy: set[asyncio.Task[None]] = set()
        self._failures = 0

    @property
    def backlog(self) -> int:
        """Messages that no connection has begun with."""
        return len(self._backlog) + len(self._built)

    @property
    def in_flight(self) -> int:
        """Connections at work."""
        return len(self._busy)

    def blocked(self, now: float) -> bool:
        """True while the destination could not be reached a moment ago. `now` is the loop's time."""
        return now < self.blocked_until

    def feed(self, messages: Sequence[Ready], *, ahead: bool = False) -> None:
        """Give messages to the lane, `ahead` of those that wait there, and wake as many connections as they are worth."""
        if ahead:
            self._backlog.extendleft(reversed(messages))
        else:
            self._backlog.extend(messages)
        self._allow_more()
        while len(self._busy) < min(self._limit, (self.backlog + 4) // 5):
            task = asyncio.get_running_loop().create_task(self._serve())
            self._busy.add(task)
            task.add_done_callback(self._busy.discard)

    def take_back(self, which: Callable[[Ready], bool] = lambda ready: True) -> list[Ready]:
        """The messages (those of them) no connection has begun with; they are the feeder's again."""
        built, backlog = self._built, self._backlog
        self._built = deque(each for each in built if not which(each[0]))
        self._backlog = deque(ready for ready in backlog if not which(ready))
        return [ready for ready in (*[ready for ready, _ in built], *backlog) if which(ready)]

    def report(self) -> None:
        """Put what the loop's thread did since the last time into the metrics: what was not building was the lane's."""
        now = time.thread_time()
        metrics.spent("deliver", now - self._reported - self._builder.report())
        self._reported = now

    async def _serve(self) -> None:
        """One connection after the other while there is something to send and they take it."""
        while self.backlog and await self._serve_once():
            continue

    async def _serve_once(self) -> bool:
        """Send on one connection until it or the backlog ends. True when it took something."""
        try:
            client = await self._client()
        except ConnectFailed as failure:
            self._refused(failure)
            return False
        self._live.add(client)
        sent = client.sent
        try:
            while client.open and self.backlog:
                await client.run(self._next, self._told)
        finally:
            if client.sent > sent:
                self._failures = 0
            elif client.ended is not None and client.ended.kind != "stopped":
                # It answered and took nothing: knocking again at once would go on for ever.
                self._refused(ConnectFailed("lost", client.ended.text, client.ended.code))
            if client.open:
                self._idle.append((client, asyncio.get_running_loop().time()))
            else:
                self._live.discard(client)
                client.abort()
        return client.sent > sent

    def _refused(self, failure: ConnectFailed) -> None:
        """A server that serves another of our connections wants fewer of them; else it cannot be used for a while."""
        others = sum(client.open for client in self._live)
        if not others:
            self._block(failure)
            return
        self._limit, self._more_at = others, asyncio.get_running_loop().time() + FEWER
        log.info("destination %s is given %s connections: %s", self.destination.name, others, failure.text)

    def _allow_more(self) -> None:
        now = asyncio.get_running_loop().time()
        if self._limit < self._most and now >= self._more_at:
            self._limit, self._more_at = self._limit + 1, now + FEWER

    async def _client(self) -> SmtpClient:
        while self._idle:
            client, _ = self._idle.pop()
            if client.open:
                return client
        try:
            return await self._connect(self.destination.tls)
        except ConnectFailed as failure:
            if failure.kind != "tls" or self.destination.tls != "opportunistic" or self.destination.username:
                raise
            log.warning("destination %s: %s; going on without TLS", self.destination.name, failure.text)
            return await self._connect("none")

    async def _connect(self, tls: Tls) -> SmtpClient:
        at = self.destination
        client = SmtpClient(at.host, at.port, helo=self._helo, tls=tls, username=at.username, password=at.password)
        await client.connect()
        return client

    def _next(self) -> Outgoing | None:
        while not self._built and self._backlog:
            self._build()
        if not self._built:
            return None
        ready, mail = self._built.popleft()
        return Outgoing(ready.envelope_from, ready.waiting.address, (mail,), ready.stuffed, ready, ready.dsn)

    def _build(self) -> None:
        group = [self._backlog.popleft() for _ in range(min(GROUP, len(self._backlog)))]
        for ready, made in zip(group, self._builder.build(group), strict=True):
            if isinstance(made, bytes):
                self._built.append((ready, made))
            else:
                self._tell(ready, unmade(ready, made))

    def _told(self, message: Outgoing, outcome: Outcome) -> None:
        self._tell(cast(Ready, message.about), outcome)

    def _block(self, failure: ConnectFailed) -> None:
        """One message bears the failure, so that the ledger tells of it; the others wait without an attempt counted."""
        loop = asyncio.get_running_loop()
        self._failures += 1
        self.blocked_until = loop.time() + min(5.0 * 2 ** min(self._failures - 1, 10), LONGEST_BLOCK)
        log.warning("destination %s could not be used: %s", self.destination.name, failure.text)
        self.failure = Outcome("deferred", failure.code, "4.4.1", failure.text)
        if self.backlog:
            ready = self._built.popleft()[0] if self._built else self._backlog.popleft()
            self._tell(ready, self.failure)

    async def close_idle(self, older_than: float) -> None:
        """Say goodbye on connections idle since before `older_than` (the loop's time)."""
        self._live = {client for client in self._live if client.open}
        stale = [client for client, since in self._idle if since <= older_than]
        self._idle = [(client, since) for client, since in self._idle if since > older_than]
        for client in stale:
            await client.quit()

    async def wait(self, seconds: float) -> None:
        """Wait for the connections at work, at most so long."""
        if self._busy:
            await asyncio.wait(set(self._busy), timeout=seconds)


def unmade(ready: Ready, error: Exception) -> Outcome:
    """What becomes of a message that could not be built: its writer's mistake bounces it, ours is tried again."""
    if isinstance(error, UserError):
        return Outcome("bounced", 0, "5.6.0", f"The mail could not be made: {error}")
    log.error("message %s could not be made", ready.waiting.id, exc_info=error)
    return Outcome("deferred", 0, "4.3.0", "The mail could not be made: see the server's log.")
