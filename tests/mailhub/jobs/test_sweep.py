"""The sweep: everything that is due is queued, though every queued task was lost; the dead give back what they had."""

from collections import Counter
from dataclasses import replace

from mailhub import outbox
from mailhub.db import bulk, sql, transaction
from mailhub.delivery.journal import Journal
from mailhub.hub import Hub
from mailhub.ids import Node, lock_node
from mailhub.jobs import rows
from mailhub.jobs.engine import Engine
from mailhub.jobs.rows import Job
from mailhub.jobs.sweep import free_dead_nodes, sweep
from mailhub.messages import Event, Message, Outcome, Queued, Source
from mailhub.testing import make_owner, make_source
from mailhub.vocabulary import JobKind


def _engine(core: Hub, workers: int = 2) -> Engine:
    core.config = replace(core.config, engine=replace(core.config.engine, workers=workers))
    return Engine(core.config)


def test_a_source_with_something_due_gets_a_slice_for_each_worker(core: Hub) -> None:
    account, _, _ = make_owner(core)
    due = make_source(core, account, ["a@example.com"])
    paused = make_source(core, account, ["a@example.com"])
    outbox.pause(paused.id)
    later = make_source(core, account, ["a@example.com"])
    Queued.update(due_at=core.ms() + 60_000).where(Queued.source == later).execute()
    engine = _engine(core)
    for _ in range(3):
        sweep(core, engine)
    assert engine.waiting() == Counter({("deliver", due.id): 2})


def test_the_urgent_come_first(core: Hub) -> None:
    account, _, _ = make_owner(core)
    bulk_source = make_source(core, account, ["a@example.com"])
    urgent = make_source(core, account, ["a@example.com"], stream="transactional")
    engine = _engine(core, workers=1)
    sweep(core, engine)
    tasks = [engine.huey.dequeue(), engine.huey.dequeue()]
    assert [task.args[0] for task in tasks] == [urgent.id, bulk_source.id]


def test_ten_campaigns_of_one_account_stand_no_more_often_than_one_of_another(core: Hub) -> None:
    many, one = make_owner(core)[0], make_owner(core)[0]
    for _ in range(10):
        make_source(core, many, ["a@example.com"])
    alone = make_source(core, one, ["a@example.com"])
    engine, taken = _engine(core), []
    for _ in range(40):
        sweep(core, engine)
        taken.append(engine.huey.dequeue().args[0])
    assert 18 <= taken.count(alone.id) <= 22
    assert len(set(taken)) == 11


def test_a_job_that_has_begun_takes_turns_with_campaigns(core: Hub) -> None:
    core.jobs["test.work"] = JobKind("test.work", lambda hub, job, until: True)
    account = make_owner(core)[0]
    source = make_source(core, account, ["a@example.com"])
    with transaction():
        number = rows.start(core, "test.work", account.id).id
    engine, taken = _engine(core, workers=1), []
    sweep(core, engine)
    assert [engine.huey.dequeue().args[0] for _ in range(2)] == [number, source.id]
    Job.update(created_at=core.ms() - 10_000).where(Job.id == number).execute()
    for _ in range(6):
        sweep(core, engine)
        taken.append(engine.huey.dequeue().name)
    assert Counter(taken) == {"work": 3, "deliver": 3}


def test_a_source_whose_rate_lets_nothing_leave_yet_is_not_queued(core: Hub) -> None:
    source = make_source(core, make_owner(core)[0], ["a@example.com"], rate=60)
    Source.update(next_at=core.ms() + 5000).where(Source.id == source.id).execute()
    engine = _engine(core, workers=1)
    sweep(core, engine)
    assert not engine.waiting()
    Source.update(next_at=core.ms() - 1).where(Source.id == source.id).execute()
    sweep(core, engine)
    assert engine.waiting() == Counter({("deliver", source.id): 1})


def test_a_job_is_queued_once_and_again_when_its_task_was_lost(core: Hub) -> None:
    core.jobs["test.work"] = JobKind("test.work", lambda hub, job, until: False)
    with transaction():
        number = rows.start(core, "test.work", make_owner(core)[0].id).id
    engine = _engine(core)
    for _ in range(2):
        sweep(core, engine)
    assert engine.waiting() == Counter({("work", number): 1})
    engine.huey.flush()
    sweep(core, engine)
    assert engine.waiting() == Counter({("work", number): 1})
    engine.huey.flush()
    rows.work(core, number)
    sweep(core, engine)
    assert not engine.waiting()


def test_a_held_source_is_opened_and_a_finished_one_told(core: Hub) -> None:
    account, _, _ = make_owner(core)
    held, done = make_source(core, account, ["a@example.com"]), make_source(core, account, [])
    with transaction():
        outbox.hold(core, held, "Wait.", core.ms() - 1)
    sweep(core, _engine(core))
    assert Source.get_by_id(held.id).state == "open"
    assert Source.get_by_id(done.id).state == "finished"
    assert Event.select().where(Event.kind == "source.finished").count() == 1


def test_what_waits_in_a_cancelled_source_is_settled(core: Hub) -> None:
    source = make_source(core, make_owner(core)[0], [f"u{i}@example.com" for i in range(2100)])
    outbox.cancel(core, source.id)
    engine = _engine(core)
    for _ in range(2):
        sweep(core, engine)
    assert Message.select().where(Message.outcome == "cancelled").count() == 2100
    assert Queued.select().count() == 0
    assert not engine.waiting()


def test_the_living_keep_what_they_have(core: Hub) -> None:
    source = make_source(core, make_owner(core)[0], ["a@example.com", "b@example.com"])
    with bulk():
        outbox.claim(source, core.node.number, 1, core.ms())
        outbox.claim(source, 501, 1, core.ms())
    (core.node.run / "node-501.journal").touch()
    lock = lock_node(core.node.run, 501)
    assert lock is not None
    free_dead_nodes(core)
    assert {row.holder for row in Queued.select()} == {core.node.number, 501}
    lock.close()
    free_dead_nodes(core)
    assert {row.holder for row in Queued.select()} == {core.node.number, None}
    assert not (core.node.run / "node-501.journal").exists()


def test_a_number_that_is_another_machines_by_now_keeps_its_claims(core: Hub) -> None:
    source = make_source(core, make_owner(core)[0], ["a@example.com", "b@example.com"])
    with bulk():
        delivered, claimed = outbox.claim(source, 501, 2, core.ms())
        Node.insert(number=501, machine="another machine", leased_until=core.ms() + 60_000).execute()
    left = Journal(core.node.run / "node-501.journal")
    left.add(Outcome(delivered.id, 1, "delivered", core.ms(), 250))
    left.add(Outcome(claimed.id, 1, "bounced", core.ms(), 550))
    left.close()
    free_dead_nodes(core)
    assert [row.id for row in Message.select()] == [delivered.id]
    assert [(row.id, row.holder) for row in Queued.select()] == [(claimed.id, 501)]


def test_a_dead_nodes_jobs_are_given_back(core: Hub) -> None:
    core.jobs["test.work"] = JobKind("test.work", lambda hub, job, until: False)
    with transaction():
        number = rows.start(core, "test.work", make_owner(core)[0].id).id
    sql("UPDATE jobs SET holder = 502, due_at = ? WHERE id = ?", (core.ms() + 60_000, number))
    (core.node.run / "node-502.journal").touch()
    free_dead_nodes(core)
    assert (Job.get_by_id(number).holder, rows.due(core)) == (None, [number])
