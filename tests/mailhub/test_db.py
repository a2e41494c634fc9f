"""One proxy over two databases: transactions, bulk writers that let others in, values that come back as they went."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import peewee
import pytest

from mailhub import db
from mailhub.accounts import Account, AccountSetting
from mailhub.errors import UserError
from mailhub.hub import Hub
from mailhub.testing import make_config, make_owner


def _in_thread(work: Callable[[], None]) -> threading.Thread:
    def run() -> None:
        work()
        db.close_database()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_a_transaction_is_taken_back_whole(core: Hub) -> None:
    make_owner(core)
    before = Account.select().count()
    with pytest.raises(ZeroDivisionError), db.transaction():
        Account.create(name="lost", created_at=1)
        raise ZeroDivisionError
    with db.transaction():
        Account.create(name="kept", created_at=1)
        with pytest.raises(ZeroDivisionError), db.transaction():
            Account.create(name="lost too", created_at=1)
            raise ZeroDivisionError
    assert Account.select().count() == before + 1


def test_a_bulk_that_fails_is_taken_back_and_lets_the_next_in(core: Hub) -> None:
    with pytest.raises(ZeroDivisionError), db.bulk():
        Account.create(name="lost", created_at=1)
        raise ZeroDivisionError
    with db.bulk():
        Account.create(name="kept", created_at=1)
    assert [row.name for row in Account.select()] == ["kept"]


def test_a_thread_goes_on_after_its_connection_broke(core: Hub) -> None:
    if not db.is_postgres():
        pytest.skip("SQLite has no connection that could break")
    number = db.sql("SELECT pg_backend_pid()").fetchone()[0]

    def break_it() -> None:
        db.sql("SELECT pg_terminate_backend(?)", (number,))

    _in_thread(break_it).join()
    with pytest.raises(peewee.OperationalError), db.transaction():
        Account.create(name="lost", created_at=1)
    with db.transaction():
        Account.create(name="kept", created_at=1)
    assert [row.name for row in Account.select()] == ["kept"]


def test_sql_is_written_once_for_both(core: Hub) -> None:
    with db.transaction():
        db.sql_many("INSERT INTO accounts (name, company, postal_address, time_zone, language, created_at) "
                    "VALUES (?, '', '', 'UTC', 'en', ?)", [(f"a{i}", i) for i in range(10)])  # fmt: skip
    condition, parameters = db.in_list("name", ["a1", "a7", "none"])
    rows = db.sql(f"SELECT created_at FROM accounts WHERE {condition} AND created_at > ?", [*parameters, 1]).fetchall()
    assert rows == [(7,)]


@pytest.mark.parametrize("value", [{"é": [1, None, True, "’"]}, [], "text", 0, False, 1.5])
def test_json_comes_back_as_it_went(core: Hub, value: object) -> None:
    account, _, _ = make_owner(core)
    AccountSetting.create(account=account, key="k", value=value)
    assert AccountSetting.of(account).get().value == value


def test_moments_are_whole_milliseconds() -> None:
    assert db.from_ms(1_700_000_000_123).isoformat() == "2023-11-14T22:13:20.123000+00:00"
    assert abs(db.now_ms() - time.time() * 1000) < 1000


def test_on_sqlite_what_was_committed_is_on_disk_and_references_hold(sqlite_core: Hub) -> None:
    assert db.sql("PRAGMA journal_mode").fetchone() == ("wal",)
    assert db.sql("PRAGMA synchronous").fetchone() == (2,)
    with pytest.raises(peewee.IntegrityError):
        AccountSetting.create(account=99, key="k", value=1)


def test_bulk_is_not_for_the_inside_of_a_transaction(sqlite_core: Hub) -> None:
    with db.transaction(), pytest.raises(AssertionError), db.bulk():
        raise LookupError


@pytest.mark.alone
def test_one_row_is_written_while_three_write_many(sqlite_core: Hub) -> None:
    """SQLite has one writer: whoever writes one row must not wait for all the batches of the others."""
    over = time.monotonic() + 1.5
    statement = (
        "INSERT INTO accounts (name, company, postal_address, time_zone, language, created_at) "
        "VALUES (?, '', '', 'UTC', 'en', 1)"
    )

    def fill() -> None:
        while time.monotonic() < over:
            with db.bulk():
                db.sql_many(statement, [("bulk",)] * db.BULK_ROWS)

    threads = [_in_thread(fill) for _ in range(3)]
    worst, count = 0.0, 0
    while time.monotonic() < over:
        began = time.monotonic()
        with db.transaction():
            Account.create(name="one", created_at=1)
        worst, count = max(worst, time.monotonic() - began), count + 1
        time.sleep(0.01)
    for thread in threads:
        thread.join()
    assert count > 5
    assert worst < 1.0, f"one row waited {worst:.2f} s"


def test_threads_have_connections_of_their_own(core: Hub) -> None:
    seen = []
    with db.transaction():
        Account.create(name="not yet there", created_at=1)
        _in_thread(lambda: seen.append(Account.select().count())).join()
    _in_thread(lambda: seen.append(Account.select().count())).join()
    assert seen == [0, 1]


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("postgresql://user@localhost", "names no database"),
        ("postgresql://user@localhost:x/name", "port that is no number"),
    ],
)
def test_an_address_without_sense_is_one_sentence(tmp_path: Path, url: str, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        db.open_database(make_config(tmp_path, database={"url": url}))


def test_a_data_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot be written"):
        db.open_database(make_config(tmp_path / "file" / "data"))
