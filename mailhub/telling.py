"""Telling plugins what happened: account-level events, in batches, after their commit, once, by the elected scheduler.

Its place among the events is a cursor's row, moved before anybody is told: what is told twice nowhere, a crash may leave untold.
"""

from mailhub.db import is_postgres, sql, transaction
from mailhub.hub import Hub
from mailhub.messages import Event

NAME = "told"
BATCH = 500


def tell_plugins(hub: Hub) -> None:
    """Tell every plugin that answers `on_events` what happened since last time; 10,000 events a call at most.

    A plugin that fails is logged by its name; the others are told all the same.
    """
    for _ in range(20):
        with transaction():
            batch = _next()
        if batch:
            for _ in hub.ask_safely("on_events", hub=hub, events=batch):
                continue
        if len(batch) < BATCH:
            return


def _next() -> list[Event]:
    """The next events that are about no single message, in the caller's transaction.

    They alone are looked for (by the index over messages), so that a million deliveries cost nothing here.
    """
    position: int = sql(
        f"SELECT position FROM cursors WHERE name = ?{' FOR UPDATE' if is_postgres() else ''}", (NAME,)
    ).fetchone()[0]
    about_none = (Event.message_id == 0) & Event.attempt.is_null()
    batch = list(Event.select().where(about_none, Event.id > position).order_by(Event.id).limit(BATCH))
    if batch:
        sql("UPDATE cursors SET position = ? WHERE name = ?", (batch[-1].id, NAME))
    return batch
