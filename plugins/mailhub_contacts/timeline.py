"""What happened between an account and one address: its messages and their events, newest first."""

from typing import Any, NamedTuple

from mailhub.db import in_list, sql
from mailhub.messages import Message, Source

SHOWN = 50


class Moment(NamedTuple):
    """One thing that happened. `at` is in ms; `kind` is an event's; `source` the name of what the message came from."""

    at: int
    kind: str
    source: str
    message: int
    text: str


def of_address(account_id: int, key: int) -> list[Moment]:
    """The events of the last 50 messages to an address, newest first."""
    messages = list(
        Message.select(Message.id, Message.source_id, Message.outcome, Message.settled_at, Message.text)
        .where(Message.account_id == account_id, Message.address_key == key)
        .order_by(Message.id.desc())
        .limit(SHOWN)
    )
    if not messages:
        return []
    names = _names(account_id, sorted({each.source_id for each in messages}))
    sources = {each.id: names.get(each.source_id, "") for each in messages}
    moments = [Moment(at, kind, sources[message], message, text) for at, kind, message, text in _events(list(sources))]
    return sorted(moments, reverse=True)


def _events(messages: list[int]) -> list[tuple[Any, ...]]:
    condition, parameters = in_list("message_id", messages)
    rows = sql(f"SELECT at, kind, message_id, text FROM events WHERE {condition} ORDER BY id", parameters)
    return list(rows.fetchall())


def _names(account_id: int, sources: list[int]) -> dict[int, str]:
    return {each.id: each.name for each in Source.of(account_id).where(Source.id.in_(sources))}
