"""All lanes of one process at work: fed, heard, slowed down, looked after; what they cannot send goes back to the queue.

A lane that is refused, slow or blocked holds up no other: it takes a second's worth, the rest waits in the queue, and its
domains are left out of the next claims. All calls from the loop's thread; the database is the desk's.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import chain

from mailhub.address import without_addresses
from mailhub.delivery.berths import Berths
from mailhub.delivery.building import Builder, Ready, Way
from mailhub.delivery.connecting import Dialer
from mailhub.delivery.finding import Ask, Finder
from mailhub.delivery.lanes import IDLE, Lane, LaneKey
from mailhub.delivery.mx import Destinations
from mailhub.delivery.pace import Pace
from mailhub.delivery.places import MANY
from mailhub.delivery.refusals import of_smart_host, onward
from mailhub.delivery.returning import Returns, Told
from mailhub.delivery.shaping import NOTHING, Meaning, Shaping
from mailhub.delivery.sharing import Blocked, Exchange, wanted
from mailhub.delivery.showing import standing_of
from mailhub.delivery.smtp_words import PASSED_ON, Outcome
from mailhub.hub import Hub
from mailhub.outbox import Back
from mailhub.outbox.lanes import BETWEEN, Shared

MOST = 4000
"""Messages a process has under way at most: in lanes, on connections, or waiting for DNS."""
FORGOTTEN = 300.0
"""Seconds after which a lane nobody used is closed."""
MOST_LANES = 5000
MOST_BUSY = 400
"""Connections at work above which a lane opens one at most; above half of them, so does one that was never answered:
servers that say nothing would have them all."""
BUSY_LIMIT = 2000
"""Connections at work at most."""
TOLD_THERE = Meaning(PASSED_ON, "")
"""The next server was asked to tell the submitter."""

log = logging.getLogger(__name__)


class Fleet:
    """The lanes of a process. `told` hears what became of each message it was fed, `back` what returns to the queue."""

    def __init__(
        self,
        hub: Hub,
        shaping: Shaping,
        told: Told,
        back: Callable[[Sequence[Back]], None],
        ask: Ask,
        destinations: Callable[[], Destinations],
    ) -> None:
        self.hub, self.shaping = hub, shaping
        self.answered = 0
        self.builder = Builder()
        self.berths = Berths(hub, shaping, self._make, destinations)
        self.lanes = self.berths.lanes
        self._returns = Returns(self.berths, told, back, self._spare)
        self.under_way = self._returns.under_way
        self._finder = Finder(self.berths, ask, self._give, self._returns.homeless)
        self._told = told
        self._at_work = 0
        self._news: list[Blocked] = []
        self._loop = asyncio.get_running_loop()

    def _make(self, key: LaneKey, dialer: Dialer, pace: Pace, provider: str) -> Lane:
        return Lane(key, dialer, pace, self._hear, self._blocked, self.hub.ms, self.builder, provider)

    @property
    def resolving(self) -> int:
        """Messages that wait for DNS, or for an address to leave from."""
        return self._finder.count

    @property
    def backlog(self) -> int:
        """Messages that no connection has begun with."""
        return sum(lane.backlog for lane in self.lanes.values()) + self.resolving

    @property
    def busy(self) -> int:
        """Connections at work."""
        return sum(lane.in_flight for lane in self._all())

    def _all(self) -> Iterable[Lane]:
        """Lanes, and those that are leaving."""
        return chain(self.lanes.values(), self.berths.leaving)

    def room(self, source: int, *, urgent: bool) -> int:
        """How many messages of a source are worth claiming now."""
        return self.berths.room(source, MOST * (2 if urgent else 1) - len(self.under_way), urgent=urgent)

    # What comes in, and what goes back.

    def feed(self, messages: Iterable[Ready]) -> None:
        """Give messages to their lanes; those of domains not known yet wait for DNS, and hold up nobody."""
        self._at_work = self.busy
        chosen: dict[Way, list[Ready]] = {}
        fed: dict[Lane, tuple[Way, list[Ready]]] = {}
        for ready in messages:
            way = ready.way
            self.under_way[ready.waiting.id] = way.source
            group = chosen.get(way)
            if group is None:
                group = chosen[way] = self._group(way, fed)
            group.append(ready)
        for lane, (way, group) in fed.items():
            self._give(lane, way, group)

    def _group(self, way: Way, fed: dict[Lane, tuple[Way, list[Ready]]]) -> list[Ready]:
        """The list a way's messages are put on: a lane's, or one that looks for its lane."""
        try:
            lane = self._finder.at_once(way)
        except Exception:
            log.exception("no lane to %s could be had at once: it is looked for", way.domain)
            lane = None
        if lane is None:
            return self._finder.look_for(way, [])
        self.berths.remember(lane, way)
        return fed.setdefault(lane, (way, []))[1]

    def _give(self, lane: Lane, way: Way, messages: list[Ready]) -> None:
        """Feed a lane as much as it takes; the rest is due again by and by, at twice the lane's speed."""
        try:
            self.berths.remember(lane, way.whole or way)
            room = lane.room(urgent=way.urgent)
            if room < len(messages):
                self._returns.overflow(lane, messages[room:])
            if some := messages[:room]:
                self._at_work += lane.feed(some, ahead=way.urgent, most=self._most_of(lane))
        except Exception:
            log.exception("destination %s could not be fed: its messages are tried again", lane.shown)
            self._returns.after_fault(lane, messages)

    def _most_of(self, lane: Lane) -> int:
        """How many connections a lane may have, as busy as the process is."""
        if self._at_work >= BUSY_LIMIT:
            return 0
        return 1 if self._at_work >= (MOST_BUSY if lane.measure.answered else MOST_BUSY // 2) else MANY

    def _wake(self, lanes: Iterable[Lane]) -> None:
        for lane in lanes:
            if lane.backlog:
                self._at_work += lane.wake(self._most_of(lane))

    def take_back(self, sources: Collection[int] | None = None) -> None:
        """What no connection has begun with (of some sources) goes back to the queue, due at once."""

        def leaves(ready: Ready) -> bool:
            return sources is None or ready.way.source in sources

        taken = self._finder.take_back(leaves)
        for lane in self.lanes.values():
            if lane.backlog:
                some = lane.take_back(leaves)
                self._spare(lane, some)
                taken += some
        self._returns.at_once(taken)

    def look_again(self) -> None:
        """Rules or routes were changed: what waits for DNS goes back, and finds the routes it has now."""
        self._returns.at_once(self._finder.take_back(lambda ready: True))

    def _spare(self, lane: Lane, messages: Iterable[Ready]) -> None:
        """These do not leave by a pool's address that was asked for them."""
        if lane.key.egress:
            self._finder.unused.update((lane.dialer.egress, lane.provider, ready.day) for ready in messages)

    # What comes of it.

    def _hear(self, lane: Lane, ready: Ready, outcome: Outcome) -> None:
        self.answered += 1
        if outcome.kind == "unsent":
            self._spare(lane, [ready])
            self._returns.at_once([ready])
            return
        meaning, wait, delivered = NOTHING, 0, outcome.kind == "delivered"
        if delivered:
            lane.measure.delivered, meaning = True, TOLD_THERE if ready.passed_on else NOTHING
        else:
            meaning = self.shaping.of(lane.provider).meaning(outcome)
            if lane.dialer.mx is None:
                meaning = of_smart_host(meaning, outcome, lane.measure.delivered)
            wait = self._adapt(lane, meaning, outcome)
            if lane.dialer.mx is None and (way := onward(lane.dialer.route, ready.way, meaning, outcome)):
                self._hand_on(lane, ready, way)
                return
        self.under_way.pop(ready.waiting.id, None)
        self._told(lane.name, ready, outcome, meaning, wait)

    def _hand_on(self, lane: Lane, ready: Ready, way: Way) -> None:
        """Another route may take what this lane's smart host did not want."""
        self._spare(lane, [ready])
        ready.way = way
        self._finder.look_for(way, [ready])

    def _adapt(self, lane: Lane, meaning: Meaning, outcome: Outcome) -> int:
        """Slow down or stop a lane as its destination wishes. Returns the milliseconds for which it takes no more."""
        now, text = self.hub.ms(), without_addresses(outcome.text)  # others read it too
        words = f"{outcome.code} {outcome.enhanced} {text}"
        if meaning.action == "slow" and now >= lane.pace.slowed_at + BETWEEN:
            speed = sum(each.measure.speed for each in self.lanes.values() if each.pace is lane.pace)
            lane.pace.slow(now, max(speed, 0.1) * 60 * self.hub.config.workers, words)
        if meaning.action != "stop":
            return 0
        fresh = lane.pace.stop(now, words)
        until = lane.pace.blocked_until
        if fresh:
            name = self.shaping.names.get(lane.provider) or lane.shown
            self._news.append(Blocked(name, lane.name, lane.provider, until, words))
        failure = Outcome("deferred", outcome.code, outcome.enhanced, text)
        lane.block((until - now) / 1000, failure, said=True)
        return until - now

    def _blocked(self, lane: Lane) -> None:
        """What waited in a lane that was blocked looks for another route, or waits in the queue."""
        groups: dict[Way, list[Ready]] = {}
        for ready in lane.take_back():
            groups.setdefault(ready.way, []).append(ready)
            self._spare(lane, [ready])
        for way, messages in groups.items():
            if len(way.routes) > 1:
                self._finder.look_for(way, messages)
            else:
                self._returns.put_off(lane, messages)

    # Time.

    async def tick(self) -> None:
        """A few times a second: measure, give back what a lane cannot send soon, wake who may go on, close what is idle."""
        now = self._loop.time()
        self._at_work = self.busy
        for lane in list(self.lanes.values()):
            lane.measure.look(now, lane.backlog)
            left = (lane.pace.blocked_until - self.hub.ms()) / 1000
            if left > 1 and not lane.blocked(now):  # another worker was told
                lane.block(left, Outcome("deferred", 0, "", lane.pace.words), said=True)
            if surplus := lane.surplus():
                self._returns.overflow(lane, surplus)
            self._wake([lane])
            if lane.has_idle:
                await lane.close_idle(now - (IDLE if lane.dialer.mx is None else IDLE / 4))
            if self._is_forgotten(lane, now):
                self.berths.forget(lane)
        for lane in list(self.berths.leaving):
            await lane.close_idle(now)
            if not lane.connections:
                self.berths.leaving.discard(lane)

    def _is_forgotten(self, lane: Lane, now: float) -> bool:
        unused = not lane.backlog and not lane.connections and not lane.blocked(now) and lane.pace.share >= 1.0
        patience = FORGOTTEN if len(self.lanes) < MOST_LANES else 1.0
        return unused and now - lane.used_at > patience

    async def wait(self, seconds: float) -> None:
        """Wait for the connections at work, at most so long."""
        busy = {task for lane in self._all() for task in lane.busy}
        if busy:
            await asyncio.wait(busy, timeout=seconds)

    async def close(self, seconds: float) -> None:
        """Wait so long for what is in flight, end what still is then, and say goodbye everywhere."""
        self._finder.stop()
        await self.wait(seconds)
        for lane in self._all():
            await lane.stop()
        await asyncio.gather(*(lane.close_idle(self._loop.time()) for lane in self._all()))

    # What is told to the other workers, and heard of them.

    def to_tell(self, standing: bool) -> Exchange:
        """What the other workers are to know, and with `standing` how each lane stands. Told once."""
        now, lanes = self.hub.ms(), self.lanes.values()
        rows = standing_of(lanes, self.resolving, now, self._loop.time()) if standing else None
        paces = [lane.pace.noted() for lane in lanes if lane.pace.dirty]
        told = Exchange(
            paces, wanted(lanes, now), self._news, rows, self.berths.opened, self._finder.unused, self._finder.learned
        )
        self._news, self.berths.opened = [], []
        self._finder.unused, self._finder.learned = Counter(), {}
        return told

    def put_back(self, told: Exchange) -> None:
        """What was to be told could not be: it is told the next time."""
        self._news = [*told.blocked, *self._news]
        self._finder.unused.update(told.unused or {})
        keys = {each.key for each in told.paces}
        for lane in self.lanes.values():
            lane.pace.dirty |= lane.pace.key in keys

    def hear(self, paces: Sequence[Shared], granted: Mapping[str, int]) -> None:
        """What others told of their paces, and the turns that were granted."""
        known = {lane.pace.key: lane.pace for lane in self.lanes.values()}
        for shared in paces:
            if shared.key in known:
                known[shared.key].hear(shared)
        for key, count in granted.items():
            if key in known and count:
                known[key].leased(count, self.hub.ms())
        self._wake([lane for lane in self.lanes.values() if granted.get(lane.pace.key)])
