"""What programs sent, for programs and pages: messages by tag, what became of each tag, whether opens and clicks are counted.

Campaigns have pages of their own; here are the messages that came by SMTP and by the API, and all of them by number.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from marshmallow import fields, validate

from mailhub import tags
from mailhub.accounts import AccountSetting
from mailhub.actions import Action, Arguments, argument
from mailhub.address import address_key
from mailhub.db import sql
from mailhub.errors import Invalid, Sentence
from mailhub.hub import Hub
from mailhub.ids import time_of
from mailhub.messages import OUTCOMES, Message, of_outcome
from mailhub.permissions import Actor
from mailhub.vocabulary import Setting

OPENS, CLICKS = "submission.track_opens", "submission.track_clicks"
SETTINGS = (
    Setting(OPENS, False, "Count opens of submitted mail that does not say whether to"),
    Setting(CLICKS, False, "Count clicks of submitted mail that does not say whether to"),
)
MOST = 100
"""Messages in one answer."""
DAYS = 30
DAY = 86_400_000


def chosen(account_id: int) -> tuple[bool, bool]:
    """Whether the account counts opens and clicks of submitted mail that does not say."""
    rows = sql("SELECT key, value FROM settings WHERE account_id = ? AND key IN (?, ?)", (account_id, OPENS, CLICKS))
    said = dict(rows.fetchall())
    return said.get(OPENS) == "true", said.get(CLICKS) == "true"  # JSON, read by hand: every SMTP session asks


def tracking(account_id: int, given: Mapping[str, Any]) -> dict[str, bool]:
    """`opens` and `clicks` for one message: as its `track_opens` and `track_clicks` say, else as the account chose."""
    opens, clicks = given["track_opens"], given["track_clicks"]
    if opens is None or clicks is None:
        usual = chosen(account_id)
        opens, clicks = usual[0] if opens is None else opens, usual[1] if clicks is None else clicks
    return {"opens": opens, "clicks": clicks}


def listed(
    account_id: int, tag: str, status: str, address: str, before: str | None, limit: int
) -> list[dict[str, Any]]:
    """The account's messages that have their outcome, newest first, each as `messages.show` tells it but its events.

    `before` is a message's number: the page goes on with older ones.
    """
    query = Message.select().where(Message.account_id == account_id)
    if status:
        query = query.where(*of_outcome(status))
    if address:
        query = query.where(Message.address_key == address_key(address))
    if tag:
        query = query.where(Message.id.in_(tags.tagged(account_id, tag)))
    if before:
        query = query.where(Message.id < _number(before))
    rows = list(query.order_by(Message.id.desc()).limit(limit))
    words = tags.of(row.id for row in rows) if rows else {}
    return [_told(row, words.get(row.id, "")) for row in rows]


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 19:
        raise Invalid(fields={"before": Sentence("{text} is no message's number.", text=text[:40])})
    return int(text)


def _told(row: Message, tag: str) -> dict[str, Any]:
    return {
        "id": str(row.id), "to": row.address, "status": row.outcome, "attempts": row.attempts, "reason": row.reason,
        "tag": tag, "at": time_of(row.id), "opened_at": row.opened_at, "clicked_at": row.clicked_at,
    }  # fmt: skip


def tag_totals(hub: Hub, account_id: int, days: int) -> list[dict[str, Any]]:
    """What became of each tag's messages in the last days, busiest first."""
    found = tags.totals(account_id, hub.ms() - (days - 1) * DAY)
    told = [{"tag": tag, **tags.rates(counts)} for tag, counts in found.items()]
    return sorted(told, key=lambda each: (-each["sent"], each["tag"]))


def known_tags(account_id: int) -> Sequence[str]:
    """The tags of the account's messages, by name."""
    rows = sql("SELECT DISTINCT tag FROM tag_counts WHERE account_id = ? ORDER BY tag LIMIT 200", (account_id,))
    return [tag for (tag,) in rows.fetchall()]


class ListMessages(Arguments):
    tag = argument(fields.String, "only those with this tag", load_default="")
    status = argument(
        fields.String, "only those with this outcome", load_default="", validate=validate.OneOf(("", *OUTCOMES))
    )
    address = argument(fields.String, "only those to this address", load_default="")
    before = argument(fields.String, "number of a message: go on with older ones", load_default=None)
    limit = argument(
        fields.Integer,
        "how many, 100 at most",
        load_default=50,
        validate=validate.Range(1, MOST, error=Sentence("The limit is a whole number from 1 to 100.")),
    )


class ListTags(Arguments):
    days = argument(
        fields.Integer,
        "days back, today included",
        load_default=DAYS,
        validate=validate.Range(1, 400, error=Sentence("Days are a whole number from 1 to 400.")),
    )


class SetTracking(Arguments):
    opens = argument(fields.Boolean, "count opens of submitted mail", load_default=None)
    clicks = argument(fields.Boolean, "count clicks of submitted mail", load_default=None)


def _list(
    hub: Hub, actor: Actor, tag: str, status: str, address: str, before: str | None, limit: int
) -> dict[str, Any]:
    found = listed(actor.account_id, tag, status, address, before, limit)
    return {"messages": found, "next": found[-1]["id"] if len(found) == limit else None}


def _tags(hub: Hub, actor: Actor, days: int) -> dict[str, Any]:
    return {"days": days, "tags": tag_totals(hub, actor.account_id, days)}


def _set_tracking(hub: Hub, actor: Actor, opens: bool | None, clicks: bool | None) -> dict[str, Any]:
    for key, value in ((OPENS, opens), (CLICKS, clicks)):
        if value is not None:
            mine = AccountSetting.account == actor.account_id
            AccountSetting.delete().where(mine, AccountSetting.key == key).execute()
            AccountSetting.create(account=actor.account_id, key=key, value=value)
    usual = chosen(actor.account_id)
    return {"opens": usual[0], "clicks": usual[1]}


ACTIONS: tuple[Action, ...] = (
    Action("messages.list", "List sent messages", "messages.view", _list, ListMessages, changes=False),
    Action("messages.tags", "Show what became of each tag", "messages.view", _tags, ListTags, changes=False),
    Action(
        "messages.set_tracking", "Choose what is counted of submitted mail", "smtp_credentials.edit", _set_tracking,
        SetTracking,
    ),
)  # fmt: skip
