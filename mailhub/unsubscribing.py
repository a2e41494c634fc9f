"""Somebody leaves, by one click, page or mail: their address is suppressed for bulk mail, told and logged; and undone.

Every door comes here; tokens are read by the doors.
"""

from typing import NamedTuple

from mailhub import activity, addresses
from mailhub.address import address_key
from mailhub.addresses import Suppression
from mailhub.db import sql, transaction
from mailhub.events import NewEvent, write
from mailhub.hub import Hub
from mailhub.messages import UNSUBSCRIBED, Message, Queued, Source
from mailhub.permissions import recipient_actor

REASON = "unsubscribed"


class Reader(NamedTuple):
    """Who a message was written to. `language` is theirs, or empty; `test` is True for a test mail."""

    account_id: int
    source_id: int
    message_id: int
    address: str
    language: str
    test: bool


def find_reader(message_id: int) -> Reader | None:
    """Who a message was written to: still queued, long settled, or purged by age; None when nothing is known of it."""
    # The queue first: whoever is settled between the two questions is found by the second.
    queued = Queued.select(Queued, Source).join(Source).where(Queued.id == message_id).first()
    if queued is not None:
        source = queued.source
        return Reader(source.account_id, source.id, message_id, queued.address, queued.language, source.kind == "test")
    message = Message.get_or_none(Message.id == message_id)
    if message is None:
        return _past_reader(message_id)
    source = Source.get_or_none(Source.id == message.source_id)
    test = source is not None and source.kind == "test"
    return Reader(message.account_id, message.source_id, message_id, message.address, "", test)


def _past_reader(message_id: int) -> Reader | None:
    row = sql(
        "SELECT s.account_id, s.id, r.address FROM past_messages p JOIN sources s ON s.id = p.source_id "
        "JOIN past_recipients r ON r.account_id = s.account_id AND r.address_key = p.address_key WHERE p.id = ?",
        (message_id,),
    ).fetchone()
    return Reader(row[0], row[1], message_id, row[2], "", test=False) if row else None


def is_unsubscribed(reader: Reader) -> bool:
    """True when this reader has unsubscribed and not come back."""
    return bool(Suppression.select().where(*_own(reader)).exists())


def unsubscribe(hub: Hub, message_id: int, content_id: int, door: str) -> Reader | None:
    """Suppress the reader of a message for bulk mail, in a transaction; twice is once.

    Writes the event `unsubscribed`, tells the plugins and the activity log. `door` is `link`, `page` or `mail`;
    `content_id` is what the token said, kept with the event. Returns who left, or None when the message is gone.
    A test mail's link suppresses nobody: whoever tries it still wants their mail.
    """
    reader = find_reader(message_id)
    if reader is None or reader.test:
        return reader
    with transaction():
        new = addresses.suppress(
            reader.account_id,
            [reader.address],
            scope=addresses.BULK,
            reason=REASON,
            origin=f"message {message_id}",
            at=hub.ms(),
        )
        if new:
            _tell(hub, reader, content_id, door)
    return reader


def _tell(hub: Hub, reader: Reader, content_id: int, door: str) -> None:
    values = {"door": door, "content": content_id}
    write([
        NewEvent(UNSUBSCRIBED, reader.account_id, hub.ms(), reader.source_id, reader.message_id, values=values)
    ])  # fmt: skip
    activity.write(recipient_actor(reader.account_id, reader.address), "recipients.unsubscribe", hub.ms(), "", values)


def resubscribe(hub: Hub, reader: Reader) -> bool:
    """Undo an unsubscription that this reader asked for, in a transaction. Returns False when there was none."""
    with transaction():
        gone = Suppression.delete().where(*_own(reader)).execute()
        if gone:
            actor = recipient_actor(reader.account_id, reader.address)
            activity.write(actor, "recipients.resubscribe", hub.ms(), "", {"door": "page"})
        return bool(gone)


def _own(reader: Reader) -> tuple[object, ...]:
    return (
        Suppression.account == reader.account_id,
        Suppression.address_key == address_key(reader.address),
        Suppression.scope == addresses.BULK,
        Suppression.reason == REASON,
    )
