"""Replies as they are kept: listed, opened, marked as handled, forgotten after a while. Taking them in is left to `replies`."""

import re
import zlib
from collections.abc import Sequence
from typing import Any, NamedTuple

from mailhub import Hub, NotFound
from mailhub.db import bulk, sql
from mailhub.messages import Message, Queued
from mailhub.parts import parts_of
from mailhub.permissions import Actor
from mailhub_sending.models import Campaign, Reply
from mailhub_sending.reply_reading import KINDS, attachments, mailbox
from mailhub_sending.reply_text import own_text, text_of

PAGE = 50
DAY = 86_400_000
DAYS_SETTING = "sending.replies_days"
OPEN = "open"
"""The filter for what a person has still to answer."""
UNVERIFIED = "unverified"
"""The filter for what somebody else may have written than it says."""
FILTERS = (OPEN, *KINDS, UNVERIFIED)
_LISTED = [field for name, field in Reply._meta.fields.items() if name != "content"]
BATCH = 50
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,250}>")


class Opened(NamedTuple):
    """A reply taken apart: what its author wrote, the whole text, and its files as (name, kind, size in bytes).

    `answered_at` is where its author wants to be answered, `message_id` what an answer refers to, "" without one.
    """

    own: str
    text: str
    files: list[tuple[str, str, int]]
    answered_at: str
    message_id: str


def page(
    account_id: int, campaign: Campaign | None = None, kind: str = "", before: int | None = None, limit: int = PAGE
) -> list[Reply]:
    """An account's replies without their contents, newest first, with numbers below `before`; `kind` is one of `FILTERS`."""
    query = Reply.select(*_LISTED, Campaign).join(Campaign).where(Reply.account == account_id)
    if campaign is not None:
        query = query.where(Reply.campaign == campaign.id)
    if kind == OPEN:
        query = query.where(Reply.kind == "reply", Reply.handled_at.is_null())
    elif kind == UNVERIFIED:
        query = query.where(Reply.confirmed == False)  # noqa: E712 - SQL, where NULL is neither
    elif kind:
        query = query.where(Reply.kind == kind)
    if before is not None:
        query = query.where(Reply.id < before)
    return list(query.order_by(Reply.id.desc()).limit(limit))


def counts(campaign_id: int) -> dict[str, int]:
    """How many replies of each kind a campaign has, and how many are open; tests are not among them."""
    rows = sql(
        "SELECT kind, handled_at IS NULL, count(*), sum(CASE WHEN NOT confirmed THEN 1 ELSE 0 END) FROM replies "
        "WHERE campaign_id = ? AND NOT test GROUP BY 1, 2",
        (campaign_id,),
    ).fetchall()
    found = dict.fromkeys(FILTERS, 0)
    for kind, waits, count, doubtful in rows:
        found[kind] += int(count)
        found[OPEN] += int(count) if waits and kind == "reply" else 0
        found[UNVERIFIED] += int(doubtful)
    return found


def find(account_id: int, number: int) -> Reply:
    """A reply of an account. Raises `NotFound`."""
    found: Reply | None = Reply.of(account_id).where(Reply.id == number).first() if 0 < number < 2**31 else None
    if found is None:
        raise NotFound("There is no reply {number}: the Replies page lists those there are.", number=number)
    return found


def whole(reply: Reply) -> bytes:
    """The mail as it came."""
    return zlib.decompress(bytes(reply.content))


def opened(reply: Reply) -> Opened:
    """What a reply says."""
    parts = parts_of(whole(reply))
    text, header = text_of(parts), parts[0].header
    answers = mailbox(header.get("reply-to"))
    message_id = header.get("message-id").strip()
    return Opened(
        own_text(text), text, attachments(parts), answers.address if answers else reply.sender,
        message_id if _MESSAGE_ID.fullmatch(message_id) else "",
    )  # fmt: skip


def handle(hub: Hub, actor: Actor, reply: Reply, handled: bool) -> None:
    """Mark a reply as handled, or not any more, in the caller's transaction."""
    reply.handled_at, reply.handled_by = (hub.ms(), actor.name) if handled else (None, "")
    reply.save(only=[Reply.handled_at, Reply.handled_by])


def shown(reply: Reply) -> dict[str, Any]:
    """A reply as plain values, without what it says in full; moments are in ms."""
    return {
        "number": reply.id, "campaign": reply.campaign.number, "kind": reply.kind, "test": reply.test,
        "message": str(reply.message_id), "to": reply.recipient, "from": reply.sender, "from_name": reply.sender_name,
        "subject": reply.subject, "opening": reply.opening, "size": reply.size, "received_at": reply.received_at,
        "forwarded_to": reply.forwarded_to, "kept_here": reply.kept_here,
        "confirmed": reply.confirmed, "handled_at": reply.handled_at, "handled_by": reply.handled_by,
    }  # fmt: skip


def contact_keys(replies: Sequence[Reply]) -> dict[int, int]:
    """The keys (contacts' numbers) of those the answered messages were written to, by message, where there is one."""
    ids = {each.message_id for each in replies} or {0}
    rows = [
        row
        for table in (Queued, Message)
        for row in table.select(table.id, table.recipient_key).where(table.id.in_(ids), table.recipient_key != 0)
    ]
    return {row.id: row.recipient_key for row in rows}


def forget_old(hub: Hub) -> None:
    """Delete the replies each account keeps no longer; the clock's work, in small transactions."""
    for (account_id,) in sql("SELECT DISTINCT account_id FROM replies").fetchall():
        days = int(hub.setting(account_id, DAYS_SETTING))
        while days and _forget(account_id, hub.ms() - days * DAY) == BATCH:
            continue


def _forget(account_id: int, cutoff: int) -> int:
    with bulk():
        gone: int = sql(
            "DELETE FROM replies WHERE id IN "
            "(SELECT id FROM replies WHERE account_id = ? AND received_at < ? ORDER BY id LIMIT ?)",
            (account_id, cutoff, BATCH),
        ).rowcount
    return gone
