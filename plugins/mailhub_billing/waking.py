"""What waited for credit goes on: sources that were held without it are opened as soon as their account has some."""

from collections.abc import Sequence

from mailhub import Hub, outbox
from mailhub.db import sql, transaction
from mailhub.messages import HELD
from mailhub_billing import terms
from mailhub_billing.reserving import REASON, WAIT
from mailhub_billing.terms import Credit

WORTHWHILE = 500
"""Mails' worth of released credit that a source is opened for while more may still come back."""
SLACK = 60_000
"""Milliseconds that clocks of two machines may differ, and that a hold may be written after its reason was found."""


def wake(hub: Hub) -> None:
    """Open what is held for want of credit where there is credit again; what the clock calls every second.

    It compares what is held with what there is, so that a top-up that comes while the hold is written is not missed.
    """
    held = sql(
        "SELECT id, account_id, held_until FROM sources WHERE state = ? AND held_reason = ? ORDER BY id LIMIT 1000",
        (HELD, REASON),
    ).fetchall()
    if held:
        _wake(hub, held)


def _wake(hub: Hub, held: Sequence[tuple[int, int, int]]) -> None:
    known: dict[int, Credit] = {}
    for source_id, account_id, until in held:
        if account_id not in known:
            known[account_id] = terms.look(hub, account_id)
        if not hub.config.billing.charge or _is_enough(known[account_id], until - WAIT):
            with transaction():
                outbox.open_again(source_id, REASON)


def _is_enough(credit: Credit, held_at: int) -> bool:
    """After a top-up any credit will do. What only came back is waited for until it is worth a page, or is all there is:
    else a campaign would be held and opened again for every mail that bounced."""
    if not credit.reach:
        return False
    topped_up = credit.topped_up_at >= held_at - SLACK
    return topped_up or credit.reach >= WORTHWHILE or not credit.under_way
