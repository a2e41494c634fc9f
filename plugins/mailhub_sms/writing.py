"""Writing an SMS down: a row in the caller's transaction. Sending it is left to `sending`."""

from collections.abc import Sequence

from mailhub import Hub
from mailhub.accounts import User
from mailhub.db import sql
from mailhub.vocabulary import Notice
from mailhub_sms import provider
from mailhub_sms.gsm import measure, plain
from mailhub_sms.models import KEPT, STOPPED, WAITING, SmsStop

CHANNEL = "sms"
KEEP_TRYING = 4 * 3_600_000
"""Milliseconds an alert is worth sending."""
LONGEST = 480
"""Signs an SMS may have; a longer one is cut: three segments say enough."""


def write(
    hub: Hub, account_id: int, number: str, text: str, *, user_id: int | None = None, key: str | None = None,
    secret: bool = False, keep_trying: int = KEEP_TRYING,
) -> bool:  # fmt: skip
    """Write an SMS to a number (E.164), in the caller's transaction; it leaves within a second of the commit.

    With a `key` that was used before nothing is written. Without a provider it is kept, to a number that said STOP it is
    not sent. `keep_trying` is in ms. Returns whether it waits to leave or is kept.
    """
    said = plain(text)
    said = said if len(said) <= LONGEST else f"{said[: LONGEST - 3]}..."
    length, now = measure(said), hub.ms()
    state = STOPPED if is_stopped(number) else WAITING if provider.is_set() else KEPT
    written = sql(
        "INSERT INTO sms (account_id, user_id, number, text, secret, encoding, segments, state, attempts, doubtful, "
        "due_at, expires_at, key, error, created_at, changed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, '', ?, ?) "
        "ON CONFLICT (key) DO NOTHING",
        (account_id, user_id, number, said, secret, length.encoding, length.segments, state, False,
         now, now + keep_trying, key, now, now),
    ).rowcount  # fmt: skip
    return bool(written) and state != STOPPED


def is_stopped(number: str) -> bool:
    """Whether a number said STOP."""
    return bool(SmsStop.select().where(SmsStop.number == number).exists())


def reaches(hub: Hub, user_id: int) -> bool:
    """Whether a user has a confirmed phone that did not say STOP."""
    return number_of(user_id) is not None


def number_of(user_id: int) -> str | None:
    """The number SMS for a user go to, or None: no phone is confirmed, or it said STOP."""
    user = User.get_or_none(User.id == user_id)
    return None if user is None or not user.phone or is_stopped(user.phone) else str(user.phone)


def deliver(hub: Hub, messages: Sequence[Notice]) -> None:
    """Write notices to their users' phones, in the caller's transaction."""
    for each in messages:
        if (number := number_of(each.user_id)) is not None:
            write(
                hub, each.account_id, number, each.text, user_id=each.user_id,
                key=f"{each.account_id} {each.user_id} {each.key}",
            )  # fmt: skip
