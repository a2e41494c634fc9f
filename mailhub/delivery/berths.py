"""The lanes of one process, by what makes them, and which source's messages went to which: what is worth claiming now.

Opening lanes is done here, choosing among routes by `finding`, feeding by the fleet. All calls from the loop's thread.
"""

import asyncio
from collections.abc import Callable
from weakref import WeakValueDictionary

from mailhub.delivery.building import Way
from mailhub.delivery.connecting import NO_TLS, Dialer
from mailhub.delivery.desk import Closed
from mailhub.delivery.lanes import Lane, LaneKey
from mailhub.delivery.mx import Destinations, Mx
from mailhub.delivery.pace import Pace
from mailhub.delivery.routes import Egress, Route
from mailhub.delivery.shaping import Shape, Shaping
from mailhub.hub import Hub

SKIPPED = 500
"""Domains left out of a claim at most."""
FEW_LANES = 4
"""So many smart hosts at most make a source narrow: its claims are measured by what they take."""
LEFT_OUT = 60.0
"""Seconds after which mail behind a blocked lane is looked at again: somebody may have made a rule for it meanwhile."""
SOURCES = 1000


class Berths:
    """All lanes. `make(key, dialer, pace, provider)` makes one; `destinations()` opens DNS at the first question."""

    def __init__(
        self,
        hub: Hub,
        shaping: Shaping,
        make: Callable[[LaneKey, Dialer, Pace, str], Lane],
        destinations: Callable[[], Destinations],
    ) -> None:
        self.hub, self.shaping = hub, shaping
        self.lanes: dict[LaneKey, Lane] = {}
        self.opened: list[str] = []
        """Keys of paces others may know of; whoever asks empties the list."""
        self._make, self._open_destinations = make, destinations
        self._paces: WeakValueDictionary[str, Pace] = WeakValueDictionary()
        self._found: Destinations | None = None
        self._saw: dict[int, set[Lane]] = {}
        self.number: int | None = None
        """That of the change to rules and routes that was seen last; None at first."""
        self.leaving: set[Lane] = set()
        """Lanes that others took the place of, with connections still at work."""
        self._loop = asyncio.get_running_loop()

    @property
    def destinations(self) -> Destinations:
        """Where domains' mail goes."""
        if self._found is None:
            self._found = self._open_destinations()
        return self._found

    def lane(self, route: Route, egress: Egress, mx: Mx | None) -> Lane:
        """The lane of a route, an address and a destination; opened if there is none. `mx` is what DNS said last."""
        key = LaneKey(route.id, egress.id, mx.key if mx else "")
        lane = self.lanes.get(key)
        if lane is None or (lane.dialer.route is not route and lane.dialer.route != route):
            lane = self._open(key, route, egress, mx, lane)
        lane.dialer.route, lane.dialer.mx = route, mx
        return lane

    def _open(self, key: LaneKey, route: Route, egress: Egress, mx: Mx | None, old: Lane | None) -> Lane:
        provider = mx.provider if mx else ""
        shape = self.shaping.of(provider)
        pace = self._pace(f"{key.route}|{key.egress}|{mx.party if mx else ''}", shape)
        lane = self._make(key, Dialer(route, egress, mx, shape.tls, self.hub.config.delivery.mx_port), pace, provider)
        if old is not None:  # somebody changed the route: what waits takes the new one
            waiting = old.take_back()
            self.forget(old)
            if old.connections:
                self.leaving.add(old)
            lane.feed(waiting)
        self.lanes[key] = lane
        return lane

    def _pace(self, key: str, shape: Shape) -> Pace:
        """The pace of a route, an address and a provider: its lanes keep its limits together, whatever their hosts are."""
        pace = self._paces.get(key)
        if pace is None:
            config = self.hub.config
            pace = self._paces[key] = Pace(key, shape, config.delivery.connections, config.workers)
            self.opened.append(key)
        return pace

    def remember(self, lane: Lane, way: Way) -> None:
        """That messages of this way go to this lane."""
        lane.remember(way)
        saw = self._saw.get(way.source)
        if saw is None:
            if len(self._saw) >= SOURCES:
                del self._saw[next(iter(self._saw))]
            saw = self._saw[way.source] = set()
        saw.add(lane)

    def follow(self, number: int) -> bool:
        """Rules or routes were changed, if `number` is another than before: where messages went says nothing any more.

        All domains are claimed again, and those behind a lane that is blocked find the routes they have now. Returns
        whether it is so.
        """
        changed = self.number not in (None, number)
        if changed:
            self._saw.clear()
            for lane in self.lanes.values():
                lane.seen.clear()
        self.number = number
        return changed

    def forget(self, lane: Lane) -> None:
        """Close a lane nobody uses."""
        if self.lanes.get(lane.key) is lane:
            del self.lanes[lane.key]
        for source in [source for source, saw in self._saw.items() if lane in saw]:
            self._saw[source].discard(lane)
            if not self._saw[source]:
                del self._saw[source]

    def narrow(self, source: int) -> list[Lane] | None:
        """The lanes of a source whose messages all go to smart hosts; None when they go here and there."""
        saw = self._saw.get(source)
        if not saw or len(saw) > FEW_LANES or any(lane.dialer.mx is not None for lane in saw):
            return None
        return list(saw)

    def is_wide(self, source: int) -> bool:
        """Whether a source's messages go here and there."""
        return source in self._saw and self.narrow(source) is None

    def is_shut(self, source: int) -> bool:
        """Whether nothing of a source can leave now: it has smart hosts alone, and none can be used."""
        lanes, now = self.narrow(source), self._loop.time()
        return bool(lanes) and all(self._is_shut(lane, now) for lane in lanes or ())

    def _is_shut(self, lane: Lane, now: float) -> bool:
        """Whether a lane is blocked, and none of its messages has another route to try."""
        if not lane.blocked(now):
            return False
        return all(self._is_closed(way, urgent=True) for domains in lane.seen.values() for way in domains.values())

    def room(self, source: int, left: int, *, urgent: bool) -> int:
        """How many messages of a source are worth claiming now, when the process may take `left`."""
        lanes, now = self.narrow(source), self._loop.time()
        if lanes is not None:
            left = min(left, sum(lane.room(urgent=urgent) for lane in lanes if not self._is_shut(lane, now)))
        return max(0, left)

    def closed(self, source: int, *, urgent: bool) -> list[Closed]:
        """The domains that are left out of a source's next claim, since no lane would take their messages."""
        now, count, found = self._loop.time(), 0, []
        for lane in self._saw.get(source, ()):
            blocked = lane.blocked(now)
            if not blocked and (urgent or not lane.full()):
                continue
            domains = [each for each, way in lane.seen.get(source, {}).items() if self._is_closed(way, urgent=urgent)]
            if domains:
                found.append(self._shut(lane, domains, now) if blocked else self._full(lane, domains))
                count += len(domains)
            if count >= SKIPPED:
                break
        return found

    def _shut(self, lane: Lane, domains: list[str], now: float) -> Closed:
        wait = int(min(LEFT_OUT, lane.blocked_until - now) * 1000)
        return Closed(domains, wait, 1000, self.reason(lane), lane.failure.code, lane.failure.text)

    def _full(self, lane: Lane, domains: list[str]) -> Closed:
        spread = int(min(60_000, 2000 * self.gap(lane)))
        return Closed(domains, 500, spread, "rate_limited" if lane.pace.share < 1.0 else "")

    def reason(self, lane: Lane) -> str:
        """Why a lane that is blocked takes nothing, as the queue says it (see `outbox.waiting`)."""
        if lane.pace.blocked_until > self.hub.ms():
            return "blocked"
        if lane.failure.enhanced == NO_TLS:
            return "tls"
        if not lane.failure.code:
            return "unreachable"
        return self.shaping.of(lane.provider).meaning(lane.failure).reason or "unavailable"

    def gap(self, lane: Lane) -> float:
        """Milliseconds between two messages when all workers together bring twice what the lane sends."""
        return 1000 / max(0.1, 2 * (lane.measure.speed or float(lane.measure.capacity)) * self.hub.config.workers)

    def _is_closed(self, way: Way, *, urgent: bool) -> bool:
        now = self._loop.time()
        for route in way.routes:
            lanes = self._lanes_of(route, way.domain)
            if len(lanes) < max(1, len(route.egresses)):
                return False
            usable = [lane for lane in lanes if not lane.blocked(now)]
            if usable:
                return not urgent and all(lane.full() for lane in usable)
        return True

    def _lanes_of(self, route: Route, domain: str) -> list[Lane]:
        destination = ""
        if route.kind == "direct":
            known = self.destinations.known(domain)
            if not isinstance(known, Mx):
                return []
            destination = known.key
        keys = [LaneKey(route.id, egress, destination) for egress in [each.id for each in route.egresses] or [0]]
        return [self.lanes[key] for key in keys if key in self.lanes]
