"""One worker process's delivery: slices of a source, on a thread with an event loop of its own.

A round: the desk settles what came in and brings the next batch while the lane is still busy with the last one; the lane
goes on between slices. The source's state is looked at before each claim, so that a pause takes hold within two seconds
even behind a slow lane.
"""

import asyncio
import logging
import os
import signal
import threading
from collections.abc import Collection, Coroutine, Sequence
from concurrent.futures import Future
from typing import Any, TypeVar

from mailhub import metrics
from mailhub.delivery import smtp_client
from mailhub.delivery.building import Builder, Ready
from mailhub.delivery.desk import SOON, Batch, Desk
from mailhub.delivery.lanes import Lane, unmade
from mailhub.delivery.routes import SANDBOX, destination_of
from mailhub.delivery.sandbox import Delivered, keep
from mailhub.delivery.verdicts import Verdicts
from mailhub.hub import Hub
from mailhub.messages import Source
from mailhub.outbox.claims import LEASE

SLICE = 1.0
LARGEST_BATCH = 500
FIRST_BATCH = 50
BETWEEN = 0.5
"""Seconds a lane goes on by itself after a slice that had more to do."""
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
        self._builder = Builder()
        self._batch: dict[int, int] = {}
        self._slices = 0
        self._lane: Lane | None = None
        destination = destination_of(self.hub)
        self._verdicts = Verdicts(self.hub, destination.name if destination else SANDBOX)
        if destination is not None:
            connections = self.hub.config.delivery.connections
            self._lane = Lane(destination, self.hub.config.smtp.hostname, connections, self._told)
        self._flush_due = False
        self._under_way: dict[int, int] = {}
        self._tasks = {self._loop.create_task(self._keep_leases())}

    async def _close(self) -> None:
        for task in self._tasks:
            task.cancel()
        if self._lane is not None:
            await self._give_back()
            await self._lane.wait(LAST_WORDS)
            await self._lane.close_idle(self._loop.time())
        await self._desk.on(self._desk.close)

    async def _slice(self, source_id: int) -> bool:
        await self._renew()
        self._slices += 1
        metrics.count("slices")
        await self._let_be_closed(source_id)
        until = self._loop.time() + SLICE
        more = True
        try:
            while more and not self.stopping and self._loop.time() < until:
                more = await self._round(source_id, until)
        except BaseException:
            await self._end_slice()
            raise
        if more and not self.stopping:
            self._loop.call_later(BETWEEN, self._end_if_left, self._slices)
        else:
            await self._end_slice()
        return more

    async def _end_slice(self) -> None:
        """Give back what has not left, and settle what has."""
        await self._give_back()
        if self._lane is not None:
            await self._lane.wait(0.02)  # fast servers answer by then, and the journal is emptied
            self._report()
        await self._flush()
        if self._lane is not None:
            await self._lane.close_idle(self._loop.time() - 20)

    def _end_if_left(self, slices: int) -> None:
        """The lane went on after a slice that had more to do; the next one did not come, as when a source is paused."""
        if slices == self._slices and not self.stopping:
            self._start(self._end_slice())

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
        if self._is_blocked():
            return False
        started, waiting = self._loop.time(), self._backlog
        batch = await self._desk.on(self._desk.next_batch, source_id, self._batch.get(source_id, FIRST_BATCH))
        if batch is None:
            return False
        if not batch.claimed:
            await self._drain(until)
            return False
        await self._deliver(batch, until)
        left = waiting + len(batch.ready) - self._backlog
        self._learn(source_id, batch.claimed, left / max(self._loop.time() - started, 0.001))
        return True

    @property
    def _backlog(self) -> int:
        return self._lane.backlog if self._lane else 0

    def _report(self) -> None:
        if self._lane is not None:
            self._lane.report()
            metrics.level("connections_out", self._lane.in_flight)
            metrics.level("lanes_blocked", int(self._is_blocked()))

    def _is_blocked(self) -> bool:
        return self._lane is not None and self._lane.blocked(self._loop.time())

    def _learn(self, source_id: int, count: int, rate: float) -> None:
        """The next batch is a quarter of a second's worth at the rate just seen: two of them may wait in the lane."""
        self._batch[source_id] = max(1, min(LARGEST_BATCH, int(rate / 4), 4 * count))

    async def _deliver(self, batch: Batch, until: float) -> None:
        """Feed the lane and come back while most of them still wait there: the desk needs that time for the next."""
        if self._lane is None:
            self._flush_soon(SOON)
            try:
                await self._desk.on(self._keep, batch.source, batch.ready)
            except BaseException:
                self._desk.not_sent([ready.waiting.id for ready in batch.ready])
                raise
            return
        self._under_way.update((ready.waiting.id, batch.source.id) for ready in batch.ready)
        self._lane.feed(batch.ready, ahead=batch.source.priority > 0)
        await self._drain(until, len(batch.ready) * 3 // 4)
        self._report()

    async def _drain(self, until: float, left: int = 0) -> None:
        """Wait until at most `left` messages have not been begun with, or until `until`."""
        while self._backlog > left and self._loop.time() < until and not self._is_blocked():
            await asyncio.sleep(0.005)

    def _keep(self, source: Source, messages: Sequence[Ready]) -> None:
        """The sandbox route: one transaction for the batch. Keeping twice is keeping once, so no journal is needed."""
        kept = smtp_client.Outcome("delivered", 250, "2.0.0", "kept in the sandbox")
        mails, outcomes = [], []
        for ready, made in zip(messages, self._builder.build(messages), strict=True):
            if isinstance(made, bytes):
                mails.append(self._sandboxed(source, ready, made))
                outcomes.append(self._verdicts.of(ready.waiting, kept))
            else:
                self._desk.journal.add(self._verdicts.of(ready.waiting, unmade(ready, made)))
        keep(mails)
        self._desk.journal.pending += outcomes
        self._builder.report()

    def _sandboxed(self, source: Source, ready: Ready, mail: bytes) -> Delivered:
        each = ready.waiting
        return Delivered(
            each.id, source.account_id, source.id, ready.envelope_from, each.address, mail, self.hub.ms(),
            source.stream == "system",
        )  # fmt: skip

    def _told(self, ready: Ready, outcome: smtp_client.Outcome) -> None:
        """A lane tells what became of a message."""
        self._under_way.pop(ready.waiting.id, None)
        if outcome.kind == "unsent":
            self._desk.not_sent([ready.waiting.id])
        else:
            self._desk.journal.add(self._verdicts.of(ready.waiting, outcome))
        self._flush_soon(SOON)

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

    async def _let_be_closed(self, source_id: int) -> None:
        """Give back what the lane still has of other sources that were paused, held or cancelled meanwhile."""
        others = set(self._under_way.values()) - {source_id}
        if others:
            closed = await self._desk.on(self._desk.closed, others)
            await self._give_back(closed)

    async def _give_back(self, sources: Collection[int] | None = None) -> None:
        """What no connection has begun with (of some sources) goes back to the queue, due at once, or when the lane is
        open again."""
        if self._lane is None or (sources is not None and not sources):
            return
        taken = self._lane.take_back(lambda ready: sources is None or self._under_way[ready.waiting.id] in sources)
        if not taken:
            return
        for ready in taken:
            self._under_way.pop(ready.waiting.id, None)
        wait = self._lane.blocked_until - self._loop.time()
        expired = self._verdicts.of_expired(taken, self._lane.failure) if wait > 0 else []
        for outcome in expired:
            self._desk.journal.add(outcome)
        ids = list({ready.waiting.id for ready in taken} - {outcome.id for outcome in expired})
        work = self._desk.put_off if wait > 0 else self._desk.give_back
        try:
            await self._desk.on(work, ids, self.hub.ms() + int(max(wait, 0.0) * 1000))
        except Exception:
            log.exception("%s messages could not be given back and are tried again", len(ids))
            self._desk.not_sent(ids)
            self._flush_soon(1.0)

    async def _keep_leases(self) -> None:
        """A server may take ten minutes over one message (RFC 5321 section 4.5.3.2.6): none but us is to send it."""
        while True:
            await asyncio.sleep(LEASE / 3000)
            try:
                await self._desk.on(self._desk.renew, list(self._under_way))
            except Exception:
                log.exception(
                    "the leases of %s messages could not be renewed and are tried again", len(self._under_way)
                )


def _new_loop() -> asyncio.AbstractEventLoop:
    try:
        import uvloop
    except ImportError:  # not made for every platform
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()
