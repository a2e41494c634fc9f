"""The delivery's desk: all its work with the database, on a thread of its own, so that connections never wait for a disk.

It claims, admits again, makes ready, settles and gives back. It knows no connection; what leaves is the lane's.
"""

import asyncio
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, TypeVar

from mailhub import metrics, outages, outbox
from mailhub.db import bulk, close_database, transaction
from mailhub.delivery.building import Ready, Way
from mailhub.delivery.choosing import last_change
from mailhub.delivery.journal import Journal
from mailhub.delivery.rendering import Composer
from mailhub.delivery.routes import Router
from mailhub.delivery.sharing import Sharing
from mailhub.errors import Sentence, UserError
from mailhub.hub import Hub
from mailhub.messages import OPEN, REFUSED, Outcome, Source, Waiting
from mailhub.outbox.admission import HOLD_AFTER_FAULT, admit
from mailhub.outbox.lanes import publish

WORTH = 200
"""So many outcomes are settled with the next claim, however short a time they have waited."""
SOON = 0.5
"""Seconds an outcome waits for others before it is settled."""

T = TypeVar("T")
log = logging.getLogger(__name__)


class Closed(NamedTuple):
    """Domains left out of a claim, since their lane is blocked or full: for `wait` ms, then over the next `spread` ms; and
    why, with a server's words (as in `outbox.Aside`)."""

    domains: list[str]
    wait: int
    spread: int
    reason: str = ""
    code: int = 0
    text: str = ""


def _reason(error: Exception) -> Sentence:
    if isinstance(error, UserError):
        return error.sentence
    return Sentence("{error}: see the server's log.", error=repr(error))


class Batch(NamedTuple):
    """What a claim brought: how many were due (0: nothing is), those of them that may leave, and the ways they have."""

    source: Source
    claimed: int
    ready: list[Ready]
    ways: list[Way]


