"""A received mail sent on to somebody, whole, as an attachment of a mail of ours: its own sender promised us nothing."""

from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate
from typing import Any

from mailhub import outbox
from mailhub.accounts import OPERATOR
from mailhub.address import domain_of
from mailhub.alarm import sender_of
from mailhub.db import sql
from mailhub.hub import Hub
from mailhub.messages import OPEN, Source
from mailhub.vocabulary import Recipient

KIND = "received"
"""The kind of the source such mails come from: the operator's, of stream `system`, never finished."""


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
    mail["Message-ID"] = f"<{hub.node.new_ids(1)[0]}.received@{domain_of(ours)}>"
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
