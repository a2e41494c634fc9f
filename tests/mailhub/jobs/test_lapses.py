"""Claims of vanished nodes come back, those of living ones never; a clock set back leaves nothing waiting."""

import fcntl

import pytest

from mailhub import db, outbox
from mailhub.hub import Hub
from mailhub.ids import Node
from mailhub.jobs import lapses, rows
from mailhub.jobs.lapses import EVERY, JUMP, LOOKS, Lapses
from mailhub.messages import Event, Queued, Source
from mailhub.testing import Clock, make_owner, make_source
from mailhub.vocabulary import JobKind


@pytest.fixture
def clock(core: Hub, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The wall clock."""
    made = Clock()
    monkeypatch.setattr(core, "clock", made)
    return made


@pytest.fixture
def passed(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The time that passed, whatever the wall clock says."""
    made = Clock(0.0)
    monkeypatch.setattr(lapses.time, "monotonic", made)
    return made


def _claimed(hub: Hub, node: int) -> Source:
    source = make_source(hub, make_owner(hub)[0], ["a@example.com", "b@example.com"])
    with db.bulk():
        assert len(outbox.claim(source, node, 9, hub.ms())) == 2
    return source


def _holders() -> set[int | None]:
    return {row.holder for row in Queued.select()}


def _go(hub: Hub, watch: Lapses, clock: Clock, passed: Clock, seconds: float) -> None:
    for _ in range(int(seconds)):
        clock.move(1)
        passed.move(1)
        watch.look(hub, True)


def _own(hub: Hub, number: int, machine: str = "") -> None:
    Node.create(number=number, machine=machine or hub.node.machine, leased_until=hub.ms() + 9**9)


def test_a_dead_node_of_this_machine_gives_back(core: Hub, clock: Clock, passed: Clock) -> None:
    _claimed(core, 900)
    _own(core, 900)
    journal = core.node.run / "node-900.journal"
    journal.touch()
    watch = Lapses()
    _go(core, watch, clock, passed, 30)
    assert _holders() == {900}  # what it has delivered comes first
    journal.unlink()
    _go(core, watch, clock, passed, EVERY / 1000 + 1)
    assert _holders() == {None}


def test_a_node_that_lives_keeps_its_claims_whatever_the_clock_says(core: Hub, clock: Clock, passed: Clock) -> None:
    _claimed(core, 900)
    _own(core, 900)
    with (core.node.run / "node-900.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        watch = Lapses()
        clock.move(3600)
        _go(core, watch, clock, passed, 200)
        assert _holders() == {900}


def test_another_machines_node_is_dead_when_nothing_of_it_moves(core: Hub, clock: Clock, passed: Clock) -> None:
    if not db.is_postgres():
        pytest.skip("SQLite has one machine")
    source = _claimed(core, 900)
    _own(core, 900, "elsewhere")
    ids = [row.id for row in Queued.select().where(Queued.source == source)]
    watch = Lapses()
    for _ in range(10):  # a living one renews, however far its clock is off
        _go(core, watch, clock, passed, LOOKS * EVERY / 1000 - 5)
        with db.bulk():
            outbox.renew(900, ids, core.ms() - 7_200_000)
        clock.move(3600)
    assert _holders() == {900}
    _go(core, watch, clock, passed, (LOOKS + 2) * EVERY / 1000)
    assert _holders() == {None}


def test_an_outage_makes_no_living_node_look_dead(core: Hub, clock: Clock, passed: Clock) -> None:
    if not db.is_postgres():
        pytest.skip("SQLite has one machine")
    _claimed(core, 900)
    _own(core, 900, "elsewhere")
    watch = Lapses()
    _go(core, watch, clock, passed, 30)
    clock.move(600)
    passed.move(600)  # nobody could look, and the node could not renew
    _go(core, watch, clock, passed, 20)
    assert _holders() == {900}


def test_setting_back_goes_on_where_an_outage_stopped_it(
    core: Hub, clock: Clock, passed: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = make_source(core, make_owner(core)[0], [f"u{number}@example.com" for number in range(7)])
    Queued.update(due_at=core.ms() + 60_000).execute()
    monkeypatch.setattr(lapses, "BULK_ROWS", 3)
    watch, sql, calls = Lapses(), lapses.sql, 0
    watch.look(core, True)

    def breaking(statement: str, parameters: object = ()) -> object:
        nonlocal calls
        calls += statement.startswith("UPDATE queue")
        if calls == 2:
            calls += 1
            raise OSError("the disk is full")
        return sql(statement, parameters)

    monkeypatch.setattr(lapses, "sql", breaking)
    clock.move(-3600)
    with pytest.raises(OSError, match="full"):
        watch.look(core, True)
    passed.move(1)
    clock.move(1)
    watch.look(core, True)
    left = {row.due_at - core.ms() for row in Queued.select().where(Queued.source == source)}
    assert left <= {60_000, 59_000}


def test_a_clock_set_back_moves_what_waits(core: Hub, clock: Clock, passed: Clock) -> None:
    source = _claimed(core, core.node.number)
    with db.bulk():
        outbox.release(core.node.number, [row.id for row in Queued.select()], core.ms() + 60_000)
    Source.update(held_until=core.ms() + 30_000, next_at=core.ms() + 500).execute()
    job = rows.Job.create(
        account=source.account_id, kind="x", due_at=core.ms() + 5000, created_at=1, updated_at=core.ms()
    )
    watch = Lapses()
    watch.look(core, True)
    clock.move(-3600)
    passed.move(1)
    watch.look(core, True)
    now = core.ms()
    assert {row.due_at - now for row in Queued.select()} == {59_000 + 0}
    source = Source.get_by_id(source.id)
    assert (source.held_until - now, source.next_at - now) == (29_000, 0)
    assert rows.Job.get_by_id(job.id).due_at - now == 4000


def test_a_clock_set_back_while_nothing_ran_is_noticed_at_the_start(core: Hub, clock: Clock, passed: Clock) -> None:
    _claimed(core, 900)
    with db.bulk():
        outbox.release(900, [row.id for row in Queued.select()], core.ms() + 600_000)
    Event.create(kind="delivered", account_id=1, at=core.ms())
    clock.move(-7200)
    Lapses().look(core, False)  # not the elected one
    assert {row.due_at - core.ms() for row in Queued.select()} == {7200_000 + 600_000}
    Lapses().look(core, True)
    assert {row.due_at - core.ms() for row in Queued.select()} == {600_000}


def test_a_clock_that_drifts_a_little_moves_nothing(core: Hub, clock: Clock, passed: Clock) -> None:
    _claimed(core, core.node.number)
    before = [row.due_at for row in Queued.select().order_by(Queued.id)]
    watch = Lapses()
    for _ in range(20):
        clock.move(1 - (JUMP - 100) / 1000)
        passed.move(1)
        watch.look(core, True)
    assert [row.due_at for row in Queued.select().order_by(Queued.id)] == before


@pytest.mark.parametrize("running", [True, False])
def test_a_job_goes_on_after_the_clock_was_set_back(core: Hub, clock: Clock, passed: Clock, running: bool) -> None:
    core.jobs["test.work"] = JobKind("test.work", lambda hub, job, until: not job.done)
    with db.transaction():
        number = rows.start(core, "test.work", make_owner(core)[0].id).id
    assert rows.work(core, number)
    watch = Lapses()
    if running:
        watch.look(core, True)
    clock.move(-3600)
    passed.move(1)
    assert rows.due(core) == []
    watch.look(core, True)
    assert rows.due(core) == [number]


def test_a_clock_set_back_takes_no_job_from_whoever_has_it(core: Hub, clock: Clock, passed: Clock) -> None:
    account = make_owner(core)[0].id
    now = core.ms()
    job = rows.Job.create(account=account, kind="x", holder=77, due_at=now + rows.LEASE, created_at=now, updated_at=now)
    watch = Lapses()
    watch.look(core, True)
    clock.move(-3600)
    watch.look(core, True)
    assert rows.Job.get_by_id(job.id).due_at == core.ms() + rows.LEASE
