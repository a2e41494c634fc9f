"""One received mail: submitted with a login, taken by a plugin, or refused. Knows no SMTP; `smtp_server` does.

Everything here that touches tables runs in the caller's transaction.
"""

from dataclasses import dataclass

from mailhub.errors import NotFound
from mailhub.hub import Hub


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail that came for one recipient.

    `sender` is the envelope's (empty for a bounce), `content` the whole with CRLF and our Received line on
    top, `peer` the IP address it came from, `helo` the name given there, `received_at` ms since 1970.
    """

    sender: str
    recipient: str
    content: bytes
    peer: str
    helo: str
    received_at: int


def receive(hub: Hub, mail: Mail) -> None:
    """Give a mail to the plugin that takes it. Raises `NotFound` when none does, and what a plugin refuses it with."""
    if not hub.hook.receive_mail(hub=hub, mail=mail):
        raise NotFound("Nobody here takes mail for {recipient}: check the address.", recipient=mail.recipient)
