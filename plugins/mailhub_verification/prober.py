"""One process's knowledge of domains: a thread with an event loop that looks them up, many at once, and remembers.

Lookups belong to the thread, not to whoever asked: who cannot wait longer goes away, and finds the answer next time.
"""

import asyncio
import contextlib
import logging
import threading
import time
import weakref
from collections import OrderedDict, deque
from collections.abc import Iterable

from mailhub.config import Config
from mailhub.dns.asking import Asker, open_asker
from mailhub.errors import UserError
from mailhub.hub import Hub
from mailhub_verification.facts import FAILED, Facts, look_up

REMEMBERED = 50_000
"""Domains kept at most, about 12 MiB; the ones not asked for longest go."""
DOUBT = 20
"""Lookups without an answer in a row after which it is asked whether the DNS servers are there at all."""

log = logging.getLogger(__name__)


class Prober:
    """`ask(domains, until)` from any thread. Opened at first use, after any fork; `close` ends its thread."""

    def __init__(self, asker: Asker, in_flight: int) -> None:
        self._most = max(1, in_flight)
        self._remembered: OrderedDict[str, tuple[float, Facts]] = OrderedDict()
        self._looking: dict[str, asyncio.Future[Facts]] = {}
        self._waiting: deque[str] = deque()
        self._busy: set[asyncio.Task[None]] = set()
        self._silent = 0
        self._asker = asker
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, name="verification-dns", daemon=True).start()

    def ask(self, domains: Iterable[str], until: float) -> dict[str, Facts]:
        """What is known of these domains at `until` (monotonic seconds); those still being looked up are left out."""
        return asyncio.run_coroutine_threadsafe(self._ask(set(domains), until), self._loop).result()

    def is_heard(self) -> bool:
        """False when no DNS server answers anything any more; then what failed lately is not believed."""
        return asyncio.run_coroutine_threadsafe(self._is_heard(), self._loop).result()

    def close(self) -> None:
        """End the lookups and the thread."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._end)

    def _end(self) -> None:
        self._waiting.clear()
        for task in self._busy:
            task.cancel()
        self._asker.close()
        self._loop.call_later(0, self._loop.stop)

    async def _ask(self, domains: set[str], until: float) -> dict[str, Facts]:
        found: dict[str, Facts] = {}
        awaited: dict[str, asyncio.Future[Facts]] = {}
        for domain in domains:
            facts = self._recall(domain)
            if facts is None:
                awaited[domain] = self._begin(domain)
            else:
                found[domain] = facts
        if awaited:
            await asyncio.wait(awaited.values(), timeout=max(0.0, until - time.monotonic()))
        return found | {domain: future.result() for domain, future in awaited.items() if future.done()}

    def _recall(self, domain: str) -> Facts | None:
        kept = self._remembered.get(domain)
        if kept is None or kept[0] < time.monotonic():
            return None
        self._remembered.move_to_end(domain)
        return kept[1]

    def _begin(self, domain: str) -> "asyncio.Future[Facts]":
        future = self._looking.get(domain)
        if future is None:
            future = self._looking[domain] = self._loop.create_future()
            self._waiting.append(domain)
            if len(self._busy) < self._most:
                task = self._loop.create_task(self._work())
                self._busy.add(task)
                task.add_done_callback(self._busy.discard)
        return future

    async def _work(self) -> None:
        """Look up what waits until nothing does; as many of these run as questions may be in flight."""
        while self._waiting:
            domain = self._waiting.popleft()
            facts = FAILED
            try:
                facts = await look_up(domain, self._asker.ask)
            except Exception:  # one domain's answer must not keep the others waiting
                log.exception("what DNS said of a domain could not be understood")
            finally:
                self._finish(domain, facts)

    def _finish(self, domain: str, facts: Facts) -> None:
        self._silent = self._silent + 1 if facts is FAILED else 0
        self._remembered[domain] = time.monotonic() + facts.lifetime, facts
        self._remembered.move_to_end(domain)
        while len(self._remembered) > REMEMBERED:
            self._remembered.popitem(last=False)
        future = self._looking.pop(domain)
        if not future.done():
            future.set_result(facts)

    async def _is_heard(self) -> bool:
        if self._silent < DOUBT:
            return True
        if await self._asker.is_heard():
            self._silent = 0
            return True
        for domain in [each for each, (_, facts) in self._remembered.items() if facts is FAILED]:
            del self._remembered[domain]
        return False


def open_prober(config: Config) -> Prober:
    """A prober as the configuration says. Raises `UserError` for DNS servers that make no sense."""
    if config.verification.in_flight < 1:
        raise UserError("The configuration's verification.in_flight must be above 0.")
    return Prober(open_asker(config.dns), config.verification.in_flight)


_probers: "weakref.WeakKeyDictionary[Hub, Prober]" = weakref.WeakKeyDictionary()
_lock = threading.Lock()


def prober_of(hub: Hub) -> Prober:
    """The process's prober, made at first use; it ends with its hub."""
    with _lock:
        prober = _probers.get(hub)
        if prober is None:
            prober = _probers[hub] = open_prober(hub.config)
            weakref.finalize(hub, prober.close)
        return prober
