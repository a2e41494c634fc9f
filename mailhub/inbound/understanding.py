"""What waits is understood, in slices of the engine: return paths and complaints by the batch, the rest by plugins.

Each slot is a job of its own, so several workers understand side by side; there is one for each few hundred mails that
wait. A claim and its effects end in one transaction, so whoever dies midway leaves nothing half done or done twice.
"""

import logging
import time
from collections.abc import Sequence

from mailhub import metrics, outages
from mailhub.accounts import OPERATOR, Account
from mailhub.bounces import classify
from mailhub.bounces.reading import Reading
from mailhub.db import bulk, transaction
from mailhub.hub import Hub
from mailhub.inbound import arrivals, returning
from mailhub.inbound.arrivals import Claimed
from mailhub.inbound.desks import Desk, Kind, desk_of
from mailhub.inbound.failing import failed, given_up
from mailhub.inbound.finding import find
from mailhub.inbound.handing import hand
from mailhub.inbound.keeping import forget_old, keep_one
from mailhub.inbound.returning import Return
from mailhub.jobs import rows
from mailhub.jobs.rows import Job
from mailhub.parts import parts_of
from mailhub.tokens import MessageToken
from mailhub.vocabulary import JobKind, Schedule

KIND = "arrivals.understand"
BATCH = 200
"""Mails claimed together: read one by one, acted on in one transaction."""
PER_SLOT = 400
"""Mails that wait for each slot that is worked."""
MOST_SLOTS = 32
LONGEST = 2 << 20
"""Octets of a mail to a return path that are read: what matters stands on top."""
TOO_EARLY = 3000
"""Milliseconds until a bounce is looked at again that came before its message was written down as delivered."""
log = logging.getLogger(__name__)


def wake(hub: Hub) -> None:
    """What the clock calls: begin as many slots as what waits is worth."""
    most = min(hub.config.workers, MOST_SLOTS)
    due = arrivals.waiting(hub.ms(), PER_SLOT * most)
    if not due or not Account.select().where(Account.id == OPERATOR).exists():
        return
    for slot in range(min(most, 1 + due // PER_SLOT)):
        with transaction():
            _begin(hub, slot)


def _begin(hub: Hub, slot: int) -> None:
    """Let a slot's job wait for a worker, unless it does or is being worked. It has one row, used again and again."""
    now = hub.ms()
    again = Job.update(state=rows.WAITING, due_at=now, holder=None, faults=0, error="", created_at=now, updated_at=now)
    if again.where(Job.kind == KIND, Job.ref == slot, Job.state != rows.WAITING).execute():
        return
    if not Job.select().where(Job.kind == KIND, Job.ref == slot).exists():
        rows.start(hub, KIND, OPERATOR, ref=slot)


def step(hub: Hub, job: Job, until: float) -> bool:
    """A slice of one slot. True when more waits."""
    slot = int(job.ref)
    with bulk():
        arrivals.release(slot, hub.ms())  # nobody else works this slot: whoever had these has died
    while time.monotonic() < until:
        with bulk():
            claimed = arrivals.claim(slot, hub.ms(), BATCH)
        if not claimed:
            return False
        understand(hub, slot, claimed, until)
        job.done += len(claimed)
    return True


def understand(hub: Hub, slot: int, claimed: Sequence[Claimed], until: float) -> None:
    """Understand claimed mails and act on them; each that cannot be is put off or kept for staff."""
    fresh = [each for each in claimed if not given_up(hub, slot, each)]
    at_desks = [(each, desk_of(hub, each.recipient)) for each in fresh]
    returned = [(each, desk) for each, desk in at_desks if desk.kind is not Kind.PLUGINS]
    _act(hub, slot, [read for pair in returned for read in [_read(hub, slot, *pair)] if read is not None])
    for_plugins = [each for each, desk in at_desks if desk.kind is Kind.PLUGINS]
    if for_plugins:
        hand(hub, slot, for_plugins, until)


class _Read:
    """A mail that was read: what it returns, or why it is kept, or neither: then it is done with."""

    __slots__ = ("claimed", "kept", "returned")

    def __init__(self, claimed: Claimed, returned: Return | None = None, kept: str = "") -> None:
        self.claimed, self.returned, self.kept = claimed, returned, kept


def _read(hub: Hub, slot: int, each: Claimed, desk: Desk) -> _Read | None:
    """Read one mail; None when that failed."""
    try:
        return _understood(hub, each, desk)
    except Exception as error:
        if outages.find(error) is not None:
            raise
        log.exception("arrival %s could not be read", each.id)
        failed(hub, slot, each, error)
        return None


def _understood(hub: Hub, each: Claimed, desk: Desk) -> _Read:
    if desk.kind is Kind.STAFF:  # anybody writes there: what it says changes nothing
        return _Read(each, kept="staff")
    content = each.content[:LONGEST]
    reading = classify(content)
    token = desk.token
    if token is None and reading.kind in ("bounce", "complaint"):
        links = reading.kind == "complaint"
        token = find(hub, content, parts_of(content), reading.original.addresses, links=links)
    return _decided(each, desk.kind, reading, token)


def _decided(each: Claimed, kind: Kind, reading: Reading, token: MessageToken | None) -> _Read:
    """What follows: act, keep, or let go (delays, notices of delivery, holiday notices)."""
    if token is not None and reading.kind in ("bounce", "complaint"):
        return _Read(each, Return(each, token.message_id, reading, reading.kind == "complaint"))
    if kind is Kind.COMPLAINTS:
        return _Read(each, kept="no_message")
    return _Read(each, kept="not_understood" if reading.kind == "other" else "")


def _act(hub: Hub, slot: int, read: Sequence[_Read]) -> None:
    """Everything that follows from a batch, and that it is done, in one transaction."""
    if not read:
        return
    with bulk():
        mine = arrivals.still(slot, [each.claimed for each in read])
        own = [each for each in read if each.claimed.id in mine]
        early = returning.take(hub, [each.returned for each in own if each.returned])
        arrivals.put_off(early, hub.ms() + TOO_EARLY, counted=False)
        kept = [each for each in own if each.kept]
        for each in kept:
            keep_one(hub, each.claimed, each.kept)
        waiting = {each.id for each in early}
        done = [each.claimed for each in own if not each.kept and each.claimed.id not in waiting]
        arrivals.take_away(done)
    metrics.count("inbound.returned", len(done))
    metrics.count("inbound.kept", len(kept))


JOBS = (JobKind(KIND, step),)
SCHEDULES = (Schedule("arrivals.wake", 0.5, wake), Schedule("arrivals.forget", 60, forget_old))
