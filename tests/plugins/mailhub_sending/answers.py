"""Replies as mail programs write them, to a message of a campaign: for tests."""

from collections.abc import Callable

from mailhub import Hub
from mailhub.authentication.verdicts import Arc, Dmarc, Spf, Verdicts
from mailhub.db import transaction
from mailhub.inbound import Mail
from mailhub.messages import Message
from mailhub_sending.models import Campaign
from tests.plugins.mailhub_sending.sent import fill, settle

HOST = "in.example.net"
RECEIVED = b"Received: from mx.example.org ([192.0.2.1])\r\n\tby mail.example.net (MailHub) with ESMTP\r\n"


def reply_address(hub: Hub, message: Message) -> str:
    return f"reply+{hub.tokens.reply(message.content_id, message.id)}@{HOST}"


def sent(hub: Hub, make: Callable[..., Campaign], **values: object) -> Message:
    """A campaign's first message, delivered."""
    campaign = make("sending", reply_to="desk@example.com", from_name="Bookshop", **values)
    fill(hub, campaign)
    settle(hub, campaign, "delivered")
    return Message.get(Message.source_id == Campaign.get_by_id(campaign.id).source_id)


def written(text: str, *more: str, **fields: str) -> bytes:
    """A mail of Zoë's; `more` are whole header lines."""
    header = {
        "From": "=?utf-8?q?Zo=C3=AB_Martin?= <p1@example.org>", "To": "Bookshop <reply@in.example.net>",
        "Subject": "Re: Hello", "Message-ID": "<1@example.org>", "Date": "Tue, 03 Nov 2026 09:01:00 +0100",
        "MIME-Version": "1.0", "Content-Type": "text/plain; charset=utf-8", "Content-Transfer-Encoding": "8bit",
    } | {name.replace("_", "-"): value for name, value in fields.items()}  # fmt: skip
    lines = [*(f"{name}: {value}" for name, value in header.items() if value), *more, "", *text.split("\n")]
    return RECEIVED + "\r\n".join(lines).encode() + b"\r\n"


def failed(policy: str) -> Verdicts:
    """What is found of a mail that is not from its author's domain, whose owner asks for `policy`."""
    return Verdicts(Spf("fail", "x", "mailfrom"), (), Arc("none"), Dmarc("fail", "example.org", policy))


def arrive(
    hub: Hub, recipient: str, content: bytes, sender: str = "p1@example.org", verdicts: Verdicts | None = None
) -> bool | None:
    """Hand a mail to the plugins, as the engine does."""
    mail = Mail(sender, recipient, content, "192.0.2.1", "mx.example.org", hub.ms(), verdicts)
    with transaction():
        return hub.hook.receive_mail(hub=hub, mail=mail)
