"""The service that looks at domains in DNS, beside the elected scheduler: every one every few hours, and what somebody
asks for at once. Many looks go on at a time and each ends by itself, so that a silent name server holds up nobody else."""

import asyncio
import logging
import threading
from collections import Counter

from mailhub import outages
from mailhub.accounts import Domain
from mailhub.db import close_database, in_list, sql, transaction
from mailhub.errors import Conflict
from mailhub.hub import Hub
from mailhub.vocabulary import Service

LOOKS = 40
"""Looks that go on at the same time."""
KEPT = 10
"""Of them, those kept for what somebody asked for."""
SHARE = 4
"""Looks of one account at the same time: a hundred silent domains of one are not the others' business."""
REST = 5
"""Seconds after a look before somebody may ask for the next one."""
TICK = 0.5
"""Seconds between two questions whether any is due."""
PAUSE = 5.0
"""Seconds to wait while the database is away."""

log = logging.getLogger(__name__)


class Watch:
    """The looks that go on now. Belongs to one event loop, whose thread has the database to itself."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._going: dict[asyncio.Task[None], tuple[int, int]] = {}

    def begin(self) -> int:
        """Begin the looks that are due, as many as may go on: first what was asked for. Returns how many began."""
        asked = self._begin("asked_at IS NOT NULL", "asked_at", LOOKS)
        if not self._hub.config.domains.check_every:
            return asked
        return asked + self._begin(f"check_at <= {self._hub.ms()}", "check_at", LOOKS - KEPT)

    async def wait(self, seconds: float | None = None) -> None:
        """Wait for one look to end, `seconds` at most. Raises what the database raised when it went away."""
        if not self._going:
            await asyncio.sleep(seconds or 0)
            return
        ended, _ = await asyncio.wait(self._going, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for task in ended:
            _, number = self._going.pop(task)
            if (error := task.exception()) is not None:
                self._note_failure(number, error)

    async def end(self) -> None:
        """Break off what goes on: it is due again, or will be."""
        for task in self._going:
            task.cancel()
        await asyncio.gather(*self._going, return_exceptions=True)

    def _begin(self, due: str, order: str, most: int) -> int:
        chosen = self._choose(due, order, most - len(self._going))
        if chosen:
            later = self._hub.ms() + (self._hub.config.domains.check_every or 1) * 1000
            with transaction():  # whatever becomes of these looks, the others have their turn
                Domain.update(check_at=later).where(Domain.id.in_([number for _, number in chosen])).execute()
        for account, number in chosen:
            self._going[asyncio.create_task(self._look(number))] = account, number
        return len(chosen)

    def _choose(self, due: str, order: str, free: int) -> list[tuple[int, int]]:
        """The accounts and numbers of the domains to look at next, the longest waiting first, each account its share."""
        if free <= 0:
            return []
        busy = Counter(account for account, _ in self._going.values())
        full, accounts = in_list("account_id", [each for each, count in busy.items() if count >= SHARE] or [0])
        going, numbers = in_list("id", [number for _, number in self._going.values()] or [0])
        query = f"SELECT account_id, id FROM domains WHERE {due} AND NOT {full} AND NOT {going} ORDER BY {order}, id LIMIT ?"
        chosen: list[tuple[int, int]] = []
        for account, number in sql(query, (*accounts, *numbers, LOOKS * SHARE)).fetchall():
            if len(chosen) < free and busy[account] < SHARE:
                busy[account] += 1
                chosen.append((account, number))
        return chosen

    async def _look(self, number: int) -> None:
        # DNS is loaded where it is asked: a worker and a listener have no use for it.
        from mailhub.domains.looking import look_at
        from mailhub.domains.noting import note

        domain: Domain | None = Domain.get_or_none(Domain.id == number)
        if domain is None:
            return
        seen = await look_at(self._hub, domain)
        with transaction():
            note(self._hub, domain, seen)

    def _note_failure(self, number: int, error: BaseException) -> None:
        if not isinstance(error, Exception) or outages.find(error) is not None:
            raise error
        log.error("the look at domain %s failed", number, exc_info=error)
        Domain.update(asked_at=None).where(Domain.id == number).execute()


def ask(hub: Hub, domain: Domain) -> None:
    """Ask for a look at a domain, in the caller's transaction: it begins within a second. One that goes on is not begun
    anew. Raises `Conflict` right after the last one."""
    if domain.asked_at is not None:
        return
    seconds = (hub.ms() - domain.checked_at) // 1000 if domain.checked_at else REST
    if seconds < REST:
        raise Conflict(
            "{name} was looked up {seconds} s ago: read what was found, and check again in a moment.",
            name=domain.name, seconds=max(0, seconds),
        )  # fmt: skip
    domain.asked_at = hub.ms()
    Domain.update(asked_at=domain.asked_at).where(Domain.id == domain.id).execute()


async def watch(hub: Hub, stop: threading.Event) -> None:
    """Look at what is due until `stop` is set."""
    looks = Watch(hub)
    try:
        while not stop.is_set():
            looks.begin()
            await looks.wait(TICK)
    finally:
        await looks.end()


def run(hub: Hub, stop: threading.Event) -> None:
    """The service; while the database is away, it waits for it."""
    while not stop.is_set():
        try:
            asyncio.run(watch(hub, stop))
        except Exception as error:
            if outages.find(error) is None:
                raise
            close_database()
            log.warning("checks of domains wait: the database cannot be used now")
            stop.wait(PAUSE)


SERVICES = (Service("domains", run),)
