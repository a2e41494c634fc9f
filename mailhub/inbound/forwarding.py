"""A received mail sent on to somebody, whole, as an attachment of a mail of ours: its own sender promised us nothing."""

import re
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate
from itertools import islice
from typing import Any

from mailhub import outbox
from mailhub.accounts import OPERATOR
from mailhub.address import check as wrong_with
from mailhub.address import domain_of, normalise
from mailhub.alarm import sender_of
from mailhub.db import sql
from mailhub.errors import UserError
from mailhub.hub import Hub
from mailhub.inbound.desks import Kind, desk_of, is_ours
from mailhub.inbound.finding import texts
from mailhub.messages import OPEN, Source
from mailhub.parts import parts_of
from mailhub.vocabulary import Recipient

KIND = "received"
"""The kind of the source such mails come from: the operator's, of stream `system`, never finished."""
MARK = "MailHub-Forwarded"
"""The field by which a mail that was sent on is known when it comes back."""
_PURPOSE = "received"
_MARKED = re.compile(rf"{MARK}:\s*([\w-]{{1,100}})", re.ASCII | re.IGNORECASE)
MOST = 20
"""Such fields in one mail that are tried."""


def check_target(hub: Hub) -> None:
    """See that `inbound.forward_to` leads elsewhere. Raises `UserError` when it is no address or one of this server's own.

    A domain mail is sent for is not ours in this: people have their mailboxes there, on another server.
    """
    given = hub.config.inbound.forward_to
    if not given:
        return
    target = normalise(given)
    if wrong_with(target) is not None:
        raise UserError(
            "The configuration's inbound.forward_to is {address}: write one e-mail address, or leave it empty.",
            address=given,
        )
    if _is_here(hub, target):
        raise UserError(
            "The configuration's inbound.forward_to is {address}, an address of this server, and its mail would go round "
            "in circles: write one of another server, or leave it empty.",
            address=given,
        )


def _is_here(hub: Hub, target: str) -> bool:
    """Whether mail to an address comes to this very server: to a desk, a plugin, or one of the server's own names."""
    own = {hub.config.smtp.hostname.lower(), hub.config.delivery.return_path_domain.lower()}
    desk = desk_of(hub, target)
    if domain_of(target) in own or desk.kind is Kind.RETURN_PATH:
        return True
    if desk.kind is not Kind.PLUGINS:
        return is_ours(hub, desk.domain)
    return any(said for _, said in hub.ask_safely("accept_recipient", hub=hub, sender="", recipient=target))


def comes_back(hub: Hub, content: bytes) -> bool:
    """Whether a mail is one that was sent on from here, or holds one."""
    marks = (found[1] for text in texts(content, parts_of(content)) for found in _MARKED.finditer(text))
    return any(hub.tokens.read(_PURPOSE, each) is not None for each in islice(marks, MOST))


def send(hub: Hub, sender: str, recipient: str, content: bytes, subject: str, target: str) -> int:
    """Hand a mail to the outbox, in the caller's transaction. Returns its message's number. Raises what the outbox raises."""
    made = _compose(hub, sender, recipient, content, subject, target)
    row: Any = sql(
        "INSERT INTO contents (account_id, kind, subject, from_address, body, links, created_at) "
        "VALUES (?, 'mime', ?, ?, ?, '[]', ?) RETURNING id",
        (OPERATOR, f"Fwd: {subject}", sender_of(hub), made, hub.ms()),
    ).fetchone()
    ids = outbox.submit(hub, _source(hub), [Recipient(0, target)], content_id=row[0]).ids
    return ids[0]


def _compose(hub: Hub, sender: str, recipient: str, content: bytes, subject: str, target: str) -> bytes:
    ours = sender_of(hub)
    mail = EmailMessage(policy=SMTP)
    mail["Date"] = formatdate(hub.ms() / 1000)
    mail["From"] = f"MailHub <{ours}>"
    mail["To"] = target
    mail["Subject"] = f"Fwd: {_printable(subject)}"
    number = hub.node.new_ids(1)[0]
    mail["Message-ID"] = f"<{number}.received@{domain_of(ours)}>"
    mail[MARK] = hub.tokens.sign(_PURPOSE, number.to_bytes(8, "big"))
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's holiday notice answers it
    said = f"This mail came to {hub.config.smtp.hostname} for {_printable(recipient)}, from <{_printable(sender)}>.\n"
    mail.set_content(said, cte="quoted-printable")
    # Not as message/rfc822, which may not be encoded: what came need not be sound, and must not bend our own mail.
    mail.add_attachment(content, maintype="application", subtype="octet-stream", filename="received.eml")
    return mail.as_bytes()


def _printable(text: str) -> str:
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())


def _source(hub: Hub) -> Source:
    found: Source | None = Source.of(OPERATOR).where(Source.kind == KIND, Source.state.in_((OPEN, "held"))).first()
    return found or outbox.open_source(
        hub, OPERATOR, KIND, "Received mail sent on", stream="system", started_at=hub.ms(), filling=True
    )
