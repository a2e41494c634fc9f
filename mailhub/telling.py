"""Telling plugins what happened: account-level events, in batches, after their commit, once, by the elected scheduler.

Its place among the events is a cursor's row, moved before anybody is told: what is told twice nowhere, a crash may leave untold.
"""

from mailhub.db import transaction
from mailhub.events import follow_accounts
from mailhub.hub import Hub

NAME = "told"
BATCH = 500


def tell_plugins(hub: Hub) -> None:
    """Tell every plugin that answers `on_events` what happened since last time; 10,000 events a call at most.

    A plugin that fails is logged by its name; the others are told all the same.
    """
    for _ in range(20):
        with transaction():
            batch = follow_accounts(NAME, BATCH)
        if batch:
            for _ in hub.ask_safely("on_events", hub=hub, events=batch):
                continue
        if len(batch) < BATCH:
            return
