"""Single messages: written by a program, sent through the account's own API source, looked at again by their number.

One message is one whole mail of stream `transactional`: the same outbox, suppression and signing as everything else.
"""

from collections.abc import Mapping
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import parseaddr
from typing import Any, NamedTuple

import marshmallow
from marshmallow import fields, validate

from mailhub import outbox, tags
from mailhub.accounts import Account
from mailhub.actions import Action, Arguments, argument
from mailhub.address import REASONS, check, domain_of, normalise
from mailhub.db import is_postgres, sql, transaction
from mailhub.delivery.assembly import Template, Values
from mailhub.delivery.marking import mark
from mailhub.delivery.template import find_error
from mailhub.domains import sender_for
from mailhub.errors import Conflict, Invalid, NotFound, Sentence, UserError
from mailhub.hub import Hub
from mailhub.ids import first_at, time_of
from mailhub.inbound.repairing import repair
from mailhub.messages import HELD, NEVER, OPEN, PAUSED, Content, Event, Message, Queued, Source
from mailhub.permissions import Actor
from mailhub.queueing import seeing
from mailhub.repeats import forget_old
from mailhub.submitted import tracking
from mailhub.vocabulary import Recipient, Schedule

KIND = "api"
DAY = 86_400_000
LARGEST = 1_000_000
"""Characters of a text or HTML part at most."""
OWN_HEADERS = 20
WAITING = "waiting"


class Mailbox(NamedTuple):
    """An address, normalised, with the name beside it."""

    address: str
    name: str


def send(hub: Hub, actor: Actor, given: Mapping[str, Any]) -> dict[str, Any]:
    """Take one message in, in the caller's transaction: once it commits it is never lost.

    `given` is what `SendMessage` loads. Raises `Invalid` for what cannot be a mail, `Forbidden` for a sender whose
    domain is not the account's, `Conflict` when the account's messages are stopped.
    """
    sender, to = _mailbox("from", given["from"]), _mailbox("to", given["to"])
    sender, given = _allowed(hub, actor.account_id, sender, given)
    mail = repair(_write(sender, to, given), b"", hub.now(), hub.config.smtp.hostname)
    marked = mark(mail.content, **tracking(actor.account_id, given))
    content = Content.create(
        account=actor.account_id, kind="marked" if b"\0" in marked.mail else "mime", subject=mail.subject,
        from_address=sender.address, body=marked.mail, links=marked.links, created_at=hub.ms(),
    )  # fmt: skip
    source = _source(hub, actor.account_id)
    try:
        submitted = outbox.submit(hub, source, [Recipient(0, to.address)], content_id=content.id)
    except outbox.Held as held:
        raise Conflict("The message cannot leave now: {reason}", reason=held.reason) from held
    number = submitted.ids[0]
    if tag := given["tag"] or mail.own.tag:
        tags.put(actor.account_id, tag, [number])
    return show(actor.account_id, number)


def _mailbox(field: str, text: str) -> Mailbox:
    name, bare = parseaddr(text) if "<" in text else ("", text)
    address = normalise(bare) if text.isprintable() else ""
    if (reason := check(address)) is not None:
        raise Invalid(fields={field: Sentence(REASONS[reason])})
    return Mailbox(address, " ".join(name.split()))


def _allowed(hub: Hub, account_id: int, sender: Mailbox, given: Mapping[str, Any]) -> tuple[Mailbox, Mapping[str, Any]]:
    """The sender and what was given, as they may leave: with an address of the account instead, where it chose that."""
    refusal = Sentence(
        "This account may not write from {domain}: add the domain on the Domains page, or change `from`.",
        domain=domain_of(sender.address),
    )
    instead = sender_for(hub, account_id, sender.address, refusal)
    if instead is None:
        return sender, given
    headers = {**given["headers"], "X-Original-From": sender.address}
    answers = given["reply_to"] or instead.reply_to
    return Mailbox(instead.address, sender.name or sender.address), {**given, "reply_to": answers, "headers": headers}


