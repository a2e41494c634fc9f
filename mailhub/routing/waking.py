"""Mail that waits for a route or for an address of a pool is due again once routes, rules, pools or warm-ups were changed.

Workers read such changes by themselves; here only the queue is told, in batches, by the elected scheduler.
"""

import time
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from mailhub.db import bulk
from mailhub.delivery.choosing import last_change
from mailhub.hub import Hub
from mailhub.outbox import waiting
from mailhub.outbox.waiting import RETRY, Chosen, Order
from mailhub.vocabulary import Schedule

WAKES = ("address_spent", "no_route")
"""Reasons that a change may end."""
SETTLED = 5.0
"""Seconds after a change until every worker knows of it: what is due before goes back to wait as long as it did."""
SLICE = 0.5
"""Seconds one look takes about, however long the queue is."""


@dataclass(slots=True)
class _Seen:
    """The last change seen, when (monotonic seconds), and which reasons are still to be looked for, each from which message on."""

    number: int
    at: float
    left: dict[str, int] = field(default_factory=lambda: dict.fromkeys(WAKES, 0))


_seen: WeakKeyDictionary[Hub, _Seen] = WeakKeyDictionary()


def wake(hub: Hub) -> None:
    """Make due what a change may help, once for each change; and at the first look, for one made while nobody looked."""
    number, now = last_change(), time.monotonic()
    seen = _seen.get(hub)
    if seen is None or seen.number != number:
        seen = _seen[hub] = _Seen(number, now)
    while seen.left and now - seen.at >= SETTLED and time.monotonic() - now < SLICE:
        _batch(hub, seen, next(iter(seen.left)))


def _batch(hub: Hub, seen: _Seen, reason: str) -> None:
    order = Order(RETRY, Chosen(reason=reason))
    ids = waiting.find(order, hub.ms(), seen.left[reason])
    if ids:
        with bulk():
            waiting.work(hub, order, ids)
    if len(ids) < waiting.BATCH:
        del seen.left[reason]
    else:
        seen.left[reason] = ids[-1]


SCHEDULES = (Schedule("routes.wake", 2, wake),)
