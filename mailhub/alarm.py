"""The system stream's own small sender: mail that tells of trouble must not wait in the queue it may be telling about.

A mail is a row, written in the caller's transaction; a thread beside the elected scheduler sends it by an SMTP session
of its own and tries again for a day. It uses no worker, no lane and no source.
"""

import asyncio
import logging
import threading
from collections.abc import Sequence
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate

import peewee

from mailhub import outages
from mailhub.accounts import OPERATOR, Domain, OwnedModel
from mailhub.address import domain_of
from mailhub.db import UTCField, transaction
from mailhub.delivery import sandbox
from mailhub.delivery.alone import deliver, provider_of
from mailhub.delivery.routes import SANDBOX, Route, Router
from mailhub.delivery.smtp_words import Outcome
from mailhub.domains import signer_for
from mailhub.hub import Hub
from mailhub.vocabulary import Service

WAITING, SENT, FAILED = "waiting", "sent", "failed"
LIMIT = 20.0
"""Seconds one mail may take on one route, from connecting to QUIT."""
RETRY_FOR = 24 * 3_600_000
"""Milliseconds after which a mail that nobody took is given up: an alarm of yesterday helps nobody."""
FIRST_RETRY, LONGEST_RETRY = 5_000, 300_000
"""Milliseconds until it is tried again: twice as long each time."""
KEPT_FOR = 30 * 24 * 3_600_000
"""Milliseconds a mail that has left or was given up is still in the table."""
LOOK = 0.5
"""Seconds between two looks for mail to send."""

log = logging.getLogger(__name__)


class Alarm(OwnedModel):
    """One mail of the system stream. `account` is whom it is about; `state` is waiting, sent or failed."""

    id = peewee.BigIntegerField(primary_key=True)
    recipient = peewee.TextField()
    subject = peewee.TextField()
    body = peewee.TextField()
    state = peewee.TextField(default=WAITING)
    attempts = peewee.IntegerField(default=0)
    due_at = UTCField()
    error = peewee.TextField(default="")
    created_at = UTCField()

    class Meta:
        table_name = "alarms"
        indexes = ((("state", "due_at"), False),)


def post(hub: Hub, account_id: int, recipient: str, subject: str, body: str) -> Alarm:
    """Write a mail (plain text) to one address, in the caller's transaction; it leaves within a second of the commit."""
    number, now = hub.node.new_ids(1)[0], hub.ms()
    return Alarm.create(
        id=number, account=account_id, recipient=recipient, subject=subject, body=body, due_at=now, created_at=now
    )


def run(hub: Hub, stop: threading.Event) -> None:
    """The service: send what is due until `stop` is set."""
    forgot_at = 0
    while not stop.wait(LOOK):
        try:
            send_due(hub, stop)
            if hub.ms() > forgot_at + 3_600_000:
                forgot_at = hub.ms()
                forget_old(hub)
        except Exception as error:
            if outages.find(error) is None:
                raise
            log.warning("alarms wait: the database cannot be used now")
            stop.wait(1.0)


def forget_old(hub: Hub) -> None:
    """Delete what left or was given up a month ago."""
    Alarm.delete().where(Alarm.state != WAITING, Alarm.created_at < hub.ms() - KEPT_FOR).execute()


def send_due(hub: Hub, stop: threading.Event | None = None) -> int:
    """Send what is due now, one after the other. Returns how many left."""
    due = Alarm.select().where(Alarm.state == WAITING, Alarm.due_at <= hub.ms()).order_by(Alarm.due_at, Alarm.id)
    sent = 0
    for alarm in list(due.limit(100)):
        if stop is not None and stop.is_set():
            break
        sent += _send(hub, alarm)
    return sent


def _send(hub: Hub, alarm: Alarm) -> bool:
    mail, sender = compose(hub, alarm)
    routes = _routes(hub, alarm, domain_of(sender))
    if routes and routes[0].kind == SANDBOX:
        _keep(hub, alarm, sender, mail)
        outcome = Outcome("delivered", 250, "2.0.0", "kept in the sandbox")
    else:
        outcome = asyncio.run(deliver(hub, routes, sender, alarm.recipient, mail, LIMIT))
    _note(hub, alarm, outcome)
    return outcome.kind == "delivered"


def _routes(hub: Hub, alarm: Alarm, sender_domain: str) -> Sequence[Route]:
    """The routes it may take; DNS is asked where a rule depends on whose the recipient's servers are."""
    router, domain = Router(hub), domain_of(alarm.recipient)
    seen = "system", alarm.account_id, sender_domain, domain
    if router.is_unsure(*seen):
        return router.choose(asyncio.run(provider_of(hub, domain, LIMIT)), *seen)
    return router.routes_for(*seen)


def sender_of(hub: Hub) -> str:
    """The address system mail comes from: at the operator's first domain, else at this server's own name."""
    domain = Domain.of(OPERATOR).order_by(Domain.id).first()
    return f"mailhub@{domain.name if domain else hub.config.smtp.hostname}"


def compose(hub: Hub, alarm: Alarm) -> tuple[bytes, str]:
    """A mail as it leaves, signed when there is a key for its sender's domain, and its sender's address."""
    sender = sender_of(hub)
    mail = EmailMessage(policy=SMTP)
    mail["Date"] = formatdate(alarm.created_at / 1000)
    mail["From"] = f"MailHub <{sender}>"
    mail["To"] = alarm.recipient
    mail["Subject"] = " ".join(alarm.subject.split())
    mail["Message-ID"] = f"<{alarm.id}.alarm@{domain_of(sender)}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's holiday notice answers it
    mail.set_content(alarm.body, cte="quoted-printable")
    octets = mail.as_bytes()
    signer = signer_for(hub, OPERATOR, domain_of(sender))
    return (signer.sign_raw(octets) + octets if signer else octets), sender


def _keep(hub: Hub, alarm: Alarm, sender: str, mail: bytes) -> None:
    """In the sandbox. The operator's own is marked as the system's; an account's is read by that account alone."""
    account = alarm.account_id
    kept = sandbox.Delivered(alarm.id, account, 0, sender, alarm.recipient, mail, hub.ms(), account == OPERATOR)
    sandbox.keep([kept])


def _note(hub: Hub, alarm: Alarm, outcome: Outcome) -> None:
    now, error = hub.ms(), f"{outcome.code} {outcome.text}".strip()
    columns: dict[str, object] = {"attempts": alarm.attempts + 1, "error": "" if outcome.kind == "delivered" else error}
    if outcome.kind == "delivered":
        columns["state"] = SENT
    elif outcome.kind == "bounced" or now - alarm.created_at > RETRY_FOR:
        columns["state"] = FAILED
        log.error("alarm %s was given up: %s", alarm.id, outcome.code or "no answer")
    else:
        columns["due_at"] = now + min(FIRST_RETRY * 2**alarm.attempts, LONGEST_RETRY)
        log.warning("alarm %s could not leave and is tried again", alarm.id)
    with transaction():
        Alarm.update(**columns).where(Alarm.id == alarm.id, Alarm.state == WAITING).execute()


SERVICES = (Service("alarm", run),)
