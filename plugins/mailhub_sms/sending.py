"""Sending: a thread beside the elected scheduler gives Twilio what waits, once, and again when it could not be reached."""

import logging
import threading
from typing import Any
from urllib.parse import urlsplit

from requests import RequestException
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.rest import Client

from mailhub import Hub, UserError, outages
from mailhub.db import transaction
from mailhub.errors import Sentence
from mailhub_sms import provider, receipts
from mailhub_sms.carrying import connect
from mailhub_sms.models import EXPIRED, FAILED, KEPT, SENDING, SENT, STOPPED, WAITING, Sms
from mailhub_sms.provider import Provider
from mailhub_sms.writing import is_stopped

LOOK = 0.5
"""Seconds between two looks for SMS to send."""
FIRST_RETRY, LONGEST_RETRY = 2_000, 300_000
"""Milliseconds until one is tried again: twice as long each time."""
LOST = 60_000
"""Milliseconds after which an attempt whose end nobody wrote down was cut off, by a crash."""
STOPPED_AT_TWILIO = 21610
REFUSED = Sentence("Twilio refuses the account SID and auth token: correct them on the SMS page of the server.")

log = logging.getLogger(__name__)


def run(hub: Hub, stop: threading.Event) -> None:
    """The service: send what is due until `stop` is set."""
    while not stop.wait(LOOK):
        try:
            send_due(hub, stop)
        except Exception as error:
            if outages.find(error) is None:
                raise
            log.warning("SMS wait: the database cannot be used now")
            stop.wait(1.0)


def send_due(hub: Hub, stop: threading.Event | None = None) -> int:
    """Send what is due now, one after the other. Returns how many Twilio took."""
    _sort_out(hub)
    due = list(Sms.select().where(Sms.state == WAITING, Sms.due_at <= hub.ms()).order_by(Sms.id).limit(100))
    if not due:
        return 0
    chosen = provider.current(hub)
    if chosen is None:
        Sms.update(state=KEPT, changed_at=hub.ms()).where(Sms.state == WAITING).execute()
        return 0
    client, sent = connect(chosen), 0
    for sms in due:
        if stop is not None and stop.is_set():
            break
        if _take(hub, sms):
            sent += _send(hub, client, chosen, sms)
    return sent


def _sort_out(hub: Hub) -> None:
    """Give up what is too old; what a crash cut off is tried again, after Twilio was asked whether it has it."""
    now = hub.ms()
    Sms.update(state=EXPIRED, changed_at=now).where(Sms.state == WAITING, Sms.expires_at <= now).execute()
    cut_off = Sms.update(state=WAITING, doubtful=True, due_at=now, changed_at=now)
    cut_off.where(Sms.state == SENDING, Sms.changed_at < now - LOST).execute()


def _take(hub: Hub, sms: Sms) -> bool:
    """Take one, so that no other process does: committed before Twilio hears of it."""
    state = STOPPED if is_stopped(sms.number) else SENDING
    with transaction():
        taken = (
            Sms.update(state=state, attempts=Sms.attempts + 1, changed_at=hub.ms())
            .where(Sms.id == sms.id, Sms.state == WAITING)
            .execute()
        )
    return bool(taken) and state == SENDING


def _send(hub: Hub, client: Client, chosen: Provider, sms: Sms) -> bool:
    try:
        sid = (sms.doubtful and _find(client, sms)) or _create(hub, client, chosen, sms)
    except TwilioRestException as error:
        _note_refusal(hub, sms, error)
        return False
    except (RequestException, TwilioException) as error:
        log.warning("SMS %s: Twilio could not be reached (%s)", sms.id, type(error).__name__)
        _again(hub, sms, f"Twilio could not be reached: {type(error).__name__}", doubtful=True)
        return False
    with transaction():
        # A receipt may have come before the answer: it knows more.
        Sms.update(sid=sid, error="").where(Sms.id == sms.id).execute()
        Sms.update(state=SENT, changed_at=hub.ms()).where(Sms.id == sms.id, Sms.state == SENDING).execute()
        provider.note_problem("")
    return True


def _create(hub: Hub, client: Client, chosen: Provider, sms: Sms) -> str:
    more: dict[str, Any] = {"messaging_service_sid" if chosen.sender.startswith("MG") else "from_": chosen.sender}
    if (url := callback_url(hub, chosen, sms.id)) is not None:
        more["status_callback"] = url
    return str(client.messages.create(to=sms.number, body=sms.text, **more).sid)


def callback_url(hub: Hub, chosen: Provider, number: int) -> str | None:
    """Where Twilio tells what became of an SMS; None while this server's address is one it would refuse: localhost."""
    base = hub.config.server.public_url.rstrip("/")
    local = urlsplit(base).hostname in ("localhost", "127.0.0.1", "::1")
    return None if local and not chosen.api_url else f"{base}/sms/twilio/status/{number}"


def _find(client: Client, sms: Sms) -> str | None:
    """The number Twilio gave it, when an attempt that seemed to fail had reached it."""
    for each in client.messages.list(to=sms.number, limit=20):
        made = each.date_created.timestamp() * 1000 if each.date_created else 0
        if (
            each.body == sms.text
            and made >= sms.created_at - LOST
            and not Sms.select().where(Sms.sid == each.sid).exists()
        ):
            return str(each.sid)
    return None


def _note_refusal(hub: Hub, sms: Sms, error: TwilioRestException) -> None:
    """Twilio answered, and not with yes."""
    if error.status in (401, 403):
        log.error("Twilio refuses the credentials: SMS wait until they are corrected")
        provider.note_problem(REFUSED)
        _again(hub, sms, REFUSED)
    elif error.status == 429 or error.status >= 500:
        _again(hub, sms, f"Twilio answered {error.status}", doubtful=error.status >= 500)
    elif error.code == STOPPED_AT_TWILIO:
        receipts.stop(hub, sms.number)
        _end(hub, sms, STOPPED, "")
    else:
        log.warning("SMS %s was refused by Twilio: %s", sms.id, error.code)
        _end(hub, sms, FAILED, f"{error.code or error.status}: {error.msg}"[:300])


def _again(hub: Hub, sms: Sms, error: str, doubtful: bool = False) -> None:
    wait = min(FIRST_RETRY * 2**sms.attempts, LONGEST_RETRY)
    columns = {"state": WAITING, "due_at": hub.ms() + wait, "error": error, "changed_at": hub.ms()}
    Sms.update(doubtful=sms.doubtful or doubtful, **columns).where(Sms.id == sms.id, Sms.state == SENDING).execute()


def _end(hub: Hub, sms: Sms, state: str, error: str) -> None:
    Sms.update(state=state, error=error, changed_at=hub.ms()).where(Sms.id == sms.id, Sms.state == SENDING).execute()


def check(chosen: Provider) -> str:
    """Ask Twilio for the account; its name there. Raises `UserError` with what to do."""
    try:
        return str(connect(chosen).api.accounts(chosen.account_sid).fetch().friendly_name)
    except TwilioRestException as error:
        if error.status in (401, 403, 404):
            raise UserError(REFUSED) from error
        raise UserError("Twilio answered {status}: try again in a moment.", status=error.status) from error
    except (RequestException, TwilioException) as error:
        raise UserError(
            "Twilio cannot be reached from this server ({words}): check its connection.", words=type(error).__name__
        ) from error
