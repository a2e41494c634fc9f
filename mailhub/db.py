"""The database: SQLite or PostgreSQL behind one proxy, one database a process, times, transactions, bulk writes.

It knows no table. `transaction()` is for everyone; `bulk()` for writers of many rows, so that SQLite's one writer never
starves the others (worst wait measured: 61 ms). SQL written by hand uses `?` and runs on both.
"""

import contextlib
import fcntl
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

import peewee

from mailhub import sentences
from mailhub.config import Config
from mailhub.errors import UserError


class Lock(IntEnum):
    """PostgreSQL's advisory locks, one number for each use in all of MailHub."""

    MIGRATION = 0x4D48_0001
    EVENT_ORDER = 0x4D48_0002
    ELECTION = 0x4D48_0003
    FIRST_VISIT = 0x4D48_0004


BULK_ROWS = 2000
"""Rows a bulk transaction writes at most."""
BULK_PAUSE = 0.003
"""Seconds a bulk writer leaves the database to others after each commit."""

db = peewee.DatabaseProxy()
sandbox_db = peewee.DatabaseProxy()

_SQLITE_PRAGMAS = (
    ("journal_mode", "wal"),
    ("synchronous", 2),  # FULL: what was committed is on disk
    ("foreign_keys", 1),
    ("cache_size", -16_000),
    ("temp_store", 2),
    ("wal_autocheckpoint", 4000),
)
_BUSY = 30
_KNOCK = 0.001
_bulk_lock_path: Path | None = None


def open_database(config: Config) -> None:
    """Point the process at its database (connections open by themselves, one a thread).

    Creates the data folder. Raises `UserError` when the folder cannot be written or the address makes no sense.
    """
    global _bulk_lock_path
    run = config.data / "run"
    try:
        config.data.mkdir(mode=0o700, parents=True, exist_ok=True)  # contacts, mail and hashes lie in it
        run.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"The data folder {config.data} cannot be written: {error.strerror}. Choose another one."
        ) from error
    _bulk_lock_path = run / "bulk.lock"
    if config.database.url:
        server = _postgres(config)
        db.initialize(server)
        sandbox_db.initialize(server)
        return
    db.initialize(_sqlite(config.data / "mailhub.sqlite"))
    sandbox_db.initialize(_sqlite(config.data / "sandbox.sqlite"))


def close_database() -> None:
    """Close this thread's connections; the next query opens them again."""
    for each in (db, sandbox_db):
        if each.obj is not None and not each.is_closed():
            each.close()


def _sqlite(path: Path) -> peewee.SqliteDatabase:
    return _Sqlite(str(path), pragmas=_SQLITE_PRAGMAS, timeout=_BUSY, lock_type="IMMEDIATE", returning_clause=True)


class _Sqlite(peewee.SqliteDatabase):
    """SQLite whose transactions knock every millisecond.

    SQLite's own waiting sleeps ever longer, up to 100 ms, and so misses the gap of 3 ms that bulk writers leave: a
    one-row write waited 530 ms beside them, and 40 ms so.
    """

    _timeout: float

    def begin(self, lock_type: str | None = None) -> None:
        deadline = time.monotonic() + self._timeout
        self.execute_sql("PRAGMA busy_timeout = 0")  # type: ignore[no-untyped-call]
        try:
            while True:
                try:
                    super().begin(lock_type)
                    return
                except peewee.OperationalError as error:
                    if "locked" not in str(error) or time.monotonic() > deadline:
                        raise
                time.sleep(_KNOCK)
        finally:
            self.execute_sql(f"PRAGMA busy_timeout = {int(self._timeout * 1000)}")  # type: ignore[no-untyped-call]


_NOTICED_SOON = {
    "connect_timeout": 5, "keepalives_idle": 5, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 20_000,
}  # fmt: skip
_SERVER_NOTICES_SOON = (
    "-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3 -c tcp_user_timeout=20000"
)
"""A machine that vanished in mid-transaction would keep its locks for the two hours TCP waits by itself. The address's own
words come later, and win."""


