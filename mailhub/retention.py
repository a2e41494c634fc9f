"""Retention: messages and events that are older than `delivery.ledger_days` go, in small batches; what was counted stays.

Whom a message was written to stays known for its unsubscribe link, which must work as long as the mail lives. Events
stay until every reader that is there has passed them.
"""

import time
from typing import NamedTuple

import marshmallow
from marshmallow import fields

from mailhub import jobs
from mailhub.actions import Action, Arguments, argument
from mailhub.db import bulk, in_list, sql
from mailhub.errors import Sentence
from mailhub.events import CORE_READERS
from mailhub.hub import Hub
from mailhub.ids import first_at
from mailhub.jobs.rows import Job
from mailhub.permissions import Actor
from mailhub.vocabulary import JobKind, Schedule

DAY = 86_400_000
MESSAGES = 500
"""Messages a transaction takes away: with what stays of each, 1,500 rows at most."""
EVENTS = 2000
CONTENTS = 100
SLICE = 0.2
"""Seconds that the clock, or a purge beside mail that waits, works before others have their turn."""
EVERY = 10
"""Seconds between two slices of the clock: it keeps up with 20 million messages a day on SQLite, 60 on PostgreSQL."""
PURGE = "messages.purge"


def purge_old(hub: Hub) -> None:
    """What the clock calls: a slice of purging, if anything is older than configured."""
    days = hub.config.delivery.ledger_days
    if days:
        purge(hub, hub.ms() - days * DAY, time.monotonic() + SLICE)


class Purged(NamedTuple):
    """What a slice did: messages taken away, and whether more is left to do."""

    messages: int
    more: bool


def purge(hub: Hub, cutoff: int, until: float) -> Purged:
    """Take away what is older than `cutoff` (ms) until about `until` (monotonic seconds).

    Each batch is a transaction of its own, and any may be the last.
    """
    messages = 0
    for take, size in _BATCHES:
        gone = size
        while gone == size:
            if time.monotonic() >= until:
                return Purged(messages, True)
            gone = take(cutoff, slowest(hub))
            messages += gone if take is _messages else 0
    return Purged(messages, False)


def count(hub: Hub, cutoff: int) -> dict[str, int]:
    """How many messages and events a purge up to `cutoff` (ms) takes away now."""
    read = slowest(hub)
    messages = sql(f"SELECT count(*) FROM messages m WHERE {_OLD}", _old(cutoff, read)).fetchone()[0]
    passed = _passed(read)
    events = sql("SELECT count(*) FROM events WHERE id <= ? AND id < ? AND at < ?", (*passed, cutoff)).fetchone()[0]
    return {"messages": int(messages), "events": int(events)}


def slowest(hub: Hub) -> int:
    """The newest event that every reader has seen which is there to read: the core's and those of loaded plugins.

    The cursor of a plugin that was switched off would hold everything for ever.
    """
    loaded = {name for name, plugin in hub.manager.list_name_plugin() if plugin is not None}
    rows = sql("SELECT name, position FROM cursors").fetchall()
    read = [int(position) for name, position in rows if name in CORE_READERS or name.partition(".")[0] in loaded]
    return min(read, default=0)


def _passed(read: int) -> tuple[int, int]:
    """Events up to the first number may go, those below the second: SQLite would give the newest one's number again."""
    return read, int(sql("SELECT max(id) FROM events").fetchone()[0] or 0)


_OLD = "m.id < ? AND m.settled_at < ? AND NOT EXISTS (SELECT 1 FROM events e WHERE e.message_id = m.id AND e.id > ?)"
"""Numbers follow the time of submission, so old messages come first. One that a reader of events has still to hear of stays."""


def _old(cutoff: int, read: int) -> tuple[int, int, int]:
    return first_at(cutoff), cutoff, read


def _messages(cutoff: int, read: int) -> int:
    """Take away a batch of messages. Returns how many."""
    with bulk():
        rows = sql(f"SELECT m.id FROM messages m WHERE {_OLD} ORDER BY m.id LIMIT ?", (*_old(cutoff, read), MESSAGES))
        ids = [row[0] for row in rows.fetchall()]
        if ids:
            _keep_recipients(ids)
            for table, column in (("followed_links", "message_id"), ("messages", "id")):
                condition, parameters = in_list(column, ids)
                sql(f"DELETE FROM {table} WHERE {condition}", parameters)
    return len(ids)