class Desk:
    """One process's desk. `await desk.on(desk.flush)` runs a method on the desk's thread; they run one after the other."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.journal = Journal(hub.node.journal)
        self.returned: list[outbox.Back] = []
        self.router = Router(hub)
        self.sharing = Sharing(hub, self.router)
        self._settled_at = 0.0
        self._guard = threading.Lock()
        self._strangers: set[int] = set()
        self._composer = Composer(hub)
        self._thread = ThreadPoolExecutor(1, "delivery-desk")

    async def on(self, work: Callable[..., T], *arguments: Any) -> T:
        """Run `work` on the desk's thread."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *arguments)

    def next_batch(
        self, source_id: int, limit: int, closed: Sequence[Closed] = (), known: int | None = None
    ) -> Batch | None:
        """Settle what came in, claim what is next to open domains, and make ready whoever may still leave.

        `known` is the number of the last change to rules and routes that `closed` knows of. None when nothing of the source
        may leave now: it is not open, or was held just now.
        """
        source = Source.get_or_none(Source.id == source_id)
        if source is None or source.state != OPEN:
            return None
        self.router.refresh()
        claimed = self._claim(source, limit, [domain for each in closed for domain in each.domains])
        if closed and len(claimed) < limit and last_change() == known:  # else other lanes may be open to them
            self._set_aside(source, closed)
        metrics.count("claimed", len(claimed))
        try:
            ready = self._prepare(source, claimed) if claimed else []
        except BaseException:
            self.not_sent([each.id for each in claimed])
            raise
        return None if ready is None else Batch(source, len(claimed), ready, self._find_ways(source, ready))

    def _find_ways(self, source: Source, messages: Sequence[Ready]) -> list[Way]:
        """Give each message its way; messages to the same domain share one."""
        found: dict[tuple[int | None, str], Way] = {}
        for ready in messages:
            key = ready.waiting.content_id, ready.waiting.domain
            way = found.get(key)
            if way is None:
                way = found[key] = self._way(source, *key)
            ready.way = way
        return list(found.values())

    def _way(self, source: Source, content_id: int | None, domain: str) -> Way:
        sender = self._composer.content(content_id or source.content_id or 0, source.account_id).from_domain
        given = source.stream, source.account_id, sender, domain
        way = Way(source.id, domain, self.router.routes_for(*given), source.priority > 0)
        if self.router.is_unsure(*given):
            way.choose = lambda provider: self.on(self.router.choose, provider, *given)
        return way

    def _set_aside(self, source: Source, closed: Sequence[Closed]) -> None:
        """What was left out stands before what is to be claimed next: it is looked at again when its lane may take it."""
        now = self.hub.ms()
        for each in closed:
            with bulk():
                aside = outbox.Aside(each.domains, now + each.wait, each.spread, each.reason, each.code, each.text)
                outbox.set_aside(source.id, aside, now)

    def _prepare(self, source: Source, claimed: Sequence[Waiting]) -> list[Ready] | None:
        """Who of them may still leave, made ready; None when the source is held now."""
        with metrics.spending("admit"):
            admitted = self._admit(source, claimed)
        with metrics.spending("render"):
            return None if admitted is None else self._ready(source, admitted)

    def closed(self, sources: Collection[int]) -> set[int]:
        """Those of the sources (by id) nothing may leave from now."""
        still = Source.select(Source.id).where(Source.id.in_(list(sources)), Source.state == OPEN)
        return set(sources) - {row.id for row in still}

    def not_sent(self, ids: Sequence[int]) -> None:
        """Claimed messages that no connection took; the next flush gives them back, due at once."""
        self.returns([outbox.Back(id_, self.hub.ms()) for id_ in ids])

    def returns(self, messages: Sequence[outbox.Back]) -> None:
        """Claimed messages that will not be sent now; the next flush gives them back."""
        with self._guard:
            self.returned += messages

    def flush(self) -> None:
        """Write pending outcomes, and give back what lanes could not begin with."""
        if not self.journal.pending and not self.returned:
            return
        with self._guard:
            returned, self.returned = self.returned, []
        outcomes = self.journal.take()
        try:
            with metrics.spending("settle"), bulk():
                outbox.give_back(self.hub.node.number, returned, self.hub.ms())
                outbox.settle(self.hub.node.number, outcomes)
        except BaseException:
            self.journal.put_back()
            self.returns(returned)
            raise
        metrics.count("returned", len(returned))
        self._settled(outcomes)

    def give_back(self, ids: Sequence[int], due_at: int) -> None:
        """Claimed messages that will not be sent now; due at `due_at` (ms)."""
        with bulk():
            outbox.release(self.hub.node.number, ids, due_at)
        metrics.count("returned", len(ids))

    def renew(self, ids: Sequence[int]) -> None:
        """Claim for longer what a slow server is still busy with, and give back what nobody here knows of.

        When a database ends while it commits, a claim may stand that was never heard of. What is a stranger at two
        looks in a row is one.
        """
        with transaction():
            outbox.renew(self.hub.node.number, ids, self.hub.ms())
            known = {*ids, *(each.id for each in self.returned), *self.journal.known()}
            strangers = set(outbox.claimed_by(self.hub.node.number)) - known
            outbox.release(self.hub.node.number, list(strangers & self._strangers), self.hub.ms())
        self._strangers = strangers

    def close(self) -> None:
        """Settle, give back everything this node has claimed, and leave the database."""
        self.flush()
        with transaction():
            outbox.release_node(self.hub.node.number, self.hub.ms())
            publish(self.hub.node.number, [], self.hub.ms())
        self.router.close()
        self.journal.close()
        close_database()

    def end(self) -> None:
        """End the thread; after `close`."""
        self._thread.shutdown()

    def _claim(self, source: Source, limit: int, blocked: Sequence[str] = ()) -> list[Waiting]:
        """Claim and settle in one transaction; settling last, since it takes the one place in the order of events."""
        outcomes = self.journal.take() if self._is_worth_settling() else []
        settled = {each.id for each in outcomes}
        try:
            began = time.thread_time()
            with bulk():
                batch = outbox.claim(source, self.hub.node.number, limit, self.hub.ms(), blocked)
                claimed = time.thread_time()
                outbox.settle(self.hub.node.number, outcomes)
            metrics.spent("claim", claimed - began)
            metrics.spent("settle", time.thread_time() - claimed)
        except BaseException:
            self.journal.put_back()
            raise
        if outcomes:
            self._settled(outcomes)
        return [each for each in batch if each.id not in settled]

    def _is_worth_settling(self) -> bool:
        """Each settling takes the one place in the order of events: with a slow server a few outcomes wait for others."""
        return len(self.journal.pending) >= WORTH or time.monotonic() - self._settled_at >= SOON

    def _settled(self, outcomes: Sequence[Outcome]) -> None:
        self._settled_at = time.monotonic()
        self.journal.settled()
        metrics.count("settled", len(outcomes))
        for kind, count in Counter(each.kind for each in outcomes).items():
            metrics.count(f"messages.{kind}", count)

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
            if outages.find(error):
                raise
            log.exception("source %s was held: its messages could not be made ready", source.id)
            reason = _reason(error)
            until = self.hub.ms() + HOLD_AFTER_FAULT
            self._hold(
                source, messages, Sentence("Its messages could not be made ready: {reason}", reason=reason), until
            )
            return None

    def _hold(self, source: Source, batch: Sequence[Waiting], reason: str, until: int) -> None:
        with transaction():
            outbox.release(self.hub.node.number, [each.id for each in batch], self.hub.ms())
            outbox.hold(self.hub, source, reason, until)
