"""Filling a campaign's source: its audience page by page, each page and the place in the audience in one transaction.

So a kill at any line repeats nobody and skips nobody. Who may not leave is decided by the outbox.
"""

import time
from typing import Any

from mailhub import Hub, UserError, outbox
from mailhub.db import bulk, transaction
from mailhub.messages import CANCELLED, FINISHED, OPEN, Source
from mailhub.vocabulary import Recipient
from mailhub_sending.models import Campaign, source_of

PAGE = 2000
FIRST = 200
"""The first page is small, so that the first mail leaves at once."""
A_SECOND = 10_000
"""Messages submitted a second at most: a filling that runs unchecked takes the database from those who send."""
TURN = 2.0
"""Seconds' worth at most that a slice may submit when it had to wait for its turn."""
SMALLEST = 500
"""Room for fewer messages is waited for: pages of a few rows would cost those who send a lock each."""
WAIT = 1.0
"""Seconds until the next look while nothing can be submitted."""


def fill(hub: Hub, job: Any, until: float) -> bool | float:
    """One slice of filling: True when there is more to do at once, seconds to wait, or False when it is done.

    It waits while the source is paused, held or full. Raises `UserError` when nobody knows the audience any more.
    """
    campaign = Campaign.of(job.account_id).where(Campaign.id == job.ref).first()
    began, submitted, room = time.monotonic(), 0, 0
    budget = A_SECOND * max(1.0, min(TURN, (hub.ms() - job.updated_at) / 1000))
    while time.monotonic() < until:
        source = source_of(campaign) if campaign else None
        if source is None or not source.filling or source.state in (CANCELLED, FINISHED):
            return False
        if room < SMALLEST:
            room = outbox.room_left(source)  # counted once a slice: meanwhile it only grows
        if source.state != OPEN or room < SMALLEST:
            return WAIT
        if submitted >= budget:
            return max(0.05, 1 - (time.monotonic() - began))
        count = _submit_page(hub, campaign, source, min(PAGE if source.marker else FIRST, room))
        if count is None:
            return WAIT
        room -= count
        submitted += count
        job.done += count
    return True


def _submit_page(hub: Hub, campaign: Campaign, source: Source, limit: int) -> int | None:
    """Submit the next page. Returns how many, 0 when the audience is exhausted, None when the source is to wait.

    Where credit reaches for a part of the page, that part goes; the source is held once all that was submitted has left.
    """
    recipients = _next(hub, campaign, source, limit)
    try:
        with bulk():
            if not _move_marker(source, recipients):
                return None
            if recipients:
                outbox.submit(hub, source, recipients)
    except outbox.Short as short:
        if short.room:
            return _submit_page(hub, campaign, source, short.room)
        with transaction():
            outbox.hold_when_left(hub, source, short)
        return None
    except outbox.Held as held:
        with transaction():
            outbox.hold(hub, source, held.reason, held.until)
        return None
    return len(recipients)


def _next(hub: Hub, campaign: Campaign, source: Source, limit: int) -> list[Recipient]:
    page: list[Recipient] | None = hub.hook.audience_recipients(
        hub=hub,
        account=campaign.account_id,
        include=campaign.include,
        exclude=campaign.exclude,
        after=source.marker,
        limit=limit,
    )
    if page is None:
        raise UserError("The audience of the campaign is gone: cancel the campaign, copy it and choose another one.")
    return page


def _move_marker(source: Source, recipients: list[Recipient]) -> bool:
    """Move the place in the audience, if it is still where this page was read from and the source is open."""
    columns = {"marker": recipients[-1].key} if recipients else {"filling": False}
    return bool(
        Source.update(**columns)
        .where(Source.id == source.id, Source.state == OPEN, Source.marker == source.marker)
        .execute()
    )
