"""One worker process's delivery: slices of a source, on a thread with an event loop of its own.

A round: the desk settles what came in and brings the next batch while the lanes are still busy with the last one; they
go on between slices. Several times a second it looks whether a source was paused and takes back what has not left, so
that a pause takes hold within two seconds even behind slow lanes.
"""

import asyncio
import logging
import os
import signal
import threading
import time
from collections.abc import Coroutine, Sequence
from concurrent.futures import Future
from typing import Any, TypeVar

from mailhub import metrics
from mailhub.delivery.building import Ready
from mailhub.delivery.desk import SOON, Batch, Desk
from mailhub.delivery.fleet import Fleet
from mailhub.delivery.keeping import Keeper
from mailhub.delivery.lanes import Lane
from mailhub.delivery.mx import Destinations, open_destinations
from mailhub.delivery.routes import SANDBOX, Egress, Route
from mailhub.delivery.shaping import Meaning, of_config
from mailhub.delivery.smtp_words import Outcome
from mailhub.delivery.upkeep import Upkeep
from mailhub.delivery.verdicts import Verdicts
from mailhub.hub import Hub
from mailhub.outbox import Back

SLICE = 1.0
LARGEST_BATCH = 500
FIRST_BATCH = 50
BREATH = 0.05
"""Seconds between two claims of a source whose messages go to many lanes."""
STILL = 0.3
"""Seconds without any answer after which a slice waits no longer: the lanes are slow, others may have their turn."""
LOOK = 0.4
"""Seconds after which it is looked again whether a source of what is under way was paused."""
LAST_WORDS = 8.0
"""Seconds that connections at work get to finish when the process is asked to stop."""
T = TypeVar("T")
log = logging.getLogger(__name__)


