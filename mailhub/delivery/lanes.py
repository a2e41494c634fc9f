"""A lane: this process's open connections to one destination, and the few messages waiting for them.

It knows SMTP outcomes and nothing of the database; who feeds it hears what became of each message, or takes it back.
Which lane a message goes to is the fleet's.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple, cast

from mailhub.address import without_addresses
from mailhub.delivery.building import GROUP, Builder, Ready, Way, unmade
from mailhub.delivery.connecting import Dialer, status_of
from mailhub.delivery.measure import Measure
from mailhub.delivery.mx import short_name
from mailhub.delivery.pace import Pace
from mailhub.delivery.places import MANY
from mailhub.delivery.smtp_client import ConnectFailed, Outcome, Outgoing, SmtpClient
from mailhub.delivery.turn import Turn

IDLE = 20.0
"""Seconds an idle connection is kept."""
LONGEST_BLOCK = 300.0
SOURCES, DOMAINS = 50, 200
"""Sources, and domains of each, that a lane remembers having messages of."""

log = logging.getLogger(__name__)


class LaneKey(NamedTuple):
    """What makes a lane: a route, a local address, and a destination ("" for a smart host)."""

    route: int
    egress: int
    destination: str


Tell = Callable[["Lane", Ready, Outcome], None]


class Lane:
    """Connections to one destination. All calls from the loop's thread; `told` hears of every message it was fed.

    `on_block` is called when it can take no more for a while. `milliseconds` is the clock of `pace`.
    """

    def __init__(
        self,
        key: LaneKey,
        dialer: Dialer,
        pace: Pace,
        told: Tell,
        on_block: Callable[["Lane"], None],
        milliseconds: Callable[[], int],
        builder: Builder | None = None,
        provider: str = "",
    ) -> None:
        self.key, self.dialer, self.pace, self.provider = key, dialer, pace, provider
        self.name = dialer.route.name
        self.blocked_until = 0.0
        self.failure = Outcome("deferred", 0, "4.4.1", "")
        """Why it is blocked, in the words for the ledger."""
        self.said = True
        """Whether the ledger tells of it."""
        self.seen: dict[int, dict[str, Way]] = {}
        self.used_at = 0.0
        self._loop = asyncio.get_running_loop()
        self._ms = milliseconds
        self._builder = builder or Builder()
        self._told, self._on_block = told, on_block
        self._live: set[SmtpClient] = set()
        self._backlog: deque[Ready] = deque()
        self._built: deque[tuple[Ready, bytes]] = deque()
        self._idle: list[tuple[SmtpClient, float]] = []
        self._busy: set[asyncio.Task[None]] = set()
        self._starting = 0  # of those, tasks that have not run yet: each finds an idle connection, while there is one
        self._leaving: set[asyncio.Task[None]] = set()
        self._failures = 0
        self.measure = Measure(self._loop.time())

    @property
    def backlog(self) -> int:
        """Messages that no connection has begun with."""
        return len(self._backlog) + len(self._built)

    @property
    def in_flight(self) -> int:
        """Connections at work."""
        return len(self._busy)

    @property
    def connections(self) -> int:
        """Connections at work or kept open."""
        return len(self._busy) + max(0, len(self._idle) - self._starting)

    @property
    def shown(self) -> str:
        """How it is called in the log and in events."""
        return short_name(self.key.destination) or self.name

    def blocked(self, now: float) -> bool:
        """True while the destination could not be used a moment ago. `now` is the loop's time."""
        return now < self.blocked_until

    @property
    def busy(self) -> set[asyncio.Task[None]]:
        """The connections at work."""
        return set(self._busy)

    @property
    def wants(self) -> bool:
        """Whether it would use another connection now."""
        return self.backlog > 0 and not self.stopped and self.may_send()

    @property
    def has_idle(self) -> bool:
        """Whether a connection is open and unused."""
        return bool(self._idle)

    def room(self, *, urgent: bool = False) -> int:
        """How many more messages it takes; urgent ones may be as many again."""
        return self.measure.room(self.backlog, urgent=urgent)

    def full(self) -> bool:
        """Whether it is not worth bringing more: less than a quarter of its room is left."""
        return self.room() * 4 < self.measure.capacity

    def remember(self, way: Way) -> None:
        """That messages of a source to a domain go here, so that they can be left out when it is full or blocked."""
        domains = self.seen.get(way.source)
        if domains is None:
            if len(self.seen) >= SOURCES:
                del self.seen[next(iter(self.seen))]
            domains = self.seen[way.source] = {}
        if len(domains) < DOMAINS or way.domain in domains:
            domains[way.domain] = way

    def feed(self, messages: Sequence[Ready], *, ahead: bool = False, most: int = MANY) -> int:
        """Give messages to the lane, `ahead` of those that wait there, and wake as many connections as they are worth.

        Returns how many more; it opens none beyond `most`.
        """
        if ahead:
            self._backlog.extendleft(reversed(messages))
        else:
            self._backlog.extend(messages)
        self.used_at = self._loop.time()
        return self.wake(most)

    def wake(self, most: int = MANY) -> int:
        """Put connections to work on what waits, until it has `most` or what it is worth. Returns how many more."""
        if self.stopped:
            return 0
        woken, limit = 0, self.pace.places.allowed(self.pace.connections(self._ms()))
        allowed = min(limit, (self.backlog + 4) // 5, max(most, self.connections))
        while len(self._busy) < allowed and self.may_send() and self._has_place():
            task = self._loop.create_task(self._serve())
            self._starting += 1
            self._busy.add(task)
            task.add_done_callback(self._done)
            woken += 1
        return woken

    def _has_place(self) -> bool:
        return len(self._idle) > self._starting or self.pace.places.may_open(self, self.pace.connections(self._ms()))

    def _done(self, task: asyncio.Task[None]) -> None:
        self._busy.discard(task)
        if self.pace.places.crowded:
            self.pace.places.pass_on(self, self.pace.connections(self._ms()))

    def may_send(self) -> bool:
        """Whether its rate, if it has one, lets a message leave now."""
        return not self.pace.metered or self.pace.left > 0

    def take_back(self, which: Callable[[Ready], bool] = lambda ready: True) -> list[Ready]:
        """The messages (those of them) no connection has begun with; they are the feeder's again."""
        built, backlog = self._built, self._backlog
        self._built = deque(each for each in built if not which(each[0]))
        self._backlog = deque(ready for ready in backlog if not which(ready))
        return [ready for ready in (*[ready for ready, _ in built], *backlog) if which(ready)]

    def surplus(self) -> list[Ready]:
        """What waits beyond twice its room: it became slow. The feeder's again."""
        back = []
        while len(self._backlog) > 2 * self.measure.capacity:
            back.append(self._backlog.pop())
        return back

    async def _serve(self) -> None:
        """One connection after the other while there is something to send and they take it."""
        self._starting -= 1
        while self.backlog and self.may_send() and await self._serve_once():
            if self.pace.places.crowded:  # another lane of the same provider is waiting for this place
                return

    async def _serve_once(self) -> bool:
        """Send on one connection until it or the backlog ends. True when it took something."""
        try:
            client = await self._client()
        except ConnectFailed as failure:
            self._refused(failure)
            return False
        self._live.add(client)
        turn = Turn(self, client)
        sent = client.sent
        try:
            while client.open and turn.may_go_on():
                await client.run(turn.next, self._hear)
        finally:
            if client.sent > sent:
                self._failures = 0
            elif client.ended is not None and client.ended.kind != "stopped":
                # It answered and took nothing: knocking again at once would go on for ever.
                text = without_addresses(client.ended.text)  # told of others' messages too
                self._refused(ConnectFailed("lost", text, client.ended.code))
            if client.open and not turn.used_up:
                self._idle.append((client, self._loop.time()))
            else:
                self._live.discard(client)
                if not client.open:
                    client.abort()
        if client.open and turn.used_up:
            await client.quit()
        return client.sent > sent

    def _refused(self, failure: ConnectFailed) -> None:
        """A server that serves another of our connections wants fewer of them; else it cannot be used for a while.

        So does a provider that turns one lane away while it serves another: that lane waits for a place.
        """
        places = self.pace.places
        if not self.open_now and not (400 <= failure.code < 500 and places.open_now):
            self._block(failure)
            return
        log.info("destination %s is given %s connections: %s", self.shown, places.fewer(), failure.text)

    @property
    def open_now(self) -> int:
        """Connections that are open, also those that are just said goodbye."""
        return sum(client.open for client in self._live) + len(self._leaving)

    async def _client(self) -> SmtpClient:
        while self._idle:
            client, _ = self._idle.pop()
            if client.open:
                return client
        return await self.dialer.open()

    def next_message(self) -> Outgoing | None:
        """The next to leave, or None when there is none, or none may."""
        while not self._built and self._backlog:
            self._build()
        if not self._built or self.stopped or (self.pace.metered and not self.pace.take()):
            return None
        ready, mail = self._built.popleft()
        return Outgoing(ready.envelope_from, ready.waiting.address, (mail,), ready.stuffed, ready, ready.dsn)

    @property
    def stopped(self) -> bool:
        """Whether it is blocked at this moment."""
        return self.blocked_until > 0 and self._loop.time() < self.blocked_until

    def _build(self) -> None:
        group = [self._backlog.popleft() for _ in range(min(GROUP, len(self._backlog)))]
        for ready, made in zip(group, self._builder.build(group), strict=True):
            if isinstance(made, bytes):
                self._built.append((ready, made))
            else:
                self._told(self, ready, unmade(ready, made))

    def _hear(self, message: Outgoing, outcome: Outcome) -> None:
        self.measure.answered += 1
        ready = cast(Ready, message.about)
        ready.passed_on = message.passed_on
        self._told(self, ready, outcome)

    def _block(self, failure: ConnectFailed) -> None:
        self._failures += 1
        seconds = min(5.0 * 2 ** min(self._failures - 1, 10), LONGEST_BLOCK)
        log.warning("destination %s could not be used: %s", self.shown, failure.text)
        self.block(seconds, Outcome("deferred", failure.code, status_of(failure), failure.text))

    def block(self, seconds: float, failure: Outcome, *, said: bool = False) -> None:
        """Use it no more for so long; `said`: the ledger tells why. What waits is its feeder's to take back."""
        self.blocked_until = max(self.blocked_until, self._loop.time() + seconds)
        self.failure, self.said = failure, said
        self._on_block(self)

    async def close_idle(self, older_than: float) -> None:
        """Say goodbye on connections idle since before `older_than` (the loop's time)."""
        self._live = {client for client in self._live if client.open}
        stale = [client for client, since in self._idle if since <= older_than]
        self._idle = [(client, since) for client, since in self._idle if since > older_than]
        for client in stale:
            await client.quit()

    def let_go(self) -> bool:
        """Say goodbye on an idle connection at once. False when there is none."""
        if len(self._idle) <= self._starting:
            return False
        client, _ = self._idle.pop(0)
        self._live.discard(client)
        leaving = self._loop.create_task(client.quit())
        self._leaving.add(leaving)
        leaving.add_done_callback(self._leaving.discard)
        return True

    async def wait(self, seconds: float) -> None:
        """Wait for the connections at work, at most so long."""
        if self._busy:
            await asyncio.wait(self.busy, timeout=seconds)

    async def stop(self) -> None:
        """End the connections at work; what they had under way is told."""
        for task in self.busy:
            task.cancel()
        await asyncio.gather(*self.busy, *self._leaving, return_exceptions=True)
