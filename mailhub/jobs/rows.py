"""Jobs as rows: what is to do, how far it is, who has it now."""

import logging
import time

import peewee

from mailhub import metrics, outages
from mailhub.accounts import OwnedModel
from mailhub.db import UTCField, close_database, sql, transaction
from mailhub.errors import Sentence, UserError
from mailhub.hub import Hub
from mailhub.sentences import SentenceField

WAITING, DONE, FAILED, CANCELLED = "waiting", "done", "failed", "cancelled"
SLICE = 1.0
"""Seconds a slice of a job lasts, about."""
LEASE = 60_000
"""Milliseconds a job belongs to a node before another may take it; the sweep gives it back at once when the node is dead."""
FAULTS = 5
"""How often a job may fail unforeseen before it is given up."""
PATIENCE = 5
"""How often, a second apart, a job is given back while the database cannot be written."""

log = logging.getLogger(__name__)


class Job(OwnedModel):
    """One piece of background work. `ref` is the row it works on; `done` of `total` is its progress."""

    kind = peewee.TextField()
    ref = peewee.BigIntegerField(default=0)
    state = peewee.TextField(default=WAITING)
    due_at = UTCField()
    holder = peewee.SmallIntegerField(null=True)
    done = peewee.BigIntegerField(default=0)
    total = peewee.BigIntegerField(default=0)
    faults = peewee.SmallIntegerField(default=0)
    error = SentenceField(default="")
    created_at = UTCField()
    updated_at = UTCField()

    class Meta:
        table_name = "jobs"
        indexes = ((("state", "due_at"), False), (("kind", "ref"), False))


def start(hub: Hub, kind: str, account: int, ref: int = 0, total: int = 0) -> Job:
    """Begin a job in the caller's transaction; the sweep queues it within a second of the commit."""
    if kind not in hub.jobs:
        raise LookupError(f"job kind {kind} was never registered")
    now = hub.ms()
    return Job.create(account=account, kind=kind, ref=ref, total=total, due_at=now, created_at=now, updated_at=now)


def cancel(job_id: int) -> None:
    """Stop a job: its next slice does not begin."""
    Job.update(state=CANCELLED).where(Job.id == job_id, Job.state == WAITING).execute()


def due(hub: Hub, limit: int = 100) -> list[int]:
    """The jobs that could be worked on now, oldest first; those of a plugin that is switched off wait for it."""
    now = Job.select(Job.id).where(Job.state == WAITING, Job.due_at <= hub.ms(), Job.kind.in_(list(hub.jobs)))
    return [row.id for row in now.order_by(Job.due_at).limit(limit)]


def work(hub: Hub, job_id: int) -> bool:
    """Do one slice of a job, unless someone else has it. Returns True when there is more to do at once."""
    job = _take(hub, job_id)
    if job is None:
        return False
    metrics.count("jobs")
    try:
        with metrics.spending("job"):
            return _slice(hub, job)
    except Exception as error:
        if outages.find(error) is None:
            raise
        log.exception("job %s (%s) waits", job.id, job.kind)
        _give_back(hub, job)
        return False


def _slice(hub: Hub, job: Job) -> bool:
    try:
        more = hub.jobs[job.kind].step(hub, job, time.monotonic() + SLICE)
        if not isinstance(more, (bool, int, float)):
            raise TypeError(f"the step of {job.kind} returned {more!r}: it must be True, False or seconds")
    except UserError as error:
        _end(hub, job, FAILED, error.sentence)
        return False
    except Exception as error:
        if outages.find(error) is not None:
            raise
        _fault(hub, job, error)
        return False
    if more is False:
        _end(hub, job, DONE, "")
        return False
    wait = 0.0 if more is True else more
    _save(hub, job, due_at=hub.ms() + int(wait * 1000), holder=None, faults=0)
    return wait == 0


def _take(hub: Hub, job_id: int) -> Job | None:
    now = hub.ms()
    with transaction():
        taken = (
            Job.update(holder=hub.node.number, due_at=now + LEASE)
            .where(Job.id == job_id, Job.state == WAITING, Job.due_at <= now)
            .execute()
        )
    return Job.get_by_id(job_id) if taken else None


def _fault(hub: Hub, job: Job, error: Exception) -> None:
    metrics.count("jobs_failed")
    log.exception("job %s (%s) failed", job.id, job.kind)
    if job.faults + 1 >= FAULTS:
        told = "It failed {count} times, last with {error}: see the server's log."
        _end(hub, job, FAILED, Sentence(told, count=FAULTS, error=repr(error)))
        return
    _save(hub, job, due_at=hub.ms() + 1000 * 2**job.faults, holder=None, faults=job.faults + 1)


def _give_back(hub: Hub, job: Job) -> None:
    """What keeps all from being stored is not the job's fault, so none is counted. Should it last, the lease runs out."""
    for _ in range(PATIENCE):
        close_database()  # a connection that broke is not used again
        try:
            Job.update(holder=None, due_at=hub.ms() + 1000).where(
                Job.id == job.id, Job.state == WAITING, Job.holder == hub.node.number
            ).execute()
            return
        except peewee.PeeweeException:
            time.sleep(1)


def _end(hub: Hub, job: Job, state: str, error: str) -> None:
    _save(hub, job, state=state, holder=None, error=error)


def _save(hub: Hub, job: Job, **columns: object) -> None:
    """Write progress and `columns`; a job cancelled meanwhile stays so, and one that another node has is its own."""
    with transaction():
        Job.update(done=job.done, total=job.total, updated_at=hub.ms(), **columns).where(
            Job.id == job.id, Job.state == WAITING, Job.holder == hub.node.number
        ).execute()


def release_node(node: int, now: int) -> None:
    """Give back the jobs a dead node had."""
    sql("UPDATE jobs SET holder = NULL, due_at = ? WHERE holder = ?", (now, node))
