"""Unsubscribing by mail: `unsubscribe+TOKEN@…`, for readers whose mail program writes instead of clicking."""

from typing import TYPE_CHECKING

from mailhub import Hub
from mailhub.tokens import MessageToken
from mailhub.unsubscribing import unsubscribe

if TYPE_CHECKING:
    from mailhub.inbound import Mail

PREFIX = "unsubscribe+"


def read(hub: Hub, recipient: str) -> MessageToken | None:
    """The token in an address, or None when it is no unsubscribe address of this server."""
    local = recipient.rpartition("@")[0]
    return hub.tokens.read_message(local[len(PREFIX) :]) if local.lower().startswith(PREFIX) else None


def accept(hub: Hub, recipient: str) -> bool | None:
    """True for an unsubscribe address of this server, None for any other."""
    return True if read(hub, recipient) else None


def receive(hub: Hub, mail: "Mail") -> bool | None:
    """Unsubscribe whoever the token was written to; what the mail says does not matter. None for other mail."""
    token = read(hub, mail.recipient)
    if token is None:
        return None
    unsubscribe(hub, token.message_id, token.content_id, "mail")
    return True
