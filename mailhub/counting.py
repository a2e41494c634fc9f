"""Counters per source and hour, first opens and clicks, and clicks of each link, following the events in batches.

What is counted stays right when the messages and events behind it are purged. A message that bounces after it was
delivered counts as bounced alone: its delivery is taken back in the hour it was counted in. Bounces and complaints act
here too (see `suppressing`), so that counters and suppressions always say the same.
"""

from bisect import bisect_left
from collections import Counter as Tally
from typing import Any

from mailhub import metrics, suppressing, tags
from mailhub.db import bulk, in_list, sql, sql_many
from mailhub.events import follow
from mailhub.hub import Hub
from mailhub.ids import time_of
from mailhub.messages import BOUNCED, CLICKED, DELIVERED, EVENT_KINDS, OPENED, OUTCOMES, Event

HOUR = 3_600_000
BATCH = 2000


def count_events(hub: Hub) -> None:
    """Take in what happened since last time; up to 100,000 events a call, in transactions of 2,000."""
    for _ in range(50):
        batch: list[Event] = []
        with metrics.spending("count"), bulk():
            if follow("counters", BATCH, batch.extend):
                _count(hub, batch)
        _measure(batch)
        if len(batch) < BATCH:
            return


def _measure(events: list[Event]) -> None:
    """Tell the metrics what was counted, and how long the messages took from submission to their outcome."""
    for kind, count in Tally(event.kind if event.kind in EVENT_KINDS else "other" for event in events).items():
        metrics.count(f"events.{kind}", count)
    ended = [
        event
        for event in events
        if event.message_id and event.kind in OUTCOMES and not suppressing.is_afterwards(event)
    ]
    if not ended:
        return
    condition, parameters = in_list("id", list({event.source_id for event in ended}))
    streams = dict(sql(f"SELECT id, stream FROM sources WHERE {condition}", parameters).fetchall())
    taken: dict[tuple[str, int], list[float]] = {}
    ends = metrics.SEEN["mailhub_message_seconds"][2]
    for event in ended:
        seconds = max(0.0, (event.at - time_of(event.message_id)) / 1000)
        stream = streams.get(event.source_id, "bulk")
        taken.setdefault((stream, bisect_left(ends, seconds)), []).append(seconds)
    for (stream, _), each in taken.items():
        metrics.seen("mailhub_message_seconds", stream, sum(each) / len(each), len(each))


def _count(hub: Hub, events: list[Event]) -> None:
    tally: Tally[tuple[int, int, str]] = Tally()
    for event in events:
        if event.source_id:
            tally[event.source_id, event.at // HOUR, event.kind] += 1
    bounces = suppressing.take(hub, events)
    for bounce in bounces:
        tally[bounce.event.source_id, bounce.event.at // HOUR, f"{BOUNCED}.{bounce.class_}"] += 1
    undone = [_undone(bounce.event) for bounce in bounces if suppressing.is_afterwards(bounce.event)]
    for source_id, _, at in undone:
        tally[source_id, at // HOUR, DELIVERED] -= 1
    firsts = []
    for kind, column in ((OPENED, "opened_at"), (CLICKED, "clicked_at")):
        for message_id, source_id, at in _firsts([event for event in events if event.kind == kind], column):
            tally[source_id, at // HOUR, f"{kind}.first"] += 1
            firsts.append((kind, message_id, at))
    tags.count(events, firsts, [(DELIVERED, message_id, at) for _, message_id, at in undone])
    _count_links([event for event in events if event.kind == CLICKED and event.source_id])
    sql_many(
        "INSERT INTO counters (source_id, hour, kind, count) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (source_id, hour, kind) DO UPDATE SET count = counters.count + excluded.count",
        [(*key, count) for key, count in tally.items() if count],
    )


def _undone(event: Event) -> tuple[int, int, int]:
    """The delivery that a later bounce undoes: (source, message, when it was delivered, in ms)."""
    values: dict[str, Any] = event.values
    return event.source_id, event.message_id, int(values.get("delivered_at") or event.at)


def _firsts(events: list[Event], column: str) -> list[tuple[int, int, int]]:
    """Mark the messages opened (clicked) for the first time; (message, source, moment) of each."""
    first_at = {event.message_id: event.at for event in reversed(events)}
    if not first_at:
        return []
    condition, parameters = in_list("id", list(first_at))
    new = sql(f"SELECT id, source_id FROM messages WHERE {condition} AND {column} IS NULL", parameters).fetchall()
    sql_many(f"UPDATE messages SET {column} = ? WHERE id = ?", [(first_at[id_], id_) for id_, _ in new])
    return [(id_, source_id, first_at[id_]) for id_, source_id in new]


def _count_links(clicks: list[Event]) -> None:
    """Count each link's clicks, and its readers: the messages in which it was followed for the first time."""
    links = [(each, each.values["link"]) for each in clicks if isinstance((each.values or {}).get("link"), int)]
    if not links:
        return
    every = Tally((event.source_id, link) for event, link in links)
    pairs = {(event.message_id, link): event.source_id for event, link in links}
    marks = ", ".join(["(?, ?)"] * len(pairs))
    new = sql(
        f"INSERT INTO followed_links (message_id, link) VALUES {marks} ON CONFLICT DO NOTHING RETURNING message_id, link",
        [part for pair in pairs for part in pair],
    ).fetchall()
    readers = Tally((pairs[message_id, link], link) for message_id, link in new)
    sql_many(
        "INSERT INTO link_counts (source_id, link, clicks, readers) VALUES (?, ?, ?, ?) ON CONFLICT (source_id, link) "
        "DO UPDATE SET clicks = link_counts.clicks + excluded.clicks, readers = link_counts.readers + excluded.readers",
        [(*key, count, readers[key]) for key, count in every.items()],
    )


def links(source_id: int) -> dict[int, tuple[int, int]]:
    """How often each link of a source was followed: its number → (clicks, recipients who followed it)."""
    rows = sql("SELECT link, clicks, readers FROM link_counts WHERE source_id = ?", (source_id,)).fetchall()
    return {link: (clicks, readers) for link, clicks, readers in rows}


def totals(source_id: int) -> dict[str, int]:
    """A source's counters over all hours: kind → count."""
    rows = sql("SELECT kind, sum(count) FROM counters WHERE source_id = ? GROUP BY kind", (source_id,)).fetchall()
    return {kind: int(count) for kind, count in rows}


def by_hour(source_id: int) -> list[tuple[int, str, int]]:
    """A source's counters hour by hour: (start in ms, kind, count)."""
    rows = sql("SELECT hour, kind, count FROM counters WHERE source_id = ? ORDER BY hour", (source_id,)).fetchall()
    return [(hour * HOUR, kind, count) for hour, kind, count in rows]