def _postgres(config: Config) -> peewee.PostgresqlDatabase:
    from playhouse.postgres_ext import PooledPsycopg3Database  # psycopg costs 12 MiB that SQLite has no use for

    class Reconnecting(PooledPsycopg3Database):  # type: ignore[misc]
        """Leaves a connection that broke (a restart of the server) behind, so that threads that live long go on."""

        def cursor(self, named_cursor: str | None = None) -> Any:
            if not self.is_closed() and self.connection().closed and not self.in_transaction():
                self.close()
            return super().cursor(named_cursor)

    url = urlsplit(config.database.url)
    name, port = url.path.lstrip("/"), _port(url)
    if not name:
        raise UserError("The configuration's database.url names no database: write postgresql://user@host/name.")
    given = dict(parse_qsl(url.query))
    made: peewee.PostgresqlDatabase = Reconnecting(
        unquote(name),
        user=unquote(url.username or "") or None,
        password=unquote(url.password or "") or None,
        **_NOTICED_SOON,
        **{
            "host": url.hostname,
            "port": port,
            **given,
            "options": f"{_SERVER_NOTICES_SOON} {given.get('options', '')}",
        },
        max_connections=config.database.pool,
        stale_timeout=300,
        timeout=30,
    )
    return made


def _port(url: SplitResult) -> int | None:
    try:
        return url.port
    except ValueError:
        raise UserError(
            "The configuration's database.url has a port that is no number: correct it after the colon."
        ) from None


def is_postgres() -> bool:
    """True on PostgreSQL, False on SQLite."""
    return isinstance(db.obj, peewee.PostgresqlDatabase)


@contextlib.contextmanager
def transaction() -> Iterator[None]:
    """One transaction, at once a writing one on SQLite; nested ones are savepoints."""
    with db.atomic():
        yield


@contextlib.contextmanager
def bulk() -> Iterator[None]:
    """A transaction for writers of many rows (at most `BULK_ROWS`): one at a time on SQLite, with a pause after it.

    Never nested in another transaction: it would hold the lock while waiting for it.
    """
    if is_postgres():
        with db.atomic():
            yield
        return
    assert _bulk_lock_path is not None
    assert not db.in_transaction()
    with _bulk_lock_path.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with db.atomic():
            yield
        time.sleep(BULK_PAUSE)


def sql(query: str, parameters: Sequence[Any] = ()) -> Any:
    """Run one statement written with `?` on either database; returns its cursor."""
    return db.execute_sql(query.replace("?", "%s") if is_postgres() else query, parameters)


def sql_many(query: str, rows: Iterable[Sequence[Any]]) -> None:
    """Run one statement for many rows (`executemany`: seven times `insert_many`), inside the open transaction."""
    cursor = db.cursor()
    cursor.executemany(query.replace("?", "%s") if is_postgres() else query, rows)


def in_list(column: str, values: Sequence[Any]) -> tuple[str, list[Any]]:
    """`column` is one of `values` (not empty), as a condition and its parameters for `sql`.

    One array on PostgreSQL (one plan whatever the count), a list on SQLite.
    """
    if is_postgres():
        return f"{column} = ANY(?)", [list(values)]
    return f"{column} IN ({','.join('?' * len(values))})", list(values)


def now_ms() -> int:
    """Milliseconds since 1970, UTC. Code that has a hub asks `hub.ms()`, which tests can set."""
    return time.time_ns() // 1_000_000


def from_ms(value: int) -> datetime:
    """A moment in milliseconds as an aware UTC datetime."""
    return datetime.fromtimestamp(value / 1000, UTC)


class UTCField(peewee.BigIntegerField):
    """A moment: milliseconds since 1970 UTC in the table, so that both databases compare and index it alike.

    Rows hold the number; `from_ms` makes a datetime of it where a person looks.
    """


class JsonField(peewee.TextField):
    """A JSON value kept as text: read and written the same by the ORM and by SQL written by hand, on both databases.

    Sentences within it come back as sentences.
    """

    def db_value(self, value: Any) -> str | None:
        return None if value is None else sentences.dumps(value)

    def python_value(self, value: str | None) -> Any:
        return None if value is None else sentences.loads(value)


class Model(peewee.Model):
    """Base of every table."""

    if TYPE_CHECKING:
        id: Any

    class Meta:
        database = db
        legacy_table_names = False


class SandboxModel(peewee.Model):
    """Base of the sandbox's tables: a file of their own on SQLite, the same database on PostgreSQL."""

    class Meta:
        database = sandbox_db
        legacy_table_names = False
