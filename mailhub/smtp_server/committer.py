"""Group commit: work of many conversations in one transaction, so that all their mails share one write to disk.

One thread does it, one batch after the other; whoever waits hears when the batch is on disk, or that it is not.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from typing import Any, NamedTuple, TypeVar

from mailhub import metrics, outages
from mailhub.db import close_database, transaction
from mailhub.errors import UserError
from mailhub.outbox import Held

BATCH = 200
"""Works in one transaction at most."""
T = TypeVar("T")
log = logging.getLogger(__name__)


class _Waiting(NamedTuple):
    work: Callable[[], Any]
    done: asyncio.Future[Any]


class Committer:
    """Runs works in transactions on `thread` (an executor of one thread). `window` is in seconds.

    A batch leaves as soon as everybody who is expected is in it, at the latest after the window.
    """

    def __init__(self, thread: Executor, window: float) -> None:
        self.works = 0
        self.batches = 0
        self._thread = thread
        self._window = window
        self._expected = 0
        self._stopping = False
        self._waiting: list[_Waiting] = []
        self._arrived = asyncio.Event()
        self._task = asyncio.get_running_loop().create_task(self._serve())

    @contextlib.contextmanager
    def expecting(self) -> Iterator[None]:
        """Somebody is about to bring work: a batch waits for them within the window."""
        self._expected += 1
        try:
            yield
        finally:
            self._expected -= 1
            self._arrived.set()

    async def commit(self, work: Callable[[], T]) -> T:
        """Run `work` in a transaction and return its result once that is on disk. Raises what the work raised."""
        waiting = _Waiting(work, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        self._arrived.set()
        answer = await waiting.done
        if isinstance(answer, Exception):
            raise answer
        result: T = answer
        return result

    async def stop(self) -> None:
        """Finish what waits and what is being written, then end."""
        self._stopping = True
        self._arrived.set()
        await self._task

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        while await self._collect(loop):
            batch, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
            answers = await loop.run_in_executor(self._thread, _write_counted, [each.work for each in batch])
            self.batches += 1
            self.works += len(batch)
            for each, answer in zip(batch, answers, strict=True):
                if not each.done.done():  # else the peer left while its mail was written
                    each.done.set_result(answer)

    async def _collect(self, loop: asyncio.AbstractEventLoop) -> bool:
        """Wait for a batch. False when there is none and there will be no more."""
        while not self._waiting:
            if self._stopping:
                return False
            await self._next_arrival()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(loop.time() + self._window):
                while len(self._waiting) < min(BATCH, self._expected):
                    await self._next_arrival()
        return True

    async def _next_arrival(self) -> None:
        self._arrived.clear()
        await self._arrived.wait()


def _write_counted(works: Sequence[Callable[[], Any]]) -> list[Any]:
    with metrics.spending("accept"):
        answers = write(works)
    refused = sum(isinstance(answer, UserError) for answer in answers)
    postponed = sum(isinstance(answer, Exception) for answer in answers) - refused
    metrics.count("smtp.accepted", len(answers) - refused - postponed)
    metrics.count("smtp.refused", refused)
    metrics.count("smtp.postponed", postponed)
    return answers


def write(works: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run works in one transaction, each within a savepoint; their results, or the exceptions they raised.

    A refusal takes back its own work only. At anything unforeseen all is rolled back and each is tried alone, so that
    one cannot spoil the others; when nothing can be written now (the database is locked or away, the disk is full), all
    fail.
    """
    begun = False
    try:
        with transaction():
            begun = True
            return [_run(work) for work in works]
    except Exception as error:
        close_database()  # a connection that broke is not used again
        if not begun or len(works) == 1 or outages.find(error):
            return [error] * len(works)
        log.warning("a batch of %d mails could not be written (%r): each was tried alone", len(works), error)
        return [answer for work in works for answer in write([work])]


def _run(work: Callable[[], Any]) -> Any:
    try:
        with transaction():
            return work()
    except (UserError, Held) as refusal:
        return refusal
