"""What keeps MailHub from storing anything is told from a bug, by real errors of both databases and of the disk."""

import errno
import logging
import sqlite3
from collections.abc import Callable
from pathlib import Path

import peewee
import psycopg
import pytest
from peewee import SqliteDatabase
from playhouse.postgres_ext import PooledPsycopg3Database

from mailhub.outages import Brief, Outage, find
from tests.flows.server import free_ports


def _error(work: Callable[[], object]) -> BaseException:
    with pytest.raises(Exception) as caught:  # noqa: PT011 - which one it is, is what the tests ask
        work()
    return caught.value


@pytest.mark.parametrize(
    ("pragma", "outage"), [("max_page_count = 2", Outage.FULL), ("query_only = 1", Outage.READ_ONLY)]
)
def test_sqlite_on_a_full_disk_and_read_only(tmp_path: Path, pragma: str, outage: Outage) -> None:
    database = SqliteDatabase(tmp_path / "test.sqlite")
    database.execute_sql("CREATE TABLE mail (content TEXT)")
    database.execute_sql(f"PRAGMA {pragma}")
    write = "INSERT INTO mail VALUES (zeroblob(100000))"
    assert find(_error(lambda: database.execute_sql(write))) is outage
    assert find(_error(lambda: database.connection().execute(write))) is outage, "as the engine meets it, bare"
    database.close()


def test_sqlite_locked_and_not_to_be_opened(tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "test.sqlite", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    database = SqliteDatabase(tmp_path / "test.sqlite", timeout=0)
    assert find(_error(lambda: database.execute_sql("CREATE TABLE mail (content TEXT)"))) is Outage.BUSY
    other.close()
    database.close()
    assert find(_error(lambda: SqliteDatabase(tmp_path / "no" / "folder").connect())) is Outage.BROKEN


def test_postgresql_away_cut_off_and_read_only(postgres_url: str) -> None:
    nobody = PooledPsycopg3Database("x", host="127.0.0.1", port=free_ports(1)[0])
    assert find(_error(nobody.connect)) is Outage.AWAY
    with psycopg.connect(postgres_url) as connection:
        connection.execute("SET default_transaction_read_only = on")
        connection.commit()
        assert find(_error(lambda: connection.execute("CREATE TABLE mail (content TEXT)"))) is Outage.READ_ONLY
        connection.rollback()
        cut_off = _error(lambda: connection.execute("SELECT pg_terminate_backend(pg_backend_pid())"))
        assert find(cut_off) is Outage.AWAY
        assert find(_error(lambda: connection.execute("SELECT 1"))) is Outage.AWAY, "the connection is closed now"


@pytest.mark.parametrize(
    ("number", "outage"), [(errno.ENOSPC, Outage.FULL), (errno.EDQUOT, Outage.FULL), (errno.EROFS, Outage.READ_ONLY)]
)
def test_the_disk_itself(number: int, outage: Outage) -> None:
    assert find(OSError(number, "as the system says it")) is outage


def test_a_bug_is_no_outage(postgres_url: str) -> None:
    database = SqliteDatabase(":memory:")
    assert find(_error(lambda: database.execute_sql("SELECT nothing"))) is None
    with psycopg.connect(postgres_url) as connection:
        assert find(_error(lambda: connection.execute("SELECT nothing"))) is None
        connection.rollback()
        connection.execute("SET statement_timeout = 1")
        assert find(_error(lambda: connection.execute("SELECT pg_sleep(1)"))) is None, "slow is not away"
    assert find(_error(lambda: (Path(__file__) / "x").open())) is None
    assert find(None) is None


def test_it_is_found_behind_what_it_led_to() -> None:
    def told() -> None:
        try:
            raise peewee.OperationalError("database or disk is full")
        except peewee.OperationalError as error:
            raise RuntimeError("a plugin failed") from error

    def replaced() -> None:
        try:
            raise peewee.OperationalError("database or disk is full")
        except peewee.OperationalError:
            raise RuntimeError("something else") from None

    assert find(_error(told)) is Outage.FULL
    assert find(_error(replaced)) is None


def _record(error: BaseException | None) -> logging.LogRecord:
    cause = (type(error), error, error.__traceback__) if error else None
    return logging.LogRecord("mailhub.x", logging.ERROR, __file__, 1, "job %s failed", (3,), cause)


def test_an_outage_is_one_line_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = 1000.0
    monkeypatch.setattr("time.monotonic", lambda: moment)
    brief, full = Brief(), peewee.OperationalError("database or disk is full")
    first = _record(full)
    assert brief.filter(first)
    assert (first.getMessage(), first.exc_info) == (str(Outage.FULL.value), None)
    assert not brief.filter(_record(full))
    assert brief.filter(_record(peewee.OperationalError("disk I/O error"))), "another one is told at once"
    moment += 60
    assert brief.filter(_record(full))


def test_everything_else_passes_whole() -> None:
    brief, bug = Brief(), _record(ValueError("why"))
    assert brief.filter(bug)
    assert bug.exc_info
    assert brief.filter(bug)
    plain = _record(None)
    assert brief.filter(plain)
    assert plain.getMessage() == "job 3 failed"
