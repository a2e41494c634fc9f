"""What becomes of a mail at which something unforeseen happened: tried again, and at the third time kept for staff."""

from mailhub import metrics
from mailhub.db import transaction
from mailhub.errors import Sentence
from mailhub.hub import Hub
from mailhub.inbound.arrivals import Claimed, put_off, still
from mailhub.inbound.keeping import keep_one

ATTEMPTS = 3
PAUSES = (5_000, 30_000)
"""Milliseconds until the next attempt, after the first and the second."""


def failed(hub: Hub, slot: int, each: Claimed, error: Exception) -> None:
    """Put a mail off, or keep it for staff; in a transaction of its own."""
    metrics.count("inbound.failed")
    with transaction():
        if not still(slot, [each]):
            return
        if each.attempts < ATTEMPTS:
            put_off([each], hub.ms() + PAUSES[each.attempts - 1], counted=True)
        else:
            keep_one(hub, each, "failed", Sentence("At last: {error}", error=repr(error)[:300]))


def given_up(hub: Hub, slot: int, each: Claimed) -> bool:
    """Keep a mail that has ended whoever read it too often, without reading it. True when that is so."""
    if each.attempts <= ATTEMPTS:
        return False
    with transaction():
        if still(slot, [each]):
            keep_one(hub, each, "failed", Sentence("Whoever read it did not come to an end."))
    return True
