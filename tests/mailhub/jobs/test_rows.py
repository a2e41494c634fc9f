"""Jobs in slices: more, done, later; faults are tried again, mistakes end in their sentence, cancelled is cancelled."""

import errno
import time
from typing import Any

import peewee
import pytest

from mailhub.db import sql, transaction
from mailhub.errors import UserError
from mailhub.hub import Hub
from mailhub.jobs import rows
from mailhub.jobs.rows import FAULTS, LEASE, Job
from mailhub.testing import Clock, make_owner
from mailhub.vocabulary import JobKind


class Work:
    """A kind of job whose slices answer what they were told, one after the other."""

    def __init__(self, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
        self.hub, self.clock = hub, Clock()
        self.answers: list[Any] = []
        self.calls: list[float] = []
        monkeypatch.setattr(hub, "clock", self.clock)
        hub.jobs["test.work"] = JobKind("test.work", self.step)
        self.account = make_owner(hub)[0].id

    def step(self, hub: Hub, job: Job, until: float) -> Any:
        self.calls.append(until - time.monotonic())
        job.done += 10
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer(job) if callable(answer) else answer

    def start(self, *answers: Any) -> int:
        self.answers = list(answers)
        with transaction():
            return int(rows.start(self.hub, "test.work", self.account, ref=7, total=30).id)


@pytest.fixture
def work(core: Hub, monkeypatch: pytest.MonkeyPatch) -> Work:
    return Work(core, monkeypatch)


def test_slices_go_on_until_it_is_done(core: Hub, work: Work) -> None:
    number = work.start(True, True, False)
    assert rows.due(core) == [number]
    assert [rows.work(core, number) for _ in range(4)] == [True, True, False, False]
    job = Job.get_by_id(number)
    assert (job.state, job.done, job.total, job.holder, job.ref) == ("done", 30, 30, None, 7)
    assert len(work.calls) == 3
    assert all(0.5 < seconds <= 1.0 for seconds in work.calls), "a slice of a second, less what it took to begin it"
    assert rows.due(core) == []


def test_a_slice_can_ask_to_wait(core: Hub, work: Work) -> None:
    number = work.start(2.5, 0, False)
    assert rows.work(core, number) is False
    work.clock.move(2.4)
    assert rows.due(core) == []
    assert rows.work(core, number) is False
    work.clock.move(0.2)
    assert rows.due(core) == [number]
    assert rows.work(core, number) is True
    assert rows.work(core, number) is False
    assert Job.get_by_id(number).state == "done"


def test_a_mistake_ends_the_job_with_its_sentence(core: Hub, work: Work) -> None:
    number = work.start(UserError("The file {name} is empty: choose another.", name="a.csv"))
    assert rows.work(core, number) is False
    job = Job.get_by_id(number)
    assert (job.state, job.error, job.done) == ("failed", "The file a.csv is empty: choose another.", 10)


def test_a_fault_is_tried_again_ever_later_and_then_given_up(core: Hub, work: Work) -> None:
    number = work.start(*[OSError("disk full")] * FAULTS)
    waits = []
    for fault in range(FAULTS):
        assert rows.work(core, number) is False
        job = Job.get_by_id(number)
        if fault < FAULTS - 1:
            assert (job.state, job.faults, job.holder) == ("waiting", fault + 1, None)
            waits.append(job.due_at - core.ms())
            work.clock.move(waits[-1] / 1000 + 0.01)
    assert waits == [1000, 2000, 4000, 8000]
    assert job.state == "failed"
    assert "5 times" in job.error
    assert "disk full" in job.error


def test_an_outage_is_no_fault_of_the_job(core: Hub, work: Work) -> None:
    number = work.start(*[peewee.OperationalError("database or disk is full")] * (FAULTS + 1), False)
    for _ in range(FAULTS + 1):
        assert rows.work(core, number) is False
        job = Job.get_by_id(number)
        assert (job.state, job.faults, job.holder, job.due_at) == (rows.WAITING, 0, None, core.ms() + 1000)
        work.clock.move(1)
    rows.work(core, number)
    assert Job.get_by_id(number).state == rows.DONE


def test_a_job_is_given_back_once_the_database_can_be_written(
    sqlite_core: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = Work(sqlite_core, monkeypatch)
    naps: list[float] = []

    def cut(job: Job) -> None:
        sql("CREATE TRIGGER away BEFORE UPDATE ON jobs BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END")
        raise OSError(errno.ENOSPC, "no room")

    def sleep(seconds: float) -> None:
        naps.append(seconds)
        if len(naps) == 2:
            sql("DROP TRIGGER away")

    monkeypatch.setattr("time.sleep", sleep)
    number = work.start(cut)
    assert rows.work(sqlite_core, number) is False
    assert Job.get_by_id(number).holder is None
    assert naps == [1, 1]


def test_a_slice_that_goes_well_forgives_the_faults_before(core: Hub, work: Work) -> None:
    number = work.start(OSError(), True)
    rows.work(core, number)
    work.clock.move(2)
    assert rows.work(core, number) is True
    assert Job.get_by_id(number).faults == 0


@pytest.mark.parametrize("answer", [True, False, 3.0, OSError("x"), UserError("x")])
def test_a_job_cancelled_in_the_middle_stays_cancelled(core: Hub, work: Work, answer: Any) -> None:
    def cancel(job: Job) -> Any:
        rows.cancel(job.id)
        if isinstance(answer, Exception):
            raise answer
        return answer

    number = work.start(cancel)
    rows.work(core, number)
    assert Job.get_by_id(number).state == "cancelled"
    assert rows.due(core) == []
    assert rows.work(core, number) is False


def test_what_is_done_is_not_cancelled(core: Hub, work: Work) -> None:
    number = work.start(False)
    rows.work(core, number)
    rows.cancel(number)
    assert Job.get_by_id(number).state == "done"


def test_a_job_under_way_is_nobody_elses(core: Hub, work: Work) -> None:
    inner: list[bool] = []
    number = work.start(lambda job: inner.append(rows.work(core, job.id)) or False)
    rows.work(core, number)
    assert inner == [False]
    assert len(work.calls) == 1


def test_a_dead_nodes_job_is_given_back_at_once_or_after_its_lease(core: Hub, work: Work) -> None:
    number = work.start(True)
    sql("UPDATE jobs SET holder = 500, due_at = ? WHERE id = ?", (core.ms() + LEASE, number))
    assert rows.work(core, number) is False
    with transaction():
        rows.release_node(500, core.ms())
    assert rows.due(core) == [number]
    sql("UPDATE jobs SET holder = 500, due_at = ? WHERE id = ?", (core.ms() + LEASE, number))
    work.clock.move(LEASE / 1000 + 0.01)
    assert rows.work(core, number) is True


def test_a_node_that_lost_its_job_does_not_write_over_the_next_one(core: Hub, work: Work) -> None:
    def lose(job: Job) -> bool:
        sql("UPDATE jobs SET holder = 500, done = 77 WHERE id = ?", (job.id,))
        return False

    number = work.start(lose)
    rows.work(core, number)
    job = Job.get_by_id(number)
    assert (job.state, job.holder, job.done) == ("waiting", 500, 77)


def test_a_job_of_a_plugin_that_is_switched_off_waits(core: Hub, work: Work) -> None:
    number = work.start(True)
    kind = core.jobs.pop("test.work")
    assert rows.due(core) == []
    core.jobs["test.work"] = kind
    assert rows.due(core) == [number]


def test_a_kind_nobody_registered_cannot_be_started(core: Hub, work: Work) -> None:
    with pytest.raises(LookupError, match=r"test\.other was never registered"):
        rows.start(core, "test.other", work.account)


def test_a_job_begun_in_a_transaction_that_fails_was_never_begun(core: Hub, work: Work) -> None:
    def crash() -> None:
        with transaction():
            rows.start(core, "test.work", work.account)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        crash()
    assert Job.select().count() == 0


def test_a_slice_that_says_nothing_is_a_fault(core: Hub, work: Work) -> None:
    number = work.start(None)
    assert rows.work(core, number) is False
    assert Job.get_by_id(number).faults == 1
