"""Receipts change what they can, once; the webhook's own tests send them as Twilio does."""

import pytest

from mailhub_sms import receipts
from mailhub_sms.models import Sms


@pytest.mark.parametrize(
    ("before", "status", "after"),
    [
        ("sending", "queued", "sent"),
        ("sending", "delivered", "delivered"),
        ("waiting", "delivered", "delivered"),
        ("delivered", "failed", "delivered"),
        ("failed", "delivered", "failed"),
        ("kept", "delivered", "kept"),
        ("expired", "delivered", "expired"),
        ("sent", "unheard-of", "sent"),
    ],
)
def test_from_state_to_state(hub, write, before: str, status: str, after: str) -> None:
    sms = write()
    Sms.update(state=before, attempts=1).where(Sms.id == sms.id).execute()
    assert receipts.note(hub, sms.id, "SM1", status, "") == (before != after)
    assert Sms.get_by_id(sms.id).state == after


def test_what_was_never_tried_has_no_receipt(hub, twilio, write) -> None:
    sms = write()
    assert not receipts.note(hub, sms.id, "SM1", "delivered", "")
    assert not receipts.note(hub, sms.id, "", "delivered", "")


def test_stop_and_start_may_come_twice(hub) -> None:
    for _ in range(2):
        receipts.stop(hub, "+33612345678")
    for _ in range(2):
        receipts.start("+33612345678")
