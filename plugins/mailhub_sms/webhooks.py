"""Where Twilio calls: what became of an SMS, and SMS that come in. Only with Twilio's signature over this server's address."""

import logging

import flask
from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from mailhub import Hub
from mailhub.accounts import User
from mailhub.db import sql, transaction
from mailhub.speech import voice
from mailhub.web.auth import current_hub
from mailhub_sms import answering, provider, receipts
from mailhub_sms.answering import Reply
from mailhub_sms.writing import write

LONGEST = 1600
"""Signs of an SMS that comes in; Twilio sends no longer ones."""

log = logging.getLogger(__name__)
pages = Blueprint("sms_twilio", __name__, url_prefix="/sms/twilio")


def url(hub: Hub, path: str) -> str:
    """The address Twilio calls, as it must be entered there: what it signs."""
    return f"{hub.config.server.public_url.rstrip('/')}/sms/twilio/{path}"


def _is_from_twilio(path: str) -> bool:
    """Whether the signature is right for this address and what was sent (https://www.twilio.com/docs/usage/security)."""
    from twilio.request_validator import RequestValidator  # a web process that is never called does not load it

    chosen = provider.current(current_hub())
    if chosen is None or request.form.get("AccountSid") != chosen.account_sid:
        return False
    signature = request.headers.get("X-Twilio-Signature", "")
    return bool(RequestValidator(chosen.token).validate(url(current_hub(), path), request.form, signature))


def _refuse() -> ResponseReturnValue:
    log.warning("a call without Twilio's signature was refused: %s", request.path)
    return "The signature is not Twilio's for this address.\n", 403, {"Content-Type": "text/plain"}


@pages.post("/status/<int:number>")
def status(number: int) -> ResponseReturnValue:
    """A receipt for an SMS. Once or ten times, late or early: it changes what it can only once."""
    if not _is_from_twilio(f"status/{number}"):
        return _refuse()
    form = request.form
    with transaction():
        receipts.note(
            current_hub(), number, form.get("MessageSid", ""), form.get("MessageStatus", ""), form.get("ErrorCode", "")
        )
    return "", 204


@pages.post("/incoming")
def incoming() -> ResponseReturnValue:
    """An SMS from somebody. The same one told again is done once; its answer is an SMS of our own."""
    if not _is_from_twilio("incoming"):
        return _refuse()
    form, hub = request.form, current_hub()
    sid, number, text = form.get("MessageSid", ""), form.get("From", ""), form.get("Body", "")[:LONGEST]
    with transaction():
        if sid and _is_new(hub, sid, number, text):
            reply = answering.take(hub, number, text, form.get("OptOutType", "").upper())
            if reply is not None:
                _send(hub, number, reply, sid)
    answer = flask.make_response('<?xml version="1.0" encoding="UTF-8"?><Response/>')
    answer.headers["Content-Type"] = "text/xml"
    return answer


def _is_new(hub: Hub, sid: str, number: str, text: str) -> bool:
    """Write it down; False when it is there already."""
    written = sql(
        "INSERT INTO sms_received (sid, number, text, at) VALUES (?, ?, ?, ?) ON CONFLICT (sid) DO NOTHING",
        (sid, number, text.replace("\0", ""), hub.ms()),
    )
    return bool(written.rowcount)


def _send(hub: Hub, number: str, reply: Reply, sid: str) -> None:
    user: User | None = reply.user
    text = voice(hub, user.language if user else "en").say(reply.sentence)
    kind = answering.QUESTION if reply.question else "answer"
    write(hub, reply.account_id, number, text, user_id=user.id if user else None, key=f"{kind} {sid}")
