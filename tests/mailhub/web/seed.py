"""Rows that tests of pages start from: messages, events, kept mail, as the outbox and the sandbox leave them."""

from mailhub.address import address_key
from mailhub.delivery.sandbox import Delivered, keep
from mailhub.events import NewEvent, write
from mailhub.hub import Hub
from mailhub.messages import Content, Message, Queued, Source


def source(hub: Hub, account: int = 1, name: str = "Spring", content: str = "compiled", **columns: object) -> Source:
    """A source with its content: a campaign's unless told."""
    subject = f"Subject of {name}"
    frozen = Content.create(account=account, kind=content, subject=subject, body=b"", created_at=hub.ms())
    return Source.create(account=account, kind="campaign", name=name, content=frozen, created_at=hub.ms(), **columns)


def message(hub: Hub, from_: Source, address: str = "ann@example.org", outcome: str = "delivered") -> Message:
    """A settled message with the event of its only attempt."""
    number = hub.node.new_ids(1)[0]
    columns = {"settled_at": hub.ms(), "attempts": 1, "code": 250, "content_id": from_.content_id}
    Message.insert(
        id=number,
        account_id=from_.account_id,
        source_id=from_.id,
        address=address,
        address_key=address_key(address),
        outcome=outcome,
        **columns,
    ).execute()
    write([NewEvent(outcome, from_.account_id, hub.ms(), from_.id, number, 1, 250, "2.0.0", "Ok: queued as 4F2A1")])
    found: Message = Message.get_by_id(number)
    return found


def waiting(hub: Hub, from_: Source, address: str = "bob@example.org") -> int:
    """A message that is still in the queue; its number."""
    number = hub.node.new_ids(1)[0]
    Queued.insert(
        id=number,
        source=from_,
        address=address,
        address_key=address_key(address),
        domain="example.org",
        due_at=hub.ms() + 60_000,
        first_at=hub.ms(),
    ).execute()
    return number


def kept(hub: Hub, octets: bytes, account: int = 1, recipient: str = "ann@example.org", system: bool = False) -> int:
    """A mail the sandbox keeps; its number."""
    number = hub.node.new_ids(1)[0]
    keep([Delivered(number, account, 1, "b@example.com", recipient, octets, hub.ms(), system)])
    return number
