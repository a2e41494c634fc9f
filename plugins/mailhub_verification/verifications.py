"""Verifications of lists as rows: start one, find it, tell where it stands, stop it, read what it found."""

from typing import Any

from mailhub import jobs
from mailhub.db import from_ms
from mailhub.errors import Conflict, Invalid, NotFound, Sentence
from mailhub.hub import Hub
from mailhub.jobs import Job, rows
from mailhub.permissions import Actor
from mailhub.vocabulary import Audience
from mailhub_verification.marks import VERDICTS
from mailhub_verification.models import CANCELLED, DELETED, DONE, FAILED, RUNNING, Verification, Verified

KIND = "verifications.verify"


def audiences(hub: Hub, account_id: int) -> list[Audience]:
    """What can be verified: every audience of every plugin."""
    return [each for _, answer in hub.ask_safely("list_audiences", hub=hub, account=account_id) for each in answer]


def start(hub: Hub, actor: Actor, which: str) -> Verification:
    """Begin to verify an audience (its key, its name, or its number), in the caller's transaction.

    Raises `NotFound` when there is none, `Invalid` when it is empty, `Conflict` when it is being verified already.
    """
    chosen = _choose(hub, actor.account_id, which)
    total: int | None = hub.hook.audience_count(hub=hub, account=actor.account_id, include=[chosen.key], exclude=[])
    if not total:
        raise Invalid(fields={"audience": Sentence("{name} is empty: there is nothing to verify.", name=chosen.name)})
    for other in Verification.of(actor.account_id).where(Verification.state == RUNNING):
        if other.audience == chosen.key and state_of(other, job_of(other)) == RUNNING:
            raise Conflict("{name} is being verified already: wait for its report, or cancel it.", name=chosen.name)
    record: Verification = Verification.create(
        account=actor.account_id, audience=chosen.key, name=chosen.name, total=total, scores=[0] * 11,
        created_by=actor.name, created_at=hub.ms(),
    )  # fmt: skip
    record.job_id = jobs.start(hub, KIND, actor.account_id, record.id, total).id
    record.save(only=[Verification.job_id])
    return record


def _choose(hub: Hub, account_id: int, which: str) -> Audience:
    known = audiences(hub, account_id)
    found = [each for each in known if each.key == which] or [each for each in known if each.name == which]
    if not found and which.isdecimal():
        found = [each for each in known if each.key.endswith(f":{which}")]
    if found:
        return found[0]
    raise NotFound("There is no list {name}: the Lists page shows those that are there.", name=which)


def find(account_id: int, number: int) -> Verification:
    """An account's verification. Raises `NotFound`."""
    there = Verification.of(account_id).where(Verification.id == number, Verification.state != DELETED)
    record: Verification | None = there.first()
    if record is None:
        raise NotFound(
            "There is no verification {number}: the Verification page shows those that are there.", number=number
        )
    return record


def running(account_id: int, number: int) -> Verification | None:
    """An account's verification if it is under way: what its job asks before each slice."""
    there = Verification.of(account_id).where(Verification.id == number, Verification.state == RUNNING)
    record: Verification | None = there.first()
    return record


def latest(account_id: int, before: int | None = None, limit: int = 25) -> list[Verification]:
    """An account's verifications, newest first, those with a number below `before`."""
    query = Verification.of(account_id).where(Verification.state != DELETED)
    if before is not None:
        query = query.where(Verification.id < before)
    return list(query.order_by(Verification.id.desc()).limit(limit))


def job_of(record: Verification) -> Job | None:
    """The job that verifies it, or did."""
    job: Job | None = Job.of(record.account_id).where(Job.id == record.job_id).first()
    return job


def state_of(record: Verification, job: Job | None) -> str:
    """Where it stands; `failed` when its job was given up."""
    stopped = job is not None and job.state == rows.FAILED and record.state == RUNNING
    return FAILED if stopped else record.state


def is_busy(record: Verification) -> bool:
    """Whether a job works on it now: the one that verifies, or the one that suppresses what was found."""
    suppression = _suppression(record)
    return state_of(record, job_of(record)) == RUNNING or (suppression is not None and suppression["state"] == RUNNING)


def cancel(hub: Hub, record: Verification) -> None:
    """Stop a verification, in the caller's transaction; what it has found stays. Raises `Conflict` when it is over."""
    changed = (
        Verification.update(state=CANCELLED, finished_at=hub.ms())
        .where(Verification.account == record.account_id, Verification.id == record.id, Verification.state == RUNNING)
        .execute()
    )
    if not changed:
        raise Conflict("The verification of {name} is over: there is nothing to cancel.", name=record.name)
    rows.cancel(record.job_id)


def show(hub: Hub, record: Verification) -> dict[str, Any]:
    """All a door needs to tell of a verification; times ISO 8601, `rate` addresses a second, `left` seconds."""
    job = job_of(record)
    state = state_of(record, job)
    seconds = max(1, ((record.finished_at or hub.ms()) - record.created_at) // 1000)
    rate = record.done // seconds
    total = max(record.total, record.done)
    return {
        "number": record.id,
        "name": record.name,
        "audience": record.audience,
        "state": state,
        "job": record.job_id if state == RUNNING else None,
        "error": job.error if job and state == FAILED else "",
        "done": record.done,
        "total": record.done if state == DONE else total,
        "rate": rate,
        "seconds": seconds,
        "left": (total - record.done) // rate if rate and state == RUNNING else None,
        "verdicts": {verdict: record.verdicts.get(verdict, 0) for verdict in VERDICTS},
        "reasons": dict(sorted(record.reasons.items(), key=lambda each: -each[1])),
        "scores": record.scores,
        "by": record.created_by,
        "at": from_ms(record.created_at).isoformat(),
        "at_ms": record.created_at,
        "suppression": _suppression(record),
    }


def _suppression(record: Verification) -> dict[str, Any] | None:
    if not record.scope:
        return None
    job = Job.of(record.account_id).where(Job.id == record.suppress_job_id).first()
    state = DONE if record.suppressed_at else FAILED if job is not None and job.state == rows.FAILED else RUNNING
    return {"state": state, "scope": record.scope, "added": record.suppressed, "by": record.suppressed_by}


def found(record: Verification, verdict: str = "", after: int = 0, limit: int = 50) -> list[Verified]:
    """What was found, by key, with keys above `after`; of one verdict, or of all."""
    query = Verified.select().where(Verified.verification == record.id, Verified.key > after)
    if verdict:
        query = query.where(Verified.verdict == verdict)
    return list(query.order_by(Verified.key).limit(limit))


def show_found(row: Verified) -> dict[str, Any]:
    """One address of a report as other doors see it."""
    return {
        "address": row.address,
        "verdict": row.verdict,
        "score": row.score,
        "reasons": row.reasons.split(),
        "suggestion": row.suggestion or None,
        "last_activity": from_ms(row.active_at).isoformat() if row.active_at else None,
    }