class Delivery:
    """Delivers for one process. `run_slice` from any one thread at a time; `stop` ends it cleanly."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.stopping = False
        self._loop = _new_loop()
        self._thread = threading.Thread(target=self._run, name="delivery", daemon=True)
        self._thread.start()
        self._call(self._open()).result()

    def run_slice(self, source_id: int) -> bool:
        """Work on a source for about a second. True when more of it is due."""
        return self._call(self._slice(source_id)).result()

    def stop(self) -> None:
        """Give back what has not left, wait a little for what is in flight, settle, and end the threads."""
        self.stopping = True
        self._call(self._close()).result()
        self._desk.end()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _call(self, work: Coroutine[Any, Any, T]) -> "Future[T]":
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    async def _open(self) -> None:
        self._desk = Desk(self.hub)
        self._verdicts = Verdicts(self.hub)
        self._keeper = Keeper(self.hub, self._desk, self._verdicts)
        self._batch: dict[int, int] = {}
        self._urgent: set[int] = set()
        self._flush_due = False
        self._looked_at = 0.0
        shaping = of_config(self.hub.config)
        self.fleet = Fleet(self.hub, shaping, self._told, self._returned, self._ask, self._destinations)
        self._spent = time.thread_time()
        upkeep = Upkeep(self._desk, self.fleet, self._look_at_sources)
        self._tasks = {self._loop.create_task(upkeep.keep_leases()), self._loop.create_task(upkeep.run())}

    def _destinations(self) -> Destinations:
        return open_destinations(self.hub, self._desk.on, self.fleet.shaping.provider_of)

    async def _ask(
        self, route: Route, provider: str, count: int, among: Sequence[Egress]
    ) -> tuple[Egress | None, int, int]:
        return await self._desk.on(self._desk.router.egress_for, route, provider, count, among)

    async def _close(self) -> None:
        for task in self._tasks:
            task.cancel()
        self.fleet.take_back()
        await self._flush()
        await self.fleet.close(LAST_WORDS)
        await self._desk.on(self._desk.close)

    async def _slice(self, source_id: int) -> bool:
        await self._renew()
        metrics.count("slices")
        await self._let_be_closed()
        until = self._loop.time() + SLICE
        more = True
        try:
            while more and not self.stopping and self._loop.time() < until:
                more = await self._round(source_id, until)
        finally:
            await self._end_slice()
        return more

    async def _end_slice(self) -> None:
        """Settle what has left; what has not goes on by itself."""
        if self.fleet.busy:
            await self.fleet.wait(0.02)  # fast servers answer by then, and the journal is emptied
            self._report()
        await self._flush()

    async def _renew(self) -> None:
        """Keep the node's number; a process that lost it ends, and is started again with another.

        At once: a clean end would give back what the number's new node has claimed. The journal keeps the outcomes.
        """
        try:
            await self._desk.on(self.hub.node.renew)
        except RuntimeError:
            log.exception("this worker ends")
            os.kill(os.getpid(), signal.SIGKILL)

    async def _round(self, source_id: int, until: float) -> bool:
        """One batch of a source. False when there is nothing (more) to do for it now."""
        urgent = source_id in self._urgent
        lanes = self.fleet.berths.narrow(source_id)
        if not await self._find_room(source_id, urgent, until):
            return False
        started, waiting = self._loop.time(), _backlog(lanes)
        room = self.fleet.room(source_id, urgent=urgent)
        limit = LARGEST_BATCH if self.fleet.berths.is_wide(source_id) else self._batch.get(source_id, FIRST_BATCH)
        berths = self.fleet.berths
        batch = await self._desk.on(
            self._desk.next_batch, source_id, min(limit, room), berths.closed(source_id, urgent=urgent), berths.number
        )
        if batch is None:
            return False
        if not batch.claimed:
            await self._drain(lanes, until)
            return False
        await self._deliver(batch, until)
        left = waiting + len(batch.ready) - _backlog(self.fleet.berths.narrow(source_id))
        self._learn(source_id, batch.claimed, left / max(self._loop.time() - started, 0.001))
        return True

    async def _find_room(self, source_id: int, urgent: bool, until: float) -> bool:
        """Wait until the lanes of a source can take more. False when they are blocked, or do not move."""
        while not self.fleet.room(source_id, urgent=urgent):
            before = self.fleet.answered
            await asyncio.sleep(0.005)
            if self.fleet.berths.is_shut(source_id) or self._loop.time() >= until:
                return False
            if not await self._moves(before):
                return False
        return not self.fleet.berths.is_shut(source_id)

    async def _moves(self, before: int) -> bool:
        """Whether some answer comes soon."""
        until = self._loop.time() + STILL
        while self.fleet.answered == before:
            if self._loop.time() >= until:
                return False
            await asyncio.sleep(0.005)
        return True

    def _report(self) -> None:
        """What the loop's thread did since the last time, that was not building, was delivering."""
        now = time.thread_time()
        metrics.spent("deliver", now - self._spent - self.fleet.builder.report())
        self._spent = now
        metrics.level("connections_out", self.fleet.busy)

    def _learn(self, source_id: int, count: int, rate: float) -> None:
        """The next batch is a quarter of a second's worth at the rate just seen: two of them may wait in the lane."""
        self._batch[source_id] = max(1, min(LARGEST_BATCH, int(rate / 4), 4 * count))

    async def _deliver(self, batch: Batch, until: float) -> None:
        """Feed the lanes and come back while most of them still waits there: the desk needs that time for the next."""
        source = batch.source.id
        if batch.source.priority > 0:
            self._urgent.add(source)
        leaving = await self._keep(batch)
        if not leaving:
            return
        self.fleet.feed(leaving)
        if self.fleet.berths.is_wide(source):
            await asyncio.sleep(min(BREATH, max(0.0, until - self._loop.time())))
        else:
            await self._drain(self.fleet.berths.narrow(source), until, len(leaving) * 3 // 4)
        self._report()

    async def _keep(self, batch: Batch) -> Sequence[Ready]:
        """Keep what goes to the sandbox. Returns what leaves."""
        kept = {way for way in batch.ways if way.choose is None and way.routes and way.routes[0].kind == SANDBOX}
        if not kept:
            return batch.ready
        self._flush_soon(SOON)
        here = batch.ready if len(kept) == len(batch.ways) else [each for each in batch.ready if each.way in kept]
        try:
            await self._desk.on(self._keeper.keep, batch.source, here)
        except BaseException:
            self._desk.not_sent([ready.waiting.id for ready in batch.ready])
            raise
        return [] if here is batch.ready else [each for each in batch.ready if each.way not in kept]

    async def _drain(self, lanes: list[Lane] | None, until: float, left: int = 0) -> None:
        """Wait until at most `left` messages in these lanes have not been begun with, or until `until`, or nothing moves."""
        answered, since = self.fleet.answered, self._loop.time()
        while (self.fleet.backlog if lanes is None else _backlog(lanes)) > left and self._loop.time() < until:
            await asyncio.sleep(0.005 if lanes is not None else 0.02)
            if self.fleet.answered != answered:
                answered, since = self.fleet.answered, self._loop.time()
            elif self._loop.time() - since > STILL:
                return

    def _told(self, route: str, ready: Ready, outcome: Outcome, meaning: Meaning, wait: int) -> None:
        """A lane tells what became of a message."""
        self._desk.journal.add(self._verdicts.of(ready.waiting, outcome, route, meaning, wait))
        self._flush_soon(SOON)

    def _returned(self, messages: Sequence[Back]) -> None:
        """What no lane takes now."""
        if messages:
            self._desk.returns(messages)
            self._flush_soon(SOON / 5)

    def _flush_soon(self, seconds: float) -> None:
        if not self._flush_due:
            self._flush_due = True
            self._loop.call_later(seconds, lambda: self._start(self._flush()))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _flush(self) -> None:
        """Settle what came in between rounds and slices; when the database cannot take it, it is tried again."""
        self._flush_due = False
        try:
            await self._desk.on(self._desk.flush)
        except Exception:
            log.exception("%s outcomes could not be settled and are tried again", len(self._desk.journal.pending))
            self._flush_soon(1.0)

    async def _look_at_sources(self) -> None:
        if self._loop.time() - self._looked_at > LOOK:
            await self._let_be_closed()

    async def _let_be_closed(self) -> None:
        """Give back what lanes still have of sources that were paused, held or cancelled meanwhile."""
        self._looked_at = self._loop.time()
        sources = set(self.fleet.under_way.values())
        if sources:
            closed = await self._desk.on(self._desk.closed, sources)
            if closed:
                self.fleet.take_back(closed)
                await self._flush()


def _backlog(lanes: list[Lane] | None) -> int:
    return sum(lane.backlog for lane in lanes) if lanes else 0


def _new_loop() -> asyncio.AbstractEventLoop:
    try:
        import uvloop
    except ImportError:  # not made for every platform
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()
