"""Addresses of our own making: `unsubscribe+TOKEN@…`, for readers whose mail program writes instead of clicking, and
`reply+TOKEN@…`, whose mail `replies` takes. The listener asks here, so this reads no table."""

from typing import TYPE_CHECKING

from mailhub import Hub
from mailhub.tokens import MessageToken
from mailhub.unsubscribing import unsubscribe

if TYPE_CHECKING:
    from mailhub.inbound import Mail

PREFIX, REPLY_PREFIX = "unsubscribe+", "reply+"


def read(hub: Hub, recipient: str) -> MessageToken | None:
    """The token in an address, or None when it is no unsubscribe address of this server.

    Addresses of earlier days had the token of links, in which capitals count.
    """
    local = recipient.rpartition("@")[0]
    token = local[len(PREFIX) :] if local.lower().startswith(PREFIX) else ""
    return hub.tokens.read_leave(token) or hub.tokens.read_message(token)


def read_reply(hub: Hub, recipient: str) -> MessageToken | None:
    """The token in an address, or None when it is no reply address of this server."""
    local = recipient.rpartition("@")[0]
    return hub.tokens.read_reply(local[len(REPLY_PREFIX) :]) if local.lower().startswith(REPLY_PREFIX) else None


def accept(hub: Hub, recipient: str) -> bool | None:
    """True for an unsubscribe or reply address of this server, None for any other."""
    return True if read(hub, recipient) or read_reply(hub, recipient) else None


def receive(hub: Hub, mail: "Mail") -> bool | None:
    """Unsubscribe whoever the token was written to; what the mail says does not matter. None for other mail."""
    token = read(hub, mail.recipient)
    if token is None:
        return None
    unsubscribe(hub, token.message_id, token.content_id, "mail")
    return True