def _write(sender: Mailbox, to: Mailbox, given: Mapping[str, Any]) -> bytes:
    """The mail as bytes, lines ended by CRLF. Raises `Invalid` when a part cannot be rendered or written."""
    subject, text, html = (_rendered(name, given) for name in ("subject", "text", "html"))
    if not text and not html:
        raise Invalid(fields={"text": Sentence("The message says nothing: write text, html or both.")})
    mail = EmailMessage(policy=SMTP)
    try:
        mail["From"], mail["To"] = _written(sender), _written(to)
        mail["Subject"] = " ".join(subject.split())
        if given["reply_to"]:
            mail["Reply-To"] = _written(_mailbox("reply_to", given["reply_to"]))
        for name, value in given["headers"].items():
            mail[name] = value
        if text or not html:
            mail.set_content(text, cte="quoted-printable")
        if html:
            (mail.add_alternative if text else mail.set_content)(html, subtype="html", cte="quoted-printable")
        return mail.as_bytes()
    except (ValueError, UnicodeError) as error:
        raise Invalid("The message cannot be written as a mail: {error}", error=error) from error


def _written(mailbox: Mailbox) -> Address:
    return Address(mailbox.name, addr_spec=mailbox.address)


def _rendered(name: str, given: Mapping[str, Any]) -> str:
    """A part filled in with the variables; without variables it is taken as it stands."""
    source = str(given[name])
    if not given["variables"]:
        return source
    if wrong := find_error(source, html=name == "html"):
        raise Invalid(fields={name: Sentence("The template cannot be used, {error}.", error=wrong)})
    values = Values({key: _text(value) for key, value in given["variables"].items()}, {})
    try:
        return Template(source, html=name == "html").render(values)
    except UserError as error:
        raise Invalid(fields={name: error.sentence}) from error


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


def _source(hub: Hub, account_id: int) -> Source:
    """The account's source for single messages, made at the first; it is always being filled, so it never finishes."""
    mine = Source.of(account_id).where(Source.kind == KIND, Source.state.in_((OPEN, HELD, PAUSED)))
    found: Source | None = mine.first()
    if found is None:
        if is_postgres():  # of two first requests the second waits and finds it
            sql("SELECT id FROM accounts WHERE id = ? FOR UPDATE", (account_id,))
            found = mine.first()
        name = f"API, {Account.get_by_id(account_id).name}"
        found = found or outbox.open_source(
            hub, account_id, KIND, name, stream="transactional", started_at=hub.ms(), filling=True
        )
    return found


def show(account_id: int, number: int) -> dict[str, Any]:
    """One message with what happened to it; moments in ms. Raises `NotFound`, also for another account's."""
    row = _settled(account_id, number) or _waiting(account_id, number)
    if row is None:
        raise NotFound("There is no message {number}: check its number.", number=number)
    events = Event.select().where(Event.message_id == number).order_by(Event.id).limit(200)
    happened = [
        {"id": f"evt_{each.id}", "kind": each.kind, "at": each.at, "code": each.code, "enhanced": each.enhanced,
         "text": each.text}
        for each in events
    ]  # fmt: skip
    return {
        "id": str(number),
        **row,
        "at": time_of(number),
        "tag": tags.of([number]).get(number, ""),
        "events": happened,
    }


def _settled(account_id: int, number: int) -> dict[str, Any] | None:
    row = Message.get_or_none(Message.id == number, Message.account_id == account_id)
    if row is None:
        return None
    told = {"reason": row.reason, "why": seeing.why(row.reason) if row.reason else "", "opened_at": row.opened_at,
            "clicked_at": row.clicked_at, "next_attempt": None}  # fmt: skip
    return {"to": row.address, "status": row.outcome, "attempts": row.attempts, **told}


def _waiting(account_id: int, number: int) -> dict[str, Any] | None:
    row = Queued.select().join(Source).where(Queued.id == number, Source.account == account_id).first()
    if row is None:
        return None
    told = {"reason": seeing.outward(row.reason), "why": seeing.why(row.reason), "opened_at": None, "clicked_at": None,
            "next_attempt": row.due_at if row.due_at < NEVER else None}  # fmt: skip
    return {"to": row.address, "status": WAITING, "attempts": row.attempts, **told}


