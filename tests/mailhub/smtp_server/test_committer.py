"""One transaction for many works; none of them spoils the others; expected works are waited for, within the window."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import peewee
import pytest

from mailhub import db
from mailhub.accounts import Account
from mailhub.errors import UserError
from mailhub.hub import Hub
from mailhub.smtp_server.committer import BATCH, Committer, write


def open_account(name: str) -> str:
    """A work: one row."""
    Account.create(name=name, created_at=0)
    return name


def refuse(name: str) -> str:
    """A work that fails after it wrote."""
    open_account(name)
    raise UserError("No.")


def names() -> list[str]:
    """The rows that are there."""
    return [row.name for row in Account.select().order_by(Account.id)]


def committing(scene: Callable[[Committer], Awaitable[Any]], window: float = 0.05) -> Any:
    """Run a scene with a committer."""

    async def play() -> Any:
        with ThreadPoolExecutor(1) as thread:
            committer = Committer(thread, window)
            try:
                return await scene(committer)
            finally:
                await committer.stop()
                await asyncio.get_running_loop().run_in_executor(thread, db.close_database)

    return asyncio.run(play())


def test_works_share_a_transaction(core: Hub) -> None:
    async def scene(committer: Committer) -> tuple[list[str], int]:
        with committer.expecting(), committer.expecting(), committer.expecting():
            done = await asyncio.gather(*(committer.commit(partial(open_account, each)) for each in "abc"))
        return done, committer.batches

    assert committing(scene) == (["a", "b", "c"], 1)
    assert names() == ["a", "b", "c"]


def test_a_work_that_fails_takes_back_its_own_rows_only(core: Hub) -> None:
    works = [partial(open_account, "a"), partial(refuse, "b"), partial(open_account, "c")]
    first, second, third = write(works)
    assert (first, third) == ("a", "c")
    assert isinstance(second, UserError)
    assert names() == ["a", "c"]


def test_the_one_who_waits_hears_the_error(sqlite_core: Hub) -> None:
    async def scene(committer: Committer) -> None:
        with pytest.raises(UserError, match="No"):
            await committer.commit(partial(refuse, "b"))

    committing(scene)


def test_a_work_that_breaks_the_transaction_does_not_spoil_the_others(core: Hub) -> None:
    def break_it() -> None:
        open_account("broken")
        db.db.execute_sql("ROLLBACK")
        raise RuntimeError("the transaction is gone")

    answers = write([partial(open_account, "a"), break_it, partial(open_account, "c")])
    assert (answers[0], answers[2]) == ("a", "c")
    assert isinstance(answers[1], Exception)
    assert names() == ["a", "c"]


def test_anything_unforeseen_fails_alone(core: Hub, caplog: pytest.LogCaptureFixture) -> None:
    answers = write([partial(open_account, "a"), lambda: 1 // 0, partial(open_account, "c")])
    assert (answers[0], answers[2]) == ("a", "c")
    assert isinstance(answers[1], ZeroDivisionError)
    assert names() == ["a", "c"]
    assert "each was tried alone" in caplog.text


def test_a_locked_database_fails_all_at_once(sqlite_core: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db.db.obj, "_timeout", 0.5)
    db.close_database()
    other = peewee.SqliteDatabase(str(sqlite_core.config.data / "mailhub.sqlite"), lock_type="IMMEDIATE")
    with other.atomic():
        started = time.monotonic()
        answers = write([partial(open_account, str(number)) for number in range(20)])
        took = time.monotonic() - started
    other.close()
    assert all(isinstance(answer, peewee.OperationalError) for answer in answers)
    assert took < 3.5, "each for itself takes ten seconds"
    assert write([partial(open_account, "a")]) == ["a"]


def test_a_full_disk_fails_all_at_once(sqlite_core: Hub) -> None:
    tried: list[int] = []

    def work(number: int) -> None:
        tried.append(number)
        db.db.execute_sql("CREATE TABLE large AS SELECT zeroblob(1000000)")

    db.db.execute_sql("PRAGMA max_page_count = 1")  # no more than there are
    answers = write([partial(work, number) for number in range(3)])
    assert [str(each) for each in answers] == ["database or disk is full"] * 3
    assert tried == [0], "none is tried alone"
    assert write([partial(open_account, "again")]) == ["again"]


def test_nobody_expected_means_no_wait(sqlite_core: Hub) -> None:
    async def scene(committer: Committer) -> float:
        started = time.monotonic()
        with committer.expecting():
            await committer.commit(partial(open_account, "a"))
        return time.monotonic() - started

    assert committing(scene, window=5) < 2


def test_the_wait_for_somebody_expected_ends_with_the_window(sqlite_core: Hub) -> None:
    async def scene(committer: Committer) -> float:
        started = time.monotonic()
        with committer.expecting(), committer.expecting():
            await committer.commit(partial(open_account, "a"))
        return time.monotonic() - started

    assert 0.3 <= committing(scene, window=0.3) < 3


def test_a_batch_has_its_limit(sqlite_core: Hub) -> None:
    async def scene(committer: Committer) -> int:
        await asyncio.gather(*(committer.commit(partial(open_account, "x")) for _ in range(BATCH + 1)))
        return committer.batches

    assert committing(scene) == 2
    assert len(names()) == BATCH + 1


def test_what_waits_at_the_end_is_still_written(sqlite_core: Hub) -> None:
    async def scene(committer: Committer) -> None:
        waiting = [asyncio.ensure_future(committer.commit(partial(open_account, "x"))) for _ in range(5)]
        await asyncio.sleep(0)
        await committer.stop()
        assert await asyncio.gather(*waiting) == ["x"] * 5

    committing(scene)
    assert len(names()) == 5


def test_a_connection_that_broke_is_not_used_again(core: Hub) -> None:
    db.db.connection().close()
    (first,) = write([partial(open_account, "first")])
    assert first == "first" or isinstance(first, Exception), "taken over a new connection, or refused: nothing between"
    assert write([partial(open_account, "a")]) == ["a"]
    assert names() == (["first", "a"] if first == "first" else ["a"]), "what was refused was not written"
