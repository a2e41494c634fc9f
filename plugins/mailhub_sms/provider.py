"""Who carries the SMS: Twilio's account and token, set by the operator for the whole server."""

import re
import threading
from typing import NamedTuple
from urllib.parse import urlsplit

from mailhub import Hub, Invalid
from mailhub.accounts import User
from mailhub.errors import Sentence
from mailhub_sms.models import KEPT, WAITING, PhoneCode, Sms, SmsProvider

_SENDER = re.compile(r"\+[1-9]\d{4,14}|MG[0-9a-f]{32}|(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}")


class Provider(NamedTuple):
    """What it takes to speak to Twilio; `api_url` is "" for Twilio's own address."""

    account_sid: str
    token: str
    sender: str
    api_url: str
    problem: str


def current(hub: Hub) -> Provider | None:
    """The provider, or None while the operator has set none. Raises `UserError` when the key file is another one."""
    row = SmsProvider.select().first()
    if row is None:
        return None
    return Provider(row.account_sid, hub.keyring.decrypt(row.token).decode(), row.sender, row.api_url, row.problem)


def is_set() -> bool:
    """Whether SMS leave at all."""
    return bool(SmsProvider.select().exists())


def configure(hub: Hub, account_sid: str, auth_token: str, sender: str, api_url: str) -> None:
    """Set or change the provider, in the caller's transaction; an empty token keeps the one there is. Raises `Invalid`."""
    held = SmsProvider.select().first()
    wrong = _wrong(account_sid, auth_token, sender, api_url, held is not None)
    if wrong:
        raise Invalid(fields=wrong)
    token = hub.keyring.encrypt(auth_token.encode()) if auth_token else held.token
    SmsProvider.delete().execute()
    SmsProvider.create(
        account_sid=account_sid, token=token, sender=sender, api_url=api_url.rstrip("/"), changed_at=hub.ms()
    )
    Sms.update(due_at=hub.ms()).where(Sms.state == WAITING).execute()
    if held is None:
        _forget_unproved()


def _wrong(account_sid: str, auth_token: str, sender: str, api_url: str, held: bool) -> dict[str, Sentence]:
    wrong = {}
    if not re.fullmatch(r"AC[0-9a-f]{32}", account_sid):
        wrong["account_sid"] = Sentence(
            "This is no account SID: copy it from the Twilio console, AC and 32 signs after it."
        )
    if not auth_token and not held:
        wrong["auth_token"] = Sentence("The auth token is missing: copy it from the Twilio console.")
    if not _SENDER.fullmatch(sender):
        wrong["sender"] = Sentence(
            "This is no sender: write a number such as +33757000000, a messaging service (MG…), or a name of 11 signs."
        )
    parts = urlsplit(api_url)
    if api_url and not (parts.scheme in ("http", "https") and parts.netloc):
        wrong["api_url"] = Sentence("This is no address: leave it empty for Twilio's own, or write https://….")
    return wrong


def _forget_unproved() -> None:
    """Phones that were confirmed by a code which never left proved nothing: from now on SMS really go there."""
    unproved = PhoneCode.select(PhoneCode.user).where(PhoneCode.kept, PhoneCode.confirmed_at.is_null(False))
    User.update(phone=None, phone_confirmed_at=None).where(User.id.in_(unproved)).execute()


def disconnect(hub: Hub) -> None:
    """SMS are kept from now on, those that wait too, in the caller's transaction."""
    SmsProvider.delete().execute()
    Sms.update(state=KEPT, changed_at=hub.ms()).where(Sms.state == WAITING).execute()


def wait_for_one(stop: threading.Event) -> bool:
    """Wait until a provider is set; False when `stop` is set before."""
    while not is_set():
        if stop.wait(1.0):
            return False
    return True


def note_problem(sentence: str) -> None:
    """Remember what keeps SMS from leaving, for the page; "" when nothing does any more."""
    SmsProvider.update(problem=sentence).where(SmsProvider.problem != sentence).execute()
