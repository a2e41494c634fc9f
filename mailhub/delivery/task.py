"""One worker process's delivery: slices of a source, on a thread with an event loop of its own.

A round: settle what came in and claim what is next (one transaction), admit again, make ready, feed the lane. The source's
state is looked at before each claim, so that a pause takes hold within two seconds even behind a slow lane.
"""

import asyncio
import logging
import threading
from collections.abc import Coroutine, Sequence
from concurrent.futures import Future
from typing import Any, TypeVar

from mailhub import outbox
from mailhub.db import bulk, close_database, transaction
from mailhub.delivery import smtp_client
from mailhub.delivery.backoff import delay
from mailhub.delivery.journal import Journal
from mailhub.delivery.lanes import Lane, unmade
from mailhub.delivery.rendering import Composer, Ready
from mailhub.delivery.routes import SANDBOX, destination_of
from mailhub.delivery.sandbox import Delivered, keep
from mailhub.errors import UserError
from mailhub.hub import Hub
from mailhub.messages import DEFERRED, DELIVERED, EXPIRED, OPEN, REFUSED, Outcome, Source, Waiting
from mailhub.outbox.admission import HOLD_AFTER_FAULT, admit
from mailhub.outbox.claims import LEASE

SLICE = 1.0
LARGEST_BATCH = 500
FIRST_BATCH = 50
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
        """Give back what has not left, wait a little for what is in flight, settle, and end the thread."""
        self.stopping = True
        self._call(self._close()).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _call(self, work: Coroutine[Any, Any, T]) -> "Future[T]":
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    async def _open(self) -> None:
        self._composer = Composer(self.hub)
        self._journal = Journal(self.hub.node.journal)
        self._batch: dict[int, int] = {}
        destination = destination_of(self.hub)
        delivery = self.hub.config.delivery
        self._lane: Lane | None = None
        if destination is not None:
            self._lane = Lane(destination, self.hub.config.smtp.hostname, delivery.connections, self._told)
        self._flush_due = False
        self._under_way: set[int] = set()
        self._keep_leases()

    async def _close(self) -> None:
        if self._lane is not None:
            self._give_back()
            await self._lane.wait(LAST_WORDS)
            await self._lane.close_idle(self._loop.time())
        self._flush()
        with transaction():
            outbox.release_node(self.hub.node.number, self.hub.ms())
        self._journal.close()
        close_database()

    async def _slice(self, source_id: int) -> bool:
        self.hub.node.renew()
        until = self._loop.time() + SLICE
        more = True
        try:
            while more and not self.stopping and self._loop.time() < until:
                more = await self._round(source_id, until)
        finally:
            self._give_back()
            self._flush()
        if self._lane is not None:
            await self._lane.close_idle(self._loop.time() - 20)
        return more

    async def _round(self, source_id: int, until: float) -> bool:
        """One batch of a source. False when there is nothing (more) to do for it now."""
        source = Source.get_or_none(Source.id == source_id)
        if source is None or source.state != OPEN or self._is_blocked():
            return False
        limit = self._batch.get(source_id, FIRST_BATCH)
        batch = self._claim(source, limit)
        if not batch:
            await self._drain(until)
            return False
        started = self._loop.time()
        admitted = self._admit(source, batch)
        if admitted is None:
            return False
        ready = self._ready(source, admitted)
        if ready is None:
            return False
        await self._deliver(source, ready, until)
        self._learn(source_id, len(batch), self._loop.time() - started)
        return True

    def _claim(self, source: Source, limit: int) -> list[Waiting]:
        """Claim and settle in one transaction; settling last, since it takes the one place in the order of events."""
        settled = {each.id for each in self._journal.pending}
        with bulk():
            batch = outbox.claim(source, self.hub.node.number, limit, self.hub.ms())
            self._settle()
        self._journal_settled()
        return [each for each in batch if each.id not in settled]

    def _is_blocked(self) -> bool:
        return self._lane is not None and self._lane.blocked(self._loop.time())

    def _learn(self, source_id: int, count: int, seconds: float) -> None:
        """The next batch is half a second's worth at the rate just seen."""
        worth = int(count / max(seconds, 0.001) / 2)
        self._batch[source_id] = max(1, min(LARGEST_BATCH, worth, 4 * count))

    def _admit(self, source: Source, batch: Sequence[Waiting]) -> list[Waiting] | None:
        """Who of the batch may still leave; None when the source is held now. Refusals are outcomes like any other."""
        try:
            refusals = admit(self.hub, source, batch, "claim")
        except outbox.Held as held:
            self._hold(source, batch, held.reason, held.until)
            return None
        for each in batch:
            if each.id in refusals:
                plugin, refusal = refusals[each.id]
                self._journal.add(
                    Outcome(each.id, each.attempts + 1, REFUSED, self.hub.ms(), text=refusal.text,
                            reason=refusal.reason, plugin=plugin)
                )  # fmt: skip
        return [each for each in batch if each.id not in refusals] if refusals else list(batch)

    def _ready(self, source: Source, messages: Sequence[Waiting]) -> list[Ready] | None:
        """The messages, made ready; None when that failed for all of them, which holds the source."""
        try:
            return self._composer.ready(source, messages)
        except Exception as error:
            log.exception("source %s was held: its messages could not be made ready", source.id)
            reason = str(error) if isinstance(error, UserError) else f"{error!r}: see the server's log."
            until = self.hub.ms() + HOLD_AFTER_FAULT
            self._hold(source, messages, f"Its messages could not be made ready: {reason}", until)
            return None

    def _hold(self, source: Source, batch: Sequence[Waiting], reason: str, until: int) -> None:
        with transaction():
            outbox.release(self.hub.node.number, [each.id for each in batch], self.hub.ms())
            outbox.hold(self.hub, source, reason, until)

    async def _deliver(self, source: Source, messages: list[Ready], until: float) -> None:
        if self._lane is None:
            self._keep(source, messages)
            await asyncio.sleep(0)
            return
        self._under_way.update(ready.waiting.id for ready in messages)
        self._lane.feed(messages)
        await self._drain(until, len(messages) // 8)

    async def _drain(self, until: float, left: int = 0) -> None:
        """Wait until at most `left` messages have not been begun with, or until `until`."""
        while self._lane and self._lane.backlog > left and self._loop.time() < until and not self._is_blocked():
            await asyncio.sleep(0.005)

    def _keep(self, source: Source, messages: list[Ready]) -> None:
        """The sandbox route: one transaction for the batch."""
        now = self.hub.ms()
        mails = []
        for ready in messages:
            each = ready.waiting
            try:
                message = ready.build()
            except Exception as error:
                self._journal.add(self._outcome(each, unmade(ready, error)))
                continue
            mails.append(
                Delivered(each.id, source.account_id, source.id, ready.envelope_from, each.address, message,
                          now, source.stream == "system")
            )  # fmt: skip
        keep(mails)
        attempts = {ready.waiting.id: ready.waiting.attempts + 1 for ready in messages}
        self._journal.pending += [
            Outcome(mail.id, attempts[mail.id], DELIVERED, now, 250, "2.0.0", "kept in the sandbox", route=SANDBOX)
            for mail in mails
        ]

    def _told(self, ready: Ready, outcome: smtp_client.Outcome) -> None:
        """A lane tells what became of a message."""
        self._under_way.discard(ready.waiting.id)
        if outcome.kind == "unsent":
            with transaction():
                outbox.release(self.hub.node.number, [ready.waiting.id], self.hub.ms())
            return
        self._journal.add(self._outcome(ready.waiting, outcome))
        if not self._flush_due:
            self._flush_due = True
            self._loop.call_later(0.5, self._flush)

    def _outcome(self, waiting: Waiting, outcome: smtp_client.Outcome) -> Outcome:
        now, attempt = self.hub.ms(), waiting.attempts + 1
        route = self._lane.destination.name if self._lane else SANDBOX
        kind, due_at = outcome.kind, 0
        if kind == DEFERRED:
            due_at = now + int(delay(attempt) * 1000)
            if due_at - waiting.first_at > self.hub.config.delivery.retry_for * 1000:
                kind = EXPIRED  # type: ignore[assignment]
        return Outcome(
            waiting.id,
            attempt,
            kind,
            now,
            outcome.code,
            outcome.enhanced,
            outcome.text,
            "",
            "",
            route,
            outcome.tls,
            due_at,
        )

    def _give_back(self) -> None:
        """What no connection has begun with goes back to the queue, due at once, or when the lane is open again."""
        taken = self._lane.take_back() if self._lane else []
        if not taken:
            return
        wait = max(0.0, self._lane.blocked_until - self._loop.time()) if self._lane else 0.0
        due_at = self.hub.ms() + int(wait * 1000)
        ids = [ready.waiting.id for ready in taken]
        with bulk():
            outbox.release(self.hub.node.number, ids, due_at)
        self._under_way.difference_update(ids)

    def _keep_leases(self) -> None:
        """A server may take ten minutes over one message (RFC 5321 section 4.5.3.2.6): none but us is to send it."""
        if self._under_way:
            with transaction():
                outbox.renew(self.hub.node.number, list(self._under_way), self.hub.ms())
        self._loop.call_later(LEASE / 3000, self._keep_leases)

    def _settle(self) -> None:
        outbox.settle(self.hub.node.number, self._journal.pending)

    def _journal_settled(self) -> None:
        if self._journal.pending:
            self._journal.settled()

    def _flush(self) -> None:
        self._flush_due = False
        if self._journal.pending:
            with bulk():
                self._settle()
            self._journal_settled()


def _new_loop() -> asyncio.AbstractEventLoop:
    try:
        import uvloop
    except ImportError:  # not made for every platform
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()
