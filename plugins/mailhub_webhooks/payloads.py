"""Events as a receiver sees them: one JSON object each, with the recipient and the source it was about."""

import json
from collections.abc import Sequence
from typing import Any

from mailhub.db import from_ms, in_list, sql
from mailhub.messages import Event

BATCH = "batch"


def id_of(event_id: int) -> str:
    """What a receiver knows an event by, the same however often it comes."""
    return f"evt_{event_id}"


def shown(events: Sequence[Event]) -> list[dict[str, Any]]:
    """The events as JSON values; four queries whatever their number."""
    messages = _messages([each.message_id for each in events if each.message_id])
    sources = _sources([each.source_id for each in events if each.source_id])
    tags = _tags(list(messages))
    return [_one(each, messages, sources, tags) for each in events]


def _one(
    event: Event, messages: dict[int, str], sources: dict[int, dict[str, Any]], tags: dict[int, str]
) -> dict[str, Any]:
    data: dict[str, Any] = dict(event.values or {})
    if event.source_id in sources:
        data["source"] = sources[event.source_id]
    if event.message_id:
        data |= {"message": str(event.message_id), "address": messages.get(event.message_id, "")}
        data |= {"tag": tags[event.message_id]} if event.message_id in tags else {}
    if event.attempt is not None and event.attempt >= 0:  # below 0: no attempt, only what makes it come once
        data |= {"attempt": event.attempt, "code": event.code, "enhanced": event.enhanced, "text": event.text}
    elif event.text:
        data["text"] = event.text
    at = from_ms(event.at).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"id": id_of(event.id), "type": event.kind, "timestamp": at, "data": data}


def _messages(ids: list[int]) -> dict[int, str]:
    if not ids:
        return {}
    condition, parameters = in_list("id", ids)
    rows = sql(f"SELECT id, address FROM messages WHERE {condition}", parameters).fetchall()
    found = dict(rows)
    if left := [each for each in ids if each not in found]:
        condition, parameters = in_list("id", left)
        found |= dict(sql(f"SELECT id, address FROM queue WHERE {condition}", parameters).fetchall())
    return found


def _sources(ids: list[int]) -> dict[int, dict[str, Any]]:
    if not ids:
        return {}
    condition, parameters = in_list("id", sorted(set(ids)))
    rows = sql(f"SELECT id, kind, name FROM sources WHERE {condition}", parameters).fetchall()
    return {number: {"number": number, "kind": kind, "name": name} for number, kind, name in rows}


def _tags(ids: list[int]) -> dict[int, str]:
    if not ids:
        return {}
    condition, parameters = in_list("message_id", ids)
    return dict(sql(f"SELECT message_id, tag FROM message_tags WHERE {condition}", parameters).fetchall())


def body(values: Sequence[dict[str, Any]], batched: bool) -> bytes:
    """A request's body: the event itself, or for an endpoint that takes batches an object of type `batch` with them."""
    value: Any = values[0]
    if batched:
        value = {"type": BATCH, "timestamp": values[-1]["timestamp"], "data": list(values)}
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def request_id(events: Sequence[Event], batched: bool) -> str:
    """The header webhook-id: the event's, or the first and the last one's."""
    first = id_of(events[0].id)
    return f"{first}-{events[-1].id}" if batched else first
