"""A small part of the queue is changed at once, a large one by a job that goes on where it was."""

import time

import pytest

from mailhub.db import transaction
from mailhub.hub import Hub
from mailhub.jobs.rows import DONE, Job, due
from mailhub.jobs.rows import work as work_on
from mailhub.messages import NEVER, Message, Queued
from mailhub.outbox import waiting
from mailhub.outbox.waiting import DELETE, HOLD, Chosen, Order
from mailhub.queueing import orders
from mailhub.testing import make_source

from .conftest import World


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "BATCH", 2)
    find = waiting.find
    monkeypatch.setattr(waiting, "find", lambda order, now, after: find(order, now, after, 2))


def _carry_out(hub: Hub, world: World, order: Order) -> dict[str, int | None]:
    with transaction():
        return orders.carry_out(hub, world.operator.account_id, order)


def test_the_rest_follows_in_the_background(core: Hub, world: World) -> None:
    order = Order(HOLD, Chosen("grey.example", None, world.operator.account_id))
    done = _carry_out(core, world, order)
    assert (done["messages"], done["more"]) == (2, 3)
    assert orders.under_way(1, by_operator=False) == [("hold", "grey.example", None, 0, 3)]
    assert orders.under_way(1, by_operator=True) == []
    assert orders.under_way(2, by_operator=False) == []
    assert due(core) == [done["job"]]
    work_on(core, int(done["job"] or 0))
    assert Queued.select().where(Queued.due_at == NEVER).count() == 5
    job = Job.get_by_id(done["job"])
    assert (job.state, job.done, job.total) == (DONE, 3, 3)
    assert orders.QueueOrder.select().count() == 0
    assert orders.under_way(1, by_operator=False) == []


def test_a_slice_ends_in_time_and_the_next_goes_on(core: Hub, world: World) -> None:
    done = _carry_out(core, world, Order(DELETE, Chosen("grey.example"), by_operator=True))
    assert (done["messages"], done["more"]) == (2, 6)
    job = Job.get_by_id(done["job"])
    assert orders.step(core, job, time.monotonic() - 1) is True
    assert (job.done, Message.select().count()) == (2, 4)
    assert orders.step(core, job, time.monotonic() + 60) is False
    assert (job.done, Message.select().count()) == (6, 8)
    assert orders.step(core, job, time.monotonic() + 60) is False, "its end was not written: nothing is left"


def test_what_is_submitted_meanwhile_is_let_be(core: Hub, world: World) -> None:
    done = _carry_out(core, world, Order(DELETE, Chosen("grey.example")))
    make_source(core, world.acme, ["late@grey.example"])
    work_on(core, int(done["job"] or 0))
    assert [row.address for row in Queued.select().where(Queued.domain == "grey.example")] == ["late@grey.example"]


def test_a_long_queue_is_read_by_the_job(core: Hub, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orders, "LOOKED", 8)
    assert _carry_out(core, world, Order(HOLD, Chosen("b.example")))["messages"] == 0
    assert _carry_out(core, world, Order(HOLD, Chosen("c.example"))) == {"messages": 0, "more": 0, "job": None}
    one = Queued.get(Queued.source == world.theirs).id
    assert _carry_out(core, world, Order(HOLD, Chosen(number=one)))["messages"] == 1
    monkeypatch.setattr(orders, "LOOKED", 9)
    assert _carry_out(core, world, Order(HOLD, Chosen("b.example")))["messages"] == 1
