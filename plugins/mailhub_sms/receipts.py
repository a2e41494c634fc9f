"""What Twilio tells of an SMS afterwards, and what numbers say of SMS at all: STOP and START."""

from mailhub import Hub
from mailhub.db import sql
from mailhub_sms.models import DELIVERED, FAILED, SENDING, SENT, WAITING, Sms, SmsStop

STATES = {
    "accepted": SENT, "scheduled": SENT, "queued": SENT, "sending": SENT, "sent": SENT,
    "delivered": DELIVERED, "read": DELIVERED, "undelivered": FAILED, "failed": FAILED,
}  # fmt: skip
"""Twilio's words for ours. What is delivered or failed stays so, whatever comes late or twice."""


def note(hub: Hub, number: int, sid: str, status: str, code: str) -> bool:
    """Take a receipt for SMS `number`, in the caller's transaction. Returns whether anything changed.

    One that names another SMS than the one sent is no receipt of it.
    """
    state = STATES.get(status)
    if state is None or not sid:
        return False
    before = (WAITING, SENDING) if state == SENT else (WAITING, SENDING, SENT)
    error = f"{code}: the phone's network did not take it" if state == FAILED and code else ""
    changed = Sms.update(state=state, sid=sid, error=error, changed_at=hub.ms()).where(
        Sms.id == number, Sms.state.in_(before), Sms.sid.is_null() | (Sms.sid == sid), Sms.attempts > 0
    )
    return bool(changed.execute())


def stop(hub: Hub, number: str) -> None:
    """Nothing is sent to a number any more, in the caller's transaction."""
    sql("INSERT INTO sms_stops (number, at) VALUES (?, ?) ON CONFLICT (number) DO NOTHING", (number, hub.ms()))


def start(number: str) -> None:
    """A number takes SMS again, in the caller's transaction."""
    SmsStop.delete().where(SmsStop.number == number).execute()
