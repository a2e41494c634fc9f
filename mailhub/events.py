"""Telling what happened: event rows, written in the transaction that made them true, numbered in commit order.

On SQLite the one writer gives that order; on PostgreSQL an advisory lock, taken just before the rows are written and
held to the commit. Readers keep a cursor and move it in their own transaction.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from mailhub import sentences
from mailhub.db import Lock, is_postgres, sql, sql_many
from mailhub.messages import Cursor, Event
from mailhub.vocabulary import EventKind

CORE_EVENTS: tuple[EventKind, ...] = (
    EventKind(
        "delivered", "The receiving server accepted the message", {"code": "its reply code", "text": "its reply"}
    ),
    EventKind(
        "deferred", "An attempt failed for now; the message is tried again", {"code": "reply code", "text": "reply"}
    ),
    EventKind(
        "bounced",
        "The receiving server refused the message for good, or took it and sent it back later",
        {
            "code": "reply code",
            "text": "reply",
            "class": "hard, soft, block or unknown; of a message that came back later",
            "reason": "why, a slug; of a message that came back later",
            "delivered_at": "when it had been delivered, in ms; of a message that came back later",
        },
    ),
    EventKind("refused", "The message was not admitted and never left", {"text": "why, and the plugin that said so"}),
    EventKind("expired", "The message was tried for as long as configured and given up", {"text": "the last reply"}),
    EventKind("cancelled", "The message was still waiting when its source was cancelled"),
    EventKind("opened", "The message was opened", {"agent": "the program that asked"}),
    EventKind(
        "clicked", "A link in the message was followed", {"link": "its number", "agent": "the program that asked"}
    ),
    EventKind("unsubscribed", "The recipient unsubscribed", {"door": "link, page or mail"}),
    EventKind("complained", "The recipient reported the message as spam", {"provider": "who passed the report on"}),
    EventKind("source.held", "A source was held and goes on by itself", {"reason": "why", "until": "when, in ms"}),
    EventKind(
        "lane.blocked",
        "A mailbox provider refuses mail from here for now; the lane to it stands still for a while",
        {
            "destination": "the provider or servers",
            "route": "the route's name",
            "provider": "its slug, or empty",
            "until": "when it is tried again, in ms",
            "words": "what it answered",
        },
    ),
    EventKind("source.finished", "Every message of a source has its outcome"),
)


CORE_READERS = ("counters", "told", "dsn")
"""The core's own cursors. Those of a plugin begin with its name, so that purging knows whose reader is there."""


class NewEvent(NamedTuple):
    """An event to be written. `at` is in ms; `values` is JSON; see `messages.Event`."""

    kind: str
    account_id: int
    at: int
    source_id: int = 0
    message_id: int = 0
    attempt: int | None = None
    code: int = 0
    enhanced: str = ""
    text: str = ""
    values: dict[str, Any] | None = None


def order() -> None:
    """Take the place in the order of events; right before writing some, inside the transaction."""
    if is_postgres():
        sql("SELECT pg_advisory_xact_lock(?, hashtext(current_schema()))", (int(Lock.EVENT_ORDER),))


def write(events: Sequence[NewEvent]) -> None:
    """Write events in the caller's transaction. A repeated attempt of a message is left out."""
    order()
    sql_many(
        'INSERT INTO events (kind, account_id, at, source_id, message_id, attempt, code, enhanced, text, "values") '
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (message_id, attempt) DO NOTHING",
        [(*event[:9], None if event.values is None else sentences.dumps(event.values)) for event in events],
    )


def follow(name: str, limit: int, take: Callable[[list[Event]], None]) -> int:
    """Give a reader the next `limit` events at most and move its cursor, in the caller's transaction.

    `take(events)` does what the reader is for. Returns how many there were. A plugin's `name` is its own name, alone or
    with a full stop and more behind it (`crm.orders`): purging waits for the readers of plugins that are loaded.
    """
    position = _position(name)
    events = list(Event.select().where(Event.id > position).order_by(Event.id).limit(limit))
    if events:
        take(events)
        Cursor.update(position=events[-1].id).where(Cursor.name == name).execute()
    return len(events)


def follow_accounts(name: str, limit: int) -> list[Event]:
    """A reader's next `limit` events at most that are about no single message; its cursor moves in the caller's transaction.

    They alone are looked for (by the index over messages), so that a million deliveries cost nothing here. When there
    are no more, the cursor goes to the newest event of any kind: deliveries behind it would hold up purging for ever.
    """
    position = _position(name)
    newest: int = sql("SELECT coalesce(max(id), 0) FROM events").fetchone()[0]  # first: what comes later has its turn
    about_none = (Event.message_id == 0) & Event.attempt.is_null()
    batch = list(Event.select().where(about_none, Event.id > position).order_by(Event.id).limit(limit))
    reached = max(newest, batch[-1].id if batch else 0) if len(batch) < limit else batch[-1].id
    if reached > position:
        Cursor.update(position=reached).where(Cursor.name == name).execute()
    return batch


def _position(name: str) -> int:
    """Where a reader has come to, kept from others until it has moved on."""
    sql("INSERT INTO cursors (name, position) VALUES (?, 0) ON CONFLICT (name) DO NOTHING", (name,))
    locked = " FOR UPDATE" if is_postgres() else ""
    position: int = sql(f"SELECT position FROM cursors WHERE name = ?{locked}", (name,)).fetchone()[0]
    return position
