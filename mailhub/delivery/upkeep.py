"""What a delivery does between slices: looks after its lanes, keeps its claims, tells the other workers and the pages."""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from mailhub import metrics
from mailhub.delivery.desk import Desk
from mailhub.delivery.fleet import Fleet
from mailhub.outbox import claims
from mailhub.outbox.lanes import BLOCKED, SLOWED

BEAT = 0.25
"""Seconds between two looks at the lanes and at the sources of what is under way."""
TELLING = 3.0
"""Seconds between two writings of how the lanes stand."""
READING = 2.0
"""Seconds between two looks whether rules or routes were changed."""

log = logging.getLogger(__name__)


class Upkeep:
    """`give_back_closed()` looks whether a source was paused, unless a slice did so a moment ago."""

    def __init__(self, desk: Desk, fleet: Fleet, give_back_closed: Callable[[], Awaitable[None]]) -> None:
        self._desk, self._fleet, self._give_back_closed = desk, fleet, give_back_closed
        self._told_at, self._shown = 0.0, False
        self._read_at = 0.0

    async def run(self) -> None:
        """Look after the lanes for as long as the process lives."""
        while True:
            await asyncio.sleep(BEAT)
            try:
                await self._fleet.tick()
                await self._give_back_closed()
                await self._follow()
                await self._share()
            except Exception:
                log.exception("the lanes could not be looked after and are looked at again")

    async def _follow(self) -> None:
        """See changed rules and routes also while nothing is claimed, since all lanes a source is known to use are shut."""
        now, router = asyncio.get_running_loop().time(), self._desk.router
        if self._fleet.lanes and now - self._read_at > READING:
            self._read_at = now
            await self._desk.on(router.refresh)
        if self._fleet.berths.follow(router.number):
            self._fleet.look_again()

    async def _share(self) -> None:
        """Tell the other workers how the lanes stand, when there is something to tell, and hear of theirs."""
        now = asyncio.get_running_loop().time()
        due = now - self._told_at > TELLING and (self._shown or bool(self._fleet.lanes) or self._fleet.resolving > 0)
        told = self._fleet.to_tell(due)
        if due:
            self._told_at, self._shown = now, bool(told.standing)
            self._note_levels(told.standing or ())
        elif told.is_empty():
            return
        try:
            heard, granted = await self._desk.on(self._desk.sharing.exchange, told)
        except BaseException:
            self._fleet.put_back(told)
            raise
        self._fleet.hear(heard, granted)

    def _note_levels(self, standing: Sequence[dict[str, Any]]) -> None:
        states = Counter(str(row["state"]) for row in standing)
        metrics.level("lanes", len(standing))
        metrics.level("lanes_blocked", states[BLOCKED])
        metrics.level("lanes_slowed", states[SLOWED])
        metrics.level("messages_resolving", self._fleet.resolving)

    async def keep_leases(self) -> None:
        """A server may take ten minutes over one message (RFC 5321 section 4.5.3.2.6): none but us is to send it."""
        while True:
            await asyncio.sleep(claims.LEASE / 3000)
            under_way = list(self._fleet.under_way)
            try:
                await self._desk.on(self._desk.renew, under_way)
            except Exception:
                log.exception("the leases of %s messages could not be renewed and are tried again", len(under_way))
