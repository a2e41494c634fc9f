"""After a verification: its undeliverable addresses are suppressed, in slices, so that no campaign is sent to them."""

import time
from typing import Any

from mailhub import jobs
from mailhub.addresses import SCOPES, suppress
from mailhub.db import bulk
from mailhub.errors import Conflict, Invalid, Sentence
from mailhub.hub import Hub
from mailhub.permissions import Actor
from mailhub_verification.marks import UNDELIVERABLE
from mailhub_verification.models import DONE, Verification
from mailhub_verification.verifications import found

KIND = "verifications.suppress"
BATCH = 500


def begin(hub: Hub, actor: Actor, record: Verification, scope: str) -> Verification:
    """Begin to suppress what a verification found undeliverable, in the caller's transaction.

    Raises `Invalid` for an unknown scope, `Conflict` when the verification is not done, found none, or this was done.
    """
    if scope not in SCOPES:
        raise Invalid(fields={"scope": Sentence("{scope} is no scope: write all or bulk.", scope=scope)})
    if record.state != DONE:
        raise Conflict("The verification of {name} is not done: wait until it is.", name=record.name)
    count = record.verdicts.get(UNDELIVERABLE, 0)
    if not count:
        raise Conflict("The verification of {name} found no undeliverable address.", name=record.name)
    if record.scope:
        raise Conflict("The undeliverable addresses of {name} are suppressed already.", name=record.name)
    record.scope, record.suppressed_by = scope, actor.name
    record.suppress_job_id = jobs.start(hub, KIND, record.account_id, record.id, count).id
    record.save(only=[Verification.scope, Verification.suppressed_by, Verification.suppress_job_id])
    return record


def step(hub: Hub, job: Any, until: float) -> bool:
    """One slice, as a job."""
    while time.monotonic() < until:
        record = Verification.of(job.account_id).where(Verification.id == job.ref).first()
        if record is None or record.suppressed_at:
            return False
        count = _suppress_some(hub, record)
        job.done += count
        if not count:
            return False
    return True


def _suppress_some(hub: Hub, record: Verification) -> int:
    rows = found(record, UNDELIVERABLE, record.suppress_marker, BATCH)
    origin = f"{record.suppressed_by}, verification {record.id}"
    mine = (Verification.account == record.account_id) & (Verification.id == record.id)
    with bulk():
        if not rows:
            Verification.update(suppressed_at=hub.ms()).where(mine).execute()
            return 0
        moved = (
            Verification.update(suppress_marker=rows[-1].key)
            .where(mine, Verification.suppress_marker == record.suppress_marker)
            .execute()
        )
        if moved:
            added = suppress(
                record.account_id, [row.address for row in rows],
                scope=record.scope, reason="manual", origin=origin, at=hub.ms(),
            )  # fmt: skip
            Verification.update(suppressed=Verification.suppressed + added).where(mine).execute()
    return len(rows)
