"""A user's own phone: a number proved by a code that was sent to it."""

import hmac
import secrets
from typing import Any, NamedTuple

import phonenumbers
from phonenumbers import PhoneNumberType

from mailhub import Conflict, Hub, Invalid, speech
from mailhub.accounts import User
from mailhub.errors import Sentence
from mailhub.permissions import Actor
from mailhub_sms import provider
from mailhub_sms.models import PhoneCode
from mailhub_sms.writing import is_stopped, write

HOUR = 3_600_000
LIFE = 10 * 60_000
"""Milliseconds a code is good for."""
TRIES = 5
MOST_BY_USER, MOST_TO_NUMBER = 3, 5
"""Codes a user may ask for within an hour, and a number may get within a day."""
TEXT = Sentence("{code} is your MailHub code, good for 10 minutes. Did you not ask for it? Then ignore it.")
_NO_SMS = (
    PhoneNumberType.FIXED_LINE, PhoneNumberType.PREMIUM_RATE, PhoneNumberType.TOLL_FREE, PhoneNumberType.SHARED_COST,
    PhoneNumberType.VOICEMAIL, PhoneNumberType.PAGER,
)  # fmt: skip


class Phone(NamedTuple):
    """A user's confirmed number (E.164, or ""), the one that waits for its code, and whether the phone said STOP."""

    number: str
    waiting: str
    stopped: bool


def of_user(hub: Hub, user: User) -> Phone:
    """How a user's phone stands."""
    code = _newest(hub, user.id)
    return Phone(user.phone or "", code.number if code else "", is_stopped(user.phone or ""))


def read(number: str, language: str) -> str:
    """A number as people write it, in E.164; without a country's code it is taken for a French one in French.

    Raises `Invalid`.
    """
    try:
        parsed = phonenumbers.parse(number, "FR" if language == "fr" else None)
    except phonenumbers.NumberParseException:
        parsed = None
    if parsed is None or not phonenumbers.is_valid_number(parsed):
        raise _invalid("This is no phone number: write it with its country, such as +33 6 12 34 56 78.")
    if phonenumbers.number_type(parsed) in _NO_SMS:
        raise _invalid("This number takes no SMS: write that of a mobile phone.")
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def _invalid(sentence: str) -> Invalid:
    return Invalid(fields={"phone": Sentence(sentence)})


def shown(number: str) -> str:
    """A number as people read it: +33 6 12 34 56 78."""
    parsed = phonenumbers.parse(number, None)
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def who(actor: Actor) -> User:
    """The user behind an actor. Raises `Conflict` for a console, which has no phone."""
    user = User.get_or_none(User.id == actor.user_id)
    if user is None:
        raise Conflict("Nobody is signed in here, and a phone belongs to a user: sign in, or name one with --as.")
    return user


def request(hub: Hub, actor: Actor, number: str) -> str:
    """Send a code to a number, in the caller's transaction; the number in E.164. Raises `Invalid`, `Conflict`."""
    user = who(actor)
    clean = read(number, user.language)
    if is_stopped(clean):
        raise Conflict("This phone answered STOP, so no SMS goes to it: send START from it first.")
    _limit(hub, user.id, clean)
    code = f"{secrets.randbelow(1_000_000):06}"
    PhoneCode.create(
        account=actor.account_id, user=user, number=clean, code_hash=_hash(hub, user.id, clean, code),
        kept=not provider.is_set(), created_at=hub.ms(),
    )  # fmt: skip
    text = speech.voice(hub, user.language).say(Sentence(TEXT.template, code=code))
    write(hub, actor.account_id, clean, text, user_id=user.id, secret=True, keep_trying=LIFE)
    return clean


def _limit(hub: Hub, user_id: int, number: str) -> None:
    recent = PhoneCode.select().where(PhoneCode.user == user_id, PhoneCode.created_at > hub.ms() - HOUR)
    if recent.count() >= MOST_BY_USER:
        raise Conflict("Three codes were sent to you within an hour: wait for an hour, then ask for another one.")
    here = PhoneCode.select().where(PhoneCode.number == number, PhoneCode.created_at > hub.ms() - 24 * HOUR)
    if here.count() >= MOST_TO_NUMBER:
        raise Conflict("This phone got five codes within a day: try again tomorrow.")


def _hash(hub: Hub, user_id: int, number: str, code: str) -> str:
    return hmac.digest(hub.keyring.derive("phones"), f"{user_id} {number} {code}".encode(), "sha256").hex()


def _newest(hub: Hub, user_id: int) -> PhoneCode | None:
    """The code that counts: the last one sent, while it is good."""
    last: Any = PhoneCode.select().where(PhoneCode.user == user_id).order_by(PhoneCode.id.desc()).first()
    fits = last is not None and last.confirmed_at is None and last.created_at > hub.ms() - LIFE and last.tries < TRIES
    return last if fits else None


def confirm(hub: Hub, actor: Actor, code: str) -> dict[str, Any]:
    """Try a code, in the caller's transaction: `confirmed`, and how many tries are left. A wrong one counts.

    Whoever proves a number has it: another user who had it loses it. Raises `Conflict` when no code waits.
    """
    user = who(actor)
    waiting = _newest(hub, user.id)
    if waiting is None:
        raise Conflict("No code waits to be confirmed: ask for a new one.")
    counted = PhoneCode.update(tries=PhoneCode.tries + 1).where(PhoneCode.id == waiting.id, PhoneCode.tries < TRIES)
    digits = "".join(sign for sign in code if sign.isdecimal())
    right = hmac.compare_digest(_hash(hub, user.id, waiting.number, digits), waiting.code_hash)
    if not counted.execute() or not right:
        return {"confirmed": False, "tries_left": max(0, TRIES - waiting.tries - 1)}
    PhoneCode.update(confirmed_at=hub.ms()).where(PhoneCode.id == waiting.id).execute()
    User.update(phone=None, phone_confirmed_at=None).where(User.phone == waiting.number).execute()
    User.update(phone=waiting.number, phone_confirmed_at=hub.ms()).where(User.id == user.id).execute()
    return {"confirmed": True, "tries_left": TRIES}


def remove(actor: Actor) -> None:
    """Forget the actor's phone and the codes sent for it, in the caller's transaction."""
    user = who(actor)
    User.update(phone=None, phone_confirmed_at=None).where(User.id == user.id).execute()
    PhoneCode.update(tries=TRIES).where(PhoneCode.user == user.id).execute()