def _keep_recipients(ids: list[int]) -> None:
    """Whom those messages were written to that left with a link to unsubscribe; an address once for each account."""
    condition, parameters = in_list("m.id", ids)
    left = (
        "FROM messages m JOIN contents c ON c.id = m.content_id JOIN sources s ON s.id = m.source_id "
        f"WHERE {condition} AND m.outcome NOT IN ('refused', 'cancelled') AND c.kind = 'compiled' AND s.kind <> 'test'"
    )
    sql(
        "INSERT INTO past_recipients (account_id, address_key, address) "
        f"SELECT m.account_id, m.address_key, m.address {left} ON CONFLICT DO NOTHING",
        parameters,
    )
    sql(
        f"INSERT INTO past_messages (id, source_id, address_key) SELECT m.id, m.source_id, m.address_key {left}",
        parameters,
    )


def _events(cutoff: int, read: int) -> int:
    with bulk():
        gone: int = sql(
            "DELETE FROM events WHERE id IN (SELECT id FROM (SELECT id, at FROM events WHERE id <= ? AND id < ? "
            "ORDER BY id LIMIT ?) AS oldest WHERE at < ?)",
            (*_passed(read), EVENTS, cutoff),
        ).rowcount
    return gone


def _tests(cutoff: int, read: int) -> int:
    """Test mails that nothing is left of: their source, its counts and what they said."""
    with bulk():
        rows = sql(
            "SELECT id, content_id FROM sources s WHERE kind = 'test' AND state IN ('finished', 'cancelled') "
            "AND finished_at < ? AND id < (SELECT max(id) FROM sources) "
            "AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.source_id = s.id) "
            "AND NOT EXISTS (SELECT 1 FROM queue q WHERE q.source_id = s.id) ORDER BY id LIMIT ?",
            (cutoff, CONTENTS),
        ).fetchall()
        if rows:
            for table, column in (("counters", "source_id"), ("link_counts", "source_id"), ("sources", "id")):
                condition, parameters = in_list(column, [row[0] for row in rows])
                sql(f"DELETE FROM {table} WHERE {condition}", parameters)
            condition, parameters = in_list("id", [row[1] or 0 for row in rows])
            sql(f"DELETE FROM contents WHERE {condition} AND {_UNUSED}", parameters)
    return len(rows)


_UNUSED = (
    "id < (SELECT max(id) FROM contents) AND NOT EXISTS (SELECT 1 FROM sources s WHERE s.content_id = contents.id)"
)
"""No source's content; and not the newest one, whose number SQLite would give again, and links carry it."""


def _contents(cutoff: int, read: int) -> int:
    """Mail that came whole and that no message refers to any more. It was submitted in the transaction that kept it."""
    if sql("SELECT 1 FROM messages WHERE id < ? AND settled_at < ? LIMIT 1", (first_at(cutoff), cutoff)).fetchone():
        return 0  # a reader of events holds messages back: their contents wait too
    with bulk():
        gone: int = sql(
            f"DELETE FROM contents WHERE id IN (SELECT id FROM contents WHERE kind = 'mime' AND created_at < ? "
            f"AND {_UNUSED} AND id NOT IN (SELECT content_id FROM messages WHERE id < ? AND content_id IS NOT NULL) "
            "AND id NOT IN (SELECT content_id FROM queue WHERE id < ? AND content_id IS NOT NULL) "
            "ORDER BY created_at LIMIT ?)",
            (cutoff - DAY, first_at(cutoff), first_at(cutoff), CONTENTS),
        ).rowcount
    return gone


_BATCHES = ((_messages, MESSAGES), (_events, EVENTS), (_tests, CONTENTS), (_contents, CONTENTS))


def _step(hub: Hub, job: Job, until: float) -> bool | float:
    """A slice of a purge asked for by hand; while mail waits to be sent it takes a fifth of the time."""
    busy = sql("SELECT 1 FROM queue LIMIT 1").fetchone() is not None
    purged = purge(hub, job.ref, min(until, time.monotonic() + SLICE) if busy else until)
    job.done += purged.messages
    return (4 * SLICE if busy else True) if purged.more else False


class Age(Arguments):
    days = argument(
        fields.Integer,
        "how many days back messages and events are kept",
        required=True,
        validate=marshmallow.validate.Range(1, 36_500, error=Sentence("Days are a whole number from 1 to 36,500.")),
    )


def _count(hub: Hub, actor: Actor, days: int) -> dict[str, int]:
    return {"days": days, **count(hub, hub.ms() - days * DAY)}


def _purge(hub: Hub, actor: Actor, days: int) -> dict[str, int]:
    cutoff = hub.ms() - days * DAY
    counted = count(hub, cutoff)
    job = jobs.start(hub, PURGE, actor.account_id, ref=cutoff, total=counted["messages"])
    return {"job": job.id, "days": days, **counted}


ACTIONS = (
    Action("messages.count", "Count the messages and events older than some days", "server.view", _count, Age, False),
    Action(PURGE, "Delete the messages and events older than some days", "server.purge", _purge, Age, confirm=True),
)
JOBS = (JobKind(PURGE, _step),)
SCHEDULES = (Schedule("messages.purge", EVERY, purge_old),)
