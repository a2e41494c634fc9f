"""Daily caps of addresses that are being warmed up, kept by all workers together.

A worker takes some of a day's cap at a time, so that counting costs no write per message; what it does not use, it
gives back. Which plan an address has is read by `choosing`.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from mailhub.db import is_postgres, sql, transaction
from mailhub.hub import Hub
from mailhub.routes import DAY, WarmUp, today

IDLE = 15.0
"""Seconds after which what was taken and not used is given back for other workers."""
SHARE = 20
"""A worker takes a twentieth of what is left of a day's cap at least: few writes at first, little hoarded at the end."""


@dataclass(slots=True)
class _Lease:
    day: int
    left: int
    used_at: float
    spent: bool = False


class Allowances:
    """One process's part of the caps. All calls on one thread, outside of transactions."""

    def __init__(self, hub: Hub) -> None:
        self.plans: Mapping[int, WarmUp] = {}
        self._hub = hub
        self._leases: dict[tuple[int, str], _Lease] = {}

    def take(self, address_id: int, provider: str, wanted: int) -> tuple[int, int]:
        """How many of the messages wanted may leave from an address for a provider now, and the ms until more may."""
        plan, now = self.plans.get(address_id), self._hub.ms()
        day = today(now)
        cap = plan.cap(provider, day) if plan else None
        if cap is None:
            return wanted, 0
        lease = self._lease(address_id, provider, day)
        if lease.left < wanted and not lease.spent:
            more = _lease(address_id, provider, day, cap, wanted - lease.left)
            lease.left, lease.spent = lease.left + more, lease.left + more < wanted
        granted = min(wanted, lease.left)
        lease.left, lease.used_at = lease.left - granted, time.monotonic()
        return granted, 0 if granted == wanted else (day + 1) * DAY - now

    def spent(self, address_id: int, provider: str) -> bool:
        """Whether nothing is left today, as far as this process has asked."""
        lease = self._leases.get((address_id, provider))
        today_ = today(self._hub.ms())
        return address_id in self.plans and lease is not None and lease.day == today_ and lease.spent and not lease.left

    def put_back(self, address_id: int, provider: str, count: int, day: int) -> None:
        """Messages that were granted on a day and did not leave: as many others may, on that day."""
        if address_id in self.plans and day == today(self._hub.ms()):
            self._lease(address_id, provider, day).left += count

    def give_back(self, idle: float = 0.0) -> None:
        """Give back to the others what has not been used for `idle` seconds; what is of yesterday is worth nothing.

        An address whose cap was spent is asked for again afterwards, since others give back too.
        """
        before, day = time.monotonic() - idle, today(self._hub.ms())
        for key in [key for key, lease in self._leases.items() if lease.used_at <= before or lease.day != day]:
            lease = self._leases.pop(key)
            if lease.left and lease.day == day:
                with transaction():
                    sql(
                        "UPDATE warm_counts SET used = used - ? WHERE address_id = ? AND provider = ? AND day = ?",
                        (lease.left, *key, day),
                    )

    def _lease(self, address_id: int, provider: str, day: int) -> _Lease:
        lease = self._leases.get((address_id, provider))
        if lease is None or lease.day != day:
            lease = self._leases[address_id, provider] = _Lease(day, 0, time.monotonic())
        return lease


def _lease(address_id: int, provider: str, day: int, cap: int, wanted: int) -> int:
    """Take some of a day's cap from the shared row. Returns how many, at most what is left of it."""
    key = (address_id, provider, day)
    with transaction():
        sql("INSERT INTO warm_counts (address_id, provider, day, used) VALUES (?, ?, ?, 0) ON CONFLICT DO NOTHING", key)
        where, locked = "WHERE address_id = ? AND provider = ? AND day = ?", " FOR UPDATE" if is_postgres() else ""
        used = int(sql(f"SELECT used FROM warm_counts {where}{locked}", key).fetchone()[0])
        taken = min(cap - used, max(wanted, (cap - used) // SHARE))
        if taken <= 0:
            return 0
        sql(f"UPDATE warm_counts SET used = used + ? {where}", (taken, *key))
    return taken
