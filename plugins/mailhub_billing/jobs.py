"""What the clock does for credit: charges and releases, tells of low credit, opens what waited, opens new ledgers."""

from weakref import WeakSet

from mailhub import Hub, Schedule
from mailhub_billing import low, settling, switching, terms, waking

EVERY = 1.0


def follow(hub: Hub) -> None:
    """Every second; while charging is off it looks once whether something is left from before."""
    if not hub.config.billing.charge:
        _leave(hub)
        return
    settling.follow_events(hub)
    low.tell(hub)
    waking.wake(hub)


def open_ledgers(hub: Hub) -> None:
    """Give new accounts their free mails."""
    if hub.config.billing.charge:
        terms.open_all(hub)


_left: WeakSet[Hub] = WeakSet()
"""Hubs that were found with nothing left; one a process."""


def _leave(hub: Hub) -> None:
    if hub in _left:
        return
    if switching.is_followed():
        switching.switch_off(hub)
    waking.wake(hub)
    _left.add(hub)


SCHEDULES: list[Schedule] = [
    Schedule("billing.follow", EVERY, follow),
    Schedule("billing.open", 10, open_ledgers),
]
