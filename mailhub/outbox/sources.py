"""A source's states: opened, paused, resumed, held, cancelled, finished. Each is one row, whatever the messages behind it."""

from typing import Any

import peewee

from mailhub import metrics
from mailhub.db import is_postgres, sql
from mailhub.errors import Conflict
from mailhub.hub import Hub
from mailhub.messages import CANCELLED, FINISHED, HELD, OPEN, PAUSED, Source

PRIORITIES = {"system": 20, "transactional": 10, "bulk": 0}
WANTS = (
    "s.state = ? AND (s.rate IS NULL OR s.next_at <= ?) "
    "AND EXISTS (SELECT 1 FROM queue q WHERE q.source_id = s.id AND q.due_at <= ?)"
)
"""That source `s` has something due which its rate lets leave now; takes `OPEN`, now and now (ms)."""


def open_source(hub: Hub, account: int, kind: str, name: str, *, stream: str = "bulk", **fields: Any) -> Source:
    """A new source, open: what is submitted to it leaves. `fields` are columns of `Source`."""
    return Source.create(
        account=account,
        kind=kind,
        name=name,
        stream=stream,
        priority=PRIORITIES[stream],
        created_at=hub.ms(),
        **fields,
    )


def pause(source_id: int) -> None:
    """Nothing more leaves within two seconds. Raises `Conflict` unless the source is open or held."""
    _move(source_id, (OPEN, HELD), PAUSED, "Nothing is being sent, so nothing was paused: look at its present state.")


def resume(source_id: int) -> None:
    """Go on where it stopped. Raises `Conflict` unless the source is paused or held."""
    _move(source_id, (PAUSED, HELD), OPEN, "It is not paused, so nothing was resumed: look at its present state.")


def cancel(hub: Hub, source_id: int) -> None:
    """Nothing more leaves, ever; what still waits is settled as cancelled by the sweep, in batches."""
    _move(
        source_id,
        (OPEN, PAUSED, HELD),
        CANCELLED,
        "It has ended already, so nothing was cancelled: look at its present state.",
    )
    Source.update(filling=False, finished_at=hub.ms()).where(Source.id == source_id).execute()


def _move(source_id: int, origins: tuple[str, ...], state: str, sentence: str) -> None:
    if not _set(state, Source.id == source_id, Source.state.in_(origins)):
        raise Conflict(sentence)


def _set(state: str, *which: peewee.Expression) -> int:
    """Give sources another state; the reason to be held goes with the one they had. Returns how many."""
    changed: int = Source.update(state=state, held_reason="", held_until=None).where(*which).execute()
    return changed


def hold(hub: Hub, source: Source, reason: str, until: int) -> None:
    """Stop an open source for a reason that passes; the sweep opens it again at `until` (ms). Tells `source.held`."""
    changed = (
        Source.update(state=HELD, held_reason=reason, held_until=until)
        .where(Source.id == source.id, Source.state == OPEN)
        .execute()
    )
    if changed:
        metrics.count("held")
        hub.emit("source.held", source.account_id, source.id, reason=reason, until=until)


def open_held(hub: Hub) -> int:
    """Open the held sources whose time has come. Returns how many."""
    return _set(OPEN, Source.state == HELD, Source.held_until <= hub.ms())


def open_again(source_id: int, reason: str) -> bool:
    """Open a source that is still held for this very reason, in the caller's transaction. False when it is not."""
    return bool(_set(OPEN, Source.id == source_id, Source.state == HELD, Source.held_reason == reason))


def finish(hub: Hub) -> int:
    """Finish the sources that fill no more and have nothing waiting. Returns how many. Logins never finish."""
    ending = "state = ? AND NOT filling AND kind <> 'smtp'"
    if is_postgres():
        # Whoever is submitting to one of them is waited for; what they submitted is seen by the next statement.
        sql(f"SELECT id FROM sources WHERE {ending} ORDER BY id FOR UPDATE", (OPEN,))
    rows = sql(
        f"SELECT id, account_id FROM sources s WHERE {ending} "
        "AND NOT EXISTS (SELECT 1 FROM queue q WHERE q.source_id = s.id)",
        (OPEN,),
    ).fetchall()
    for source_id, _ in rows:
        Source.update(state=FINISHED, finished_at=hub.ms()).where(Source.id == source_id).execute()
    for source_id, account_id in rows:  # last: whoever has a place in the order of events waits for no row any more
        hub.emit("source.finished", account_id, source_id)
    return len(rows)
