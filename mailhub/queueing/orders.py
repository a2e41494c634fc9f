"""What is asked of parts of the queue, carried out: a small part at once, the rest of a large one by a job in the background."""

import time
from typing import Any, NamedTuple

import peewee

from mailhub import jobs
from mailhub.db import Model, bulk, sql
from mailhub.hub import Hub
from mailhub.jobs.rows import WAITING, Job
from mailhub.outbox import waiting
from mailhub.outbox.waiting import Chosen, Order
from mailhub.vocabulary import JobKind

JOB = "queue.change"
LOOKED = 20_000
"""A queue longer than this is read by the job, not while the database is locked for the one who asks."""


class QueueOrder(Model):
    """One order that a job carries out. `account_id` is who asked; `of_account` to `newest` are what they chose.

    `reached` is the last message looked at: numbers rise, so what is submitted meanwhile is let be.
    """

    account_id = peewee.IntegerField(index=True)
    verb = peewee.TextField()
    by_operator = peewee.BooleanField()
    of_account = peewee.IntegerField(null=True)
    domain = peewee.TextField(null=True)
    reason = peewee.TextField(null=True)
    newest = peewee.BigIntegerField()
    reached = peewee.BigIntegerField()

    class Meta:
        table_name = "queue_orders"

    def order(self) -> Order:
        """As the outbox takes it."""
        return Order(self.verb, Chosen(self.domain, self.reason, self.of_account, None, self.newest), self.by_operator)


class UnderWay(NamedTuple):
    """An order that is being carried out, and how far: `done` of about `total` messages."""

    verb: str
    domain: str | None
    reason: str | None
    done: int
    total: int


def carry_out(hub: Hub, account_id: int, order: Order) -> dict[str, Any]:
    """Do what is ordered in the caller's transaction, the first thousand at once and the rest in the background.

    Returns `messages` (changed now), `more` (those the job changes) and `job` (its number, or None).
    """
    done = reached = 0
    if order.chosen.number is not None or not _is_long():
        ids = waiting.find(order, hub.ms(), 0)
        done = waiting.work(hub, order, ids)
        if len(ids) < waiting.BATCH:
            return {"messages": done, "more": 0, "job": None}
        reached = ids[-1]
    return {"messages": done, **_leave_to_job(hub, account_id, order, reached)}


def _is_long() -> bool:
    return sql("SELECT 1 FROM queue LIMIT 1 OFFSET ?", (LOOKED,)).fetchone() is not None


def _leave_to_job(hub: Hub, account_id: int, order: Order, reached: int) -> dict[str, Any]:
    newest = int(sql("SELECT max(id) FROM queue").fetchone()[0] or 0)
    chosen = order.chosen._replace(newest=newest)
    more = waiting.left(order._replace(chosen=chosen), hub.ms(), reached)
    if not more:
        return {"more": 0, "job": None}
    row = QueueOrder.create(
        account_id=account_id, verb=order.verb, by_operator=order.by_operator, of_account=chosen.account_id,
        domain=chosen.domain, reason=chosen.reason, newest=newest, reached=reached,
    )  # fmt: skip
    return {"more": more, "job": jobs.start(hub, JOB, account_id, ref=row.id, total=more).id}


def step(hub: Hub, job: Job, until: float) -> bool:
    """A slice of the job: batches are found by reading, then changed in a transaction each."""
    row = QueueOrder.get_or_none(QueueOrder.id == job.ref)
    while row is not None:
        order = row.order()
        ids = waiting.find(order, hub.ms(), row.reached)
        with bulk():
            job.done += waiting.work(hub, order, ids)
            if len(ids) < waiting.BATCH:
                row.delete_instance()
                return False
            row.reached = ids[-1]
            row.save()
        if time.monotonic() >= until:
            return True
    return False  # done before, and the job's end was not written


def under_way(account_id: int, by_operator: bool) -> list[UnderWay]:
    """The orders of an account that jobs are carrying out, as the operator's or as its own; the newest ten."""
    rows = sql(
        "SELECT o.verb, o.domain, o.reason, j.done, j.total FROM queue_orders o JOIN jobs j ON j.kind = ? AND j.ref = o.id "
        "WHERE o.account_id = ? AND o.by_operator = ? AND j.state = ? ORDER BY o.id DESC LIMIT 10",
        (JOB, account_id, by_operator, WAITING),
    ).fetchall()
    return [UnderWay(*row) for row in rows]


JOBS = (JobKind(JOB, step),)
