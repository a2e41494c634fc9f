"""Finding a lane for messages: route after route, asking DNS for hosts and the pool for an address, holding up nobody.

What is under way here can be taken back like anything in a lane.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, NamedTuple

from mailhub.delivery.berths import Berths
from mailhub.delivery.building import Ready, Way
from mailhub.delivery.lanes import Lane
from mailhub.delivery.mx import Mx, NoMail
from mailhub.delivery.routes import SANDBOX, Egress, Route
from mailhub.delivery.smtp_words import Outcome
from mailhub.routes import today

Ask = Callable[[Route, str, int, Sequence[Egress]], Awaitable[tuple[Egress | None, int, int]]]
"""Which address of a pool some messages leave from (see `Router.egress_for`)."""

AFTER_FAULT = 5000
"""Milliseconds after which messages are looked at again for which no lane could be looked for."""
ALL_OFF = 600_000
"""Milliseconds after which mail is looked at again whose rule has no route that is on; a change of routes wakes it at once."""

log = logging.getLogger(__name__)


class Homeless(NamedTuple):
    """Why no route takes messages: a blocked lane, what DNS said, or a pool whose addresses are spent for `wait` ms.

    `reason` is what the queue shows of those that wait (see `outbox.waiting`).
    """

    blocked: Lane | None = None
    failure: Outcome | None = None
    wait: int = 0
    reason: str = "address_spent"


class Finder:
    """Finds lanes. `give(lane, way, messages)` feeds one; `homeless(way, messages, why)` hears of those no route takes."""

    def __init__(
        self,
        berths: Berths,
        ask: Ask,
        give: Callable[[Lane, Way, list[Ready]], None],
        homeless: Callable[[Way, list[Ready], Homeless], None],
    ) -> None:
        self.learned: dict[str, str] = {}
        """Domain → provider, as DNS said; whoever tells of it empties it."""
        self.unused: Counter[tuple[Egress, str, int]] = Counter()
        """What was granted of a pool's address for a provider on a day and does not leave; emptied as `learned` is."""
        self._berths, self._ask, self._give, self._homeless = berths, ask, give, homeless
        self._looking: dict[int, list[Ready]] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._turn = 0
        self._loop = asyncio.get_running_loop()

    @property
    def count(self) -> int:
        """Messages that wait here."""
        return sum(map(len, self._looking.values())) if self._looking else 0

    def at_once(self, way: Way) -> Lane | None:
        """The lane, where neither DNS nor a pool has to be asked and nothing stands in the way of the first route."""
        if not way.routes or way.choose is not None or any(egress.id for egress in way.routes[0].egresses):
            return None
        route = way.routes[0]
        mx = None
        if route.kind == "direct":
            known = self._berths.destinations.known(way.domain)
            if not isinstance(known, Mx):
                return None
            mx = known
        lane = self._berths.lane(route, self._any_egress(route), mx)
        return None if lane.blocked(self._loop.time()) else lane

    def look_for(self, way: Way, messages: list[Ready]) -> list[Ready]:
        """Find a lane for messages of a way, by and by. Returns the list, to which more may be added at once."""
        self._looking[id(messages)] = messages
        self._start(self._find(way, messages))
        return messages

    def take_back(self, which: Callable[[Ready], bool]) -> list[Ready]:
        """The messages (those of them) that have no lane yet; they are the feeder's again."""
        taken = []
        for messages in self._looking.values():
            taken += [ready for ready in messages if which(ready)]
            messages[:] = [ready for ready in messages if not which(ready)]
        return taken

    def stop(self) -> None:
        """Look no more."""
        for task in self._tasks:
            task.cancel()

    async def _find(self, way: Way, messages: list[Ready]) -> None:
        why = Homeless()
        try:
            await self._choose_routes(way)
            if not way.routes:
                why = Homeless(wait=ALL_OFF, reason="no_route")
            elif way.routes[0].kind == SANDBOX:
                why = Homeless(reason="")
            for route in way.routes:
                if messages and route.kind != SANDBOX:
                    why = await self._by(route, way, messages, why)
        except Exception:
            log.exception("no lane could be looked for to %s: its messages are tried again", way.domain)
            why = Homeless(wait=AFTER_FAULT, reason="")
        finally:
            self._looking.pop(id(messages), None)
        if messages:
            self._homeless(way, messages, why)

    async def _choose_routes(self, way: Way) -> None:
        """Ask DNS whose servers a domain has, where a rule depends on it."""
        if way.choose is None:
            return
        try:
            provider: str | None = (await self._berths.destinations.destination(way.domain)).provider
        except NoMail:
            provider = None
        way.routes, way.choose = await way.choose(provider), None

    async def _by(self, route: Route, way: Way, messages: list[Ready], why: Homeless) -> Homeless:
        """Give what one route takes. Returns why it does not take all, unless an earlier one had said why."""
        try:
            mx = await self._mx(way.domain) if route.kind == "direct" else None
        except NoMail as nowhere:
            return why if why.blocked or why.failure else why._replace(failure=nowhere.outcome)
        while messages:
            day = today(self._berths.hub.ms())
            egress, count, wait = await self._egress(route, mx, len(messages))
            if egress is None:
                return why._replace(wait=why.wait or wait)
            lane = self._berths.lane(route, egress, mx)
            blocked = lane.blocked(self._loop.time())
            some = [] if blocked else messages[:count]  # fewer than were granted, when some were taken back meanwhile
            if egress.id and count > len(some):
                self.unused[egress, lane.provider, day] += count - len(some)
            if blocked:
                return why if why.blocked else why._replace(blocked=lane)
            del messages[:count]
            self._feed(lane, way, some, day)
        return why

    def _feed(self, lane: Lane, way: Way, messages: list[Ready], day: int) -> None:
        for ready in messages if lane.key.egress else ():
            ready.day = day
        if messages:
            self._give(lane, way, messages)

    async def _mx(self, domain: str) -> Mx:
        mx = await self._berths.destinations.destination(domain)
        if mx.provider:
            self.learned[domain] = mx.provider
        return mx

    async def _egress(self, route: Route, mx: Mx | None, count: int) -> tuple[Egress | None, int, int]:
        fitting = route.egresses
        if not any(egress.id for egress in fitting):
            return self._any_egress(route), count, 0
        if mx is not None:
            fitting = tuple(egress for egress in fitting if _reaches(egress, mx))
        return await self._ask(route, mx.provider if mx else "", count, fitting)

    def _any_egress(self, route: Route) -> Egress:
        if not route.egresses:
            return Egress(0, "", self._berths.hub.config.smtp.hostname)
        self._turn += 1
        return route.egresses[self._turn % len(route.egresses)]

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _reaches(egress: Egress, mx: Mx) -> bool:
    """Whether a local address can reach some host of a destination: IPv4 leads to IPv4, IPv6 to IPv6."""
    if not egress.address:
        return True
    six = ":" in egress.address
    return any((":" in address) == six for host in mx.hosts for address in host.addresses)