class Headers(fields.Field[dict[str, str]]):
    """Further headers: `X-…` with one line of text each, 20 at most."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> dict[str, str]:
        if not isinstance(value, dict) or len(value) > OWN_HEADERS:
            raise marshmallow.ValidationError("write an object of at most 20 names with their texts.")
        for name, text in value.items():
            if not (name[:2].lower() == "x-" and name.isascii() and name.replace("-", "").isalnum() and len(name) < 77):
                raise marshmallow.ValidationError("only names that begin with X-, of letters, digits and hyphens.")
            if not isinstance(text, str) or len(text) > 500 or not text.isprintable():
                raise marshmallow.ValidationError("each is one line of text of at most 500 characters.")
        return value


class Variables(fields.Field[dict[str, Any]]):
    """Names with texts, numbers, true, false or null."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> dict[str, Any]:
        plain = (str, int, float, bool, type(None))
        if not isinstance(value, dict) or not all(isinstance(each, plain) for each in value.values()):
            raise marshmallow.ValidationError("write an object of names with texts or numbers.")
        return value


_LENGTH = validate.Length(max=LARGEST, error="Longer than a million characters.")
_SUBJECT = validate.Length(1, 998, error=Sentence("A subject has 1 to 998 signs."))
_TAG = validate.Regexp(tags.FORM.pattern + r"\Z", error="A tag has 3 to 20 lower-case letters, digits, - or _.")
SendMessage: Any = Arguments.from_dict(
    {
        "from": argument(fields.String, "sender: ada@example.com or Ada <ada@example.com>", required=True),
        "to": argument(fields.String, "recipient, written as the sender is", required=True),
        "subject": argument(fields.String, "subject", required=True, validate=_SUBJECT),
        "text": argument(fields.String, "plain text", load_default="", validate=_LENGTH),
        "html": argument(fields.String, "HTML", load_default="", validate=_LENGTH),
        "variables": argument(Variables, "what {{ name }} in subject, text and html stands for", load_default={}),
        "reply_to": argument(fields.String, "address that answers go to", load_default=""),
        "tag": argument(
            fields.String, "3 to 20 lower-case letters, digits, - or _ to find and count it by", load_default="",
            validate=lambda tag: not tag or _TAG(tag),
        ),
        "track_opens": argument(fields.Boolean, "count opens; left out: as the account chose", load_default=None),
        "track_clicks": argument(fields.Boolean, "count clicks; left out: as the account chose", load_default=None),
        "headers": argument(Headers, "further headers, each X-…", load_default={}),
    },
    name="SendMessage",
)  # fmt: skip


class OneMessage(Arguments):
    number = argument(fields.Integer, "number of the message", required=True)


def _send(hub: Hub, actor: Actor, **given: Any) -> dict[str, Any]:
    return send(hub, actor, given)


def _show(hub: Hub, actor: Actor, number: int) -> dict[str, Any]:
    return show(actor.account_id, number)


def forget(hub: Hub) -> None:
    """What the clock does: answers older than a day go, and tags of messages that are not kept any more."""
    forget_old(hub.ms())
    days = hub.config.delivery.ledger_days
    if days:
        with transaction():
            sql("DELETE FROM message_tags WHERE message_id < ?", (first_at(hub.ms() - days * DAY),))


# No target, and nothing of the mail in the log: an address is kept beside its chain, never in it.
ACTIONS: tuple[Action, ...] = (
    Action(
        "messages.send", "Send a message", "messages.send", _send, SendMessage,
        secret=frozenset({"text", "html", "variables", "headers", "subject"}),
    ),
    Action("messages.show", "Show a message", "messages.view", _show, OneMessage, changes=False, target="number"),
)  # fmt: skip
SCHEDULES = (Schedule("api.forget", 600, forget),)
