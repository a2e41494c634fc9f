"""The sweep, four times a second: queues again what is due, frees what dead nodes had, opens what was held, ends what is done."""

import logging
import time
from pathlib import Path

from mailhub import metrics, outbox
from mailhub.db import bulk, sql, transaction
from mailhub.delivery import journal
from mailhub.hub import Hub
from mailhub.ids import NODES, Node, lock_node
from mailhub.jobs import rows
from mailhub.jobs.engine import JOB_PRIORITY, Engine
from mailhub.jobs.rows import Job
from mailhub.jobs.turns import Due
from mailhub.messages import CANCELLED, DELIVERED, OPEN
from mailhub.outbox.settling import cancel_waiting
from mailhub.outbox.sources import WANTS, finish, open_held

CANCEL_BATCH = 2000
NEW_JOB = 2000
"""Milliseconds for which a job is new: somebody has just asked for it, and a campaign begins with one."""

log = logging.getLogger(__name__)


def sweep(hub: Hub, engine: Engine) -> None:
    """One round of the elected scheduler."""
    began = time.monotonic()
    with metrics.spending("sweep"):
        with transaction():
            open_held(hub)
            finish(hub)
        _cancel(hub)
        _queue(hub, engine)
    metrics.count("sweeps")
    metrics.seen("mailhub_sweep_seconds", "sweep", time.monotonic() - began)


def _queue(hub: Hub, engine: Engine) -> None:
    """Queue the turns of what is due: the urgent first, then each account's share (see `turns`)."""
    turns = engine.rota.share([*_due_sources(hub), *_due_jobs(hub)], engine.waiting(), hub.config.workers)
    for each in turns:
        (engine.deliver if each.task == "deliver" else engine.work)(each.number, each.priority)
    metrics.count("queued", len(turns))


def _due_jobs(hub: Hub) -> list[Due]:
    """The jobs to be worked on: promptly when they have just begun, then in their account's turn, beside its sources."""
    new = hub.ms() - NEW_JOB
    found = Job.select(Job.id, Job.account, Job.created_at).where(Job.id.in_(rows.due(hub)))
    return [Due(job.account_id, "work", job.id, JOB_PRIORITY if job.created_at > new else 0) for job in found]


def _due_sources(hub: Hub) -> list[Due]:
    """The open sources with something due that their rate lets leave now."""
    now = hub.ms()
    found = sql(
        f"SELECT s.account_id, s.id, s.priority FROM sources s WHERE {WANTS} ORDER BY s.id", (OPEN, now, now)
    ).fetchall()
    return [Due(account_id, "deliver", source_id, priority) for account_id, source_id, priority in found]


def _cancel(hub: Hub) -> None:
    left = sql(
        "SELECT id FROM sources s WHERE state = ? AND EXISTS (SELECT 1 FROM queue q WHERE q.source_id = s.id)",
        (CANCELLED,),
    ).fetchall()
    for (source_id,) in left:
        with bulk():
            cancelled = cancel_waiting(source_id, hub.node.number, hub.ms(), CANCEL_BATCH)
        metrics.count("cancelled", cancelled)


def free_dead_nodes(hub: Hub) -> None:
    """Replay the journals of this machine's dead nodes and give back what they had claimed. Every machine does this.

    Whoever claims has a journal, and takes it away at a clean stop: a journal whose lock is free is a dead node's.
    """
    for path in sorted(hub.node.run.glob("node-*.journal")):
        number = int(path.stem.removeprefix("node-"))
        if number == hub.node.number or number >= NODES:
            continue
        lock = lock_node(hub.node.run, number)
        if lock is None:
            continue
        try:
            _free(hub, number, path)
        finally:
            lock.close()


def _free(hub: Hub, number: int, path: Path) -> None:
    """Settle and give back what node `number` had. When its number is another machine's by now, only what it delivered
    counts: the claims under that number are not its own any more."""
    outcomes = journal.read(path)
    released = 0
    with bulk():
        own = not Node.select().where(Node.number == number, Node.machine != hub.node.machine).exists()
        settled = outbox.settle(number, [each for each in outcomes if own or each.kind == DELIVERED])
        if own:
            released = outbox.release_node(number, hub.ms())
            rows.release_node(number, hub.ms())
    path.unlink(missing_ok=True)
    metrics.count("nodes_freed")
    if settled or released:
        log.warning("node %s died: %s outcomes settled, %s messages given back", number, settled, released)
