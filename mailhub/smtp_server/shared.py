"""What the conversations of a process have in common: the hub, the threads that touch tables, limits, who is there."""

import asyncio
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from mailhub.db import close_database
from mailhub.hub import Hub
from mailhub.smtp_server.committer import Committer
from mailhub.smtp_server.visits import Visits

if TYPE_CHECKING:
    from mailhub.smtp_server.dialogue import Dialogue

T = TypeVar("T")


class Shared:
    """Made once a process, inside the running loop. Two threads: one writes batches, one answers questions."""

    def __init__(self, hub: Hub, tls: ssl.SSLContext | None) -> None:
        self.hub = hub
        self.tls = tls
        self.hostname = hub.config.smtp.hostname
        self.size = hub.config.smtp.max_message_size
        self.visits = Visits()
        self.present: set[Dialogue] = set()
        self.stopping = False
        self._writer = ThreadPoolExecutor(1, "smtp-writer")
        self._reader = ThreadPoolExecutor(1, "smtp-reader")
        self.committer = Committer(self._writer, hub.config.smtp.group_commit)

    async def ask(self, question: Callable[[], T]) -> T:
        """Run what reads tables beside the loop. Raises what it raised."""
        return await asyncio.get_running_loop().run_in_executor(self._reader, _answer, question)

    async def stop(self) -> None:
        """Commit what waits, then end the threads and their connections."""
        await self.committer.stop()
        for thread in (self._writer, self._reader):
            await asyncio.get_running_loop().run_in_executor(thread, close_database)
            thread.shutdown()


def _answer(question: Callable[[], T]) -> T:
    try:
        return question()
    except Exception:
        close_database()  # a connection that broke is not used again
        raise
