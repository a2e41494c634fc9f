"""Tags: the word a program puts on its messages, and what became of all messages of a word, counted by day.

The tables and questions about them; who puts tags on is `single` and `inbound`, who counts is `counting`.
"""

import re
from collections import Counter as Tally
from collections.abc import Iterable, Sequence

import peewee

from mailhub.db import Model, in_list, sql, sql_many
from mailhub.messages import CLICKED, COMPLAINED, OPENED, OUTCOMES, UNSUBSCRIBED, Event

DAY = 86_400_000
FORM = re.compile(r"[a-z0-9][a-z0-9_-]{2,19}")
"""3 to 20 lower-case letters, digits, - and _."""
COUNTED = (*OUTCOMES, UNSUBSCRIBED, COMPLAINED)
"""The events that count as they are; opens and clicks count once for each message."""


class MessageTag(Model):
    """The word a program put on a message, to find it again."""

    message_id = peewee.BigIntegerField(primary_key=True)
    account_id = peewee.IntegerField()
    tag = peewee.TextField()

    class Meta:
        table_name = "message_tags"
        indexes = ((("account_id", "tag", "message_id"), False),)


class TagCount(Model):
    """How many messages of a tag had an outcome, were opened or clicked, on a day (`day` is days since 1970, UTC)."""

    account_id = peewee.IntegerField()
    tag = peewee.TextField()
    day = peewee.IntegerField()
    kind = peewee.TextField()
    count = peewee.IntegerField()

    class Meta:
        table_name = "tag_counts"
        primary_key = peewee.CompositeKey("account_id", "tag", "day", "kind")


def put(account_id: int, tag: str, messages: Iterable[int]) -> None:
    """Put a tag on new messages, in the caller's transaction."""
    sql_many(
        "INSERT INTO message_tags (message_id, account_id, tag) VALUES (?, ?, ?)",
        [(number, account_id, tag) for number in messages],
    )


def tagged(account_id: int, tag: str) -> "peewee.ModelSelect[MessageTag]":
    """The numbers of an account's messages with a tag, as a query for `in_`."""
    return MessageTag.select(MessageTag.message_id).where(MessageTag.account_id == account_id, MessageTag.tag == tag)


def of(messages: Iterable[int]) -> dict[int, str]:
    """The tags of those messages that have one."""
    return {number: tag for number, (_, tag) in _rows(messages).items()}


def _rows(messages: Iterable[int]) -> dict[int, tuple[int, str]]:
    condition, parameters = in_list("message_id", list(messages))
    found = sql(f"SELECT message_id, account_id, tag FROM message_tags WHERE {condition}", parameters).fetchall()
    return {number: (account_id, tag) for number, account_id, tag in found}


def count(
    events: Sequence[Event], firsts: Sequence[tuple[str, int, int]], undone: Sequence[tuple[str, int, int]] = ()
) -> None:
    """Count a batch of events by tag; `firsts` are first opens and clicks: (kind, message, moment in ms).

    `undone` are deliveries that did not last, in the same form: they are counted no more.
    """
    happened = [(each.kind, each.message_id, each.at) for each in events if each.message_id and each.kind in COUNTED]
    happened += firsts
    tagged = _rows({message for _, message, _ in happened}) if happened else {}
    tally = Tally((*tagged[message], at // DAY, kind) for kind, message, at in happened if message in tagged)
    tally.subtract((*tagged[message], at // DAY, kind) for kind, message, at in undone if message in tagged)
    sql_many(
        "INSERT INTO tag_counts (account_id, tag, day, kind, count) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (account_id, tag, day, kind) DO UPDATE SET count = tag_counts.count + excluded.count",
        [(*key, number) for key, number in sorted(tally.items()) if number],
    )


def totals(account_id: int, since: int) -> dict[str, dict[str, int]]:
    """What became of an account's tagged messages from a moment (ms; its whole day counts): tag → kind → count."""
    rows = sql(
        "SELECT tag, kind, sum(count) FROM tag_counts WHERE account_id = ? AND day >= ? GROUP BY tag, kind ORDER BY tag",
        (account_id, since // DAY),
    ).fetchall()
    found: dict[str, dict[str, int]] = {}
    for tag, kind, number in rows:
        found.setdefault(tag, {})[kind] = int(number)
    return found


def by_day(account_id: int, tag: str, since: int) -> list[tuple[int, str, int]]:
    """One tag's counts day by day, from a moment on: (start of the day in ms, kind, count)."""
    rows = sql(
        "SELECT day, kind, count FROM tag_counts WHERE account_id = ? AND tag = ? AND day >= ? ORDER BY day",
        (account_id, tag, since // DAY),
    ).fetchall()
    return [(day * DAY, kind, number) for day, kind, number in rows]


def rates(counts: dict[str, int]) -> dict[str, int]:
    """What pages and programs show of one tag: sent, delivered, bounced, opened, clicked and the rest, each a number."""
    sent = sum(counts.get(kind, 0) for kind in OUTCOMES)
    return {"sent": sent, **{kind: counts.get(kind, 0) for kind in (*COUNTED, OPENED, CLICKED)}}
