"""The delivery's desk: all its work with the database, on a thread of its own, so that connections never wait for a disk.

It claims, admits again, makes ready, settles and gives back. It knows no connection; what leaves is the lane's.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from mailhub import outbox
from mailhub.db import bulk, close_database, transaction
from mailhub.delivery.journal import Journal
from mailhub.delivery.rendering import Composer, Ready
from mailhub.errors import UserError
from mailhub.hub import Hub
from mailhub.messages import OPEN, REFUSED, Outcome, Source, Waiting
from mailhub.outbox.admission import HOLD_AFTER_FAULT, admit

T = TypeVar("T")
log = logging.getLogger(__name__)


class Desk:
    """One process's desk. `await desk.on(desk.flush)` runs a method on the desk's thread; they run one after the other."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.journal = Journal(hub.node.journal)
        self.unsent: list[int] = []
        self._composer = Composer(hub)
        self._thread = ThreadPoolExecutor(1, "delivery-desk")

    async def on(self, work: Callable[..., T], *arguments: Any) -> T:
        """Run `work` on the desk's thread."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *arguments)

    def next_batch(self, source_id: int, limit: int) -> tuple[Source, list[Ready]] | None:
        """Settle what came in, claim what is next, and make ready whoever may still leave.

        None when the source is not open, has nothing due, or is held now. The batch is empty when all were refused.
        """
        source = Source.get_or_none(Source.id == source_id)
        if source is None or source.state != OPEN:
            return None
        batch = self._claim(source, limit)
        admitted = self._admit(source, batch) if batch else None
        ready = None if admitted is None else self._ready(source, admitted)
        return None if ready is None else (source, ready)

    def flush(self) -> None:
        """Write pending outcomes, and give back what lanes could not begin with."""
        if not self.journal.pending and not self.unsent:
            return
        unsent, self.unsent = self.unsent, []
        try:
            with bulk():
                outbox.release(self.hub.node.number, unsent, self.hub.ms())
                outbox.settle(self.hub.node.number, self.journal.take())
        except BaseException:
            self.journal.put_back()
            self.unsent += unsent
            raise
        self.journal.settled()

    def give_back(self, ids: Sequence[int], due_at: int) -> None:
        """Claimed messages that will not be sent now; due at `due_at` (ms)."""
        with bulk():
            outbox.release(self.hub.node.number, ids, due_at)

    def renew(self, ids: Sequence[int]) -> None:
        """Claim for longer what a slow server is still busy with."""
        with transaction():
            outbox.renew(self.hub.node.number, ids, self.hub.ms())

    def close(self) -> None:
        """Settle, give back everything this node has claimed, and leave the database."""
        self.flush()
        with transaction():
            outbox.release_node(self.hub.node.number, self.hub.ms())
        self.journal.close()
        close_database()

    def end(self) -> None:
        """End the thread; after `close`."""
        self._thread.shutdown()

    def _claim(self, source: Source, limit: int) -> list[Waiting]:
        """Claim and settle in one transaction; settling last, since it takes the one place in the order of events."""
        outcomes = self.journal.take()
        settled = {each.id for each in outcomes}
        try:
            with bulk():
                batch = outbox.claim(source, self.hub.node.number, limit, self.hub.ms())
                outbox.settle(self.hub.node.number, outcomes)
        except BaseException:
            self.journal.put_back()
            raise
        self.journal.settled()
        return [each for each in batch if each.id not in settled]

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
                self.journal.add(
                    Outcome(each.id, each.attempts + 1, REFUSED, self.hub.ms(), text=refusal.text,
                            reason=refusal.reason, plugin=plugin)
                )  # fmt: skip
        return [each for each in batch if each.id not in refusals] if refusals else list(batch)

    def _ready(self, source: Source, messages: Sequence[Waiting]) -> list[Ready] | None:
        """The messages, made ready; what is too much for one batch goes back. None when that failed: the source is held."""
        try:
            made = self._composer.ready(source, messages)
            if len(made) < len(messages):
                self.give_back([each.id for each in messages[len(made) :]], self.hub.ms())
            return made
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
