"""What can be asked of SMS: one's own phone, the provider, a test, what was sent."""

from typing import Any

from marshmallow import fields, validate

from mailhub import Action, Arguments, Conflict, Hub, Permission, argument
from mailhub.errors import Sentence
from mailhub.permissions import Actor
from mailhub_sms import phones, provider, writing
from mailhub_sms.gsm import measure, plain
from mailhub_sms.models import Sms

PERMISSIONS: list[Permission] = [
    Permission("phones.edit", "Account", "Confirm one's own phone"),
    Permission("sms.view", "Sending", "See the SMS that were sent"),
    Permission("sms.configure", "Server", "Set up how SMS leave this server"),
]
HIDDEN = "••••••"


class Phone(Arguments):
    phone = argument(fields.String, "the phone, such as +33612345678", required=True)


class Code(Arguments):
    code = argument(fields.String, "the six digits that came by SMS", required=True)


class Configure(Arguments):
    account_sid = argument(fields.String, "Twilio's account SID, AC…", required=True)
    auth_token = argument(fields.String, "Twilio's auth token; empty: the one there is", load_default="")
    sender = argument(fields.String, "number (+33…), messaging service (MG…) or name that SMS come from", required=True)
    api_url = argument(fields.String, "another address that speaks Twilio's API; empty: Twilio's", load_default="")


class Send(Phone):
    text = argument(
        fields.String, "what it says", required=True, validate=validate.Length(1, writing.LONGEST, error="1 to 480 signs.")
    )  # fmt: skip


class Page(Arguments):
    before = argument(fields.Integer, "only those with a smaller number: the next page", load_default=None)
    limit = argument(
        fields.Integer,
        "how many at most",
        load_default=50,
        validate=validate.Range(1, 500, error=Sentence("The limit is a whole number from 1 to 500.")),
    )


def _show_phone(hub: Hub, actor: Actor) -> dict[str, Any]:
    return phones.of_user(hub, phones.who(actor))._asdict()


def _request(hub: Hub, actor: Actor, phone: str) -> dict[str, Any]:
    return {"waiting": phones.request(hub, actor, phone), "minutes": phones.LIFE // 60_000}


def _confirm(hub: Hub, actor: Actor, code: str) -> dict[str, Any]:
    return phones.confirm(hub, actor, code)


def _remove(hub: Hub, actor: Actor) -> dict[str, Any]:
    phones.remove(actor)
    return {"number": ""}


def _configure(hub: Hub, actor: Actor, **given: str) -> dict[str, Any]:
    provider.configure(hub, **given)
    return {"account_sid": given["account_sid"], "sender": given["sender"]}


def _disconnect(hub: Hub, actor: Actor) -> dict[str, Any]:
    provider.disconnect(hub)
    return {}


def _check(hub: Hub, actor: Actor) -> dict[str, Any]:
    from mailhub_sms import sending  # Twilio's library is loaded where it is spoken to

    chosen = provider.current(hub)
    if chosen is None:
        raise Conflict("SMS are kept, since no provider is set: set Twilio on the SMS page of the server.")
    return {"name": sending.check(chosen), "account_sid": chosen.account_sid}


def _test(hub: Hub, actor: Actor, phone: str, text: str) -> dict[str, Any]:
    clean = phones.read(phone, "en")
    if writing.is_stopped(clean):
        raise Conflict("This phone answered STOP, so no SMS goes to it: send START from it first.")
    writing.write(hub, actor.account_id, clean, text, user_id=actor.user_id)
    length = measure(plain(text))
    return {"encoding": length.encoding, "segments": length.segments}


def _list(hub: Hub, actor: Actor, before: int | None, limit: int) -> list[dict[str, Any]]:
    query = Sms.of(actor.account_id)
    if before is not None:
        query = query.where(Sms.id < before)
    return [row(each, actor) for each in query.order_by(Sms.id.desc()).limit(limit)]


def row(sms: Sms, actor: Actor) -> dict[str, Any]:
    """An SMS as plain values; the code in one is shown to nobody but whom it is for, while it is kept."""
    hidden = sms.secret and not (sms.state == "kept" and sms.user_id == actor.user_id)
    return {
        "id": sms.id,
        "to": sms.number,
        "text": HIDDEN + sms.text[6:] if hidden else sms.text,
        "state": sms.state,
        "encoding": sms.encoding,
        "segments": sms.segments,
        "error": sms.error,
        "at": sms.created_at,
        "changed_at": sms.changed_at,
    }


_SECRET = frozenset({"phone", "code", "auth_token", "text"})

ACTIONS: list[Action] = [
    Action("phones.show", "Show one's own phone", "phones.edit", _show_phone, changes=False),
    Action("phones.request", "Ask for a code that confirms one's phone", "phones.edit", _request, Phone, secret=_SECRET),
    Action("phones.confirm", "Confirm one's phone", "phones.edit", _confirm, Code, secret=_SECRET),
    Action("phones.remove", "Remove one's phone", "phones.edit", _remove),
    Action("sms.configure", "Set up how SMS leave", "sms.configure", _configure, Configure, secret=_SECRET),
    Action("sms.disconnect", "Keep SMS instead of sending them", "sms.configure", _disconnect, confirm=True),
    Action("sms.check", "Ask the provider whether it knows us", "sms.configure", _check, changes=False),
    Action("sms.test", "Send a test SMS", "sms.configure", _test, Send, secret=_SECRET),
    Action("sms.list", "List the SMS that were sent", "sms.view", _list, Page, changes=False),
]  # fmt: skip
