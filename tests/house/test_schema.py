"""What the migrations make is what the models expect, on both databases: no column, type or index more or less."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import peewee
import pytest

from mailhub.accounts import OwnedModel
from mailhub.db import Model, SandboxModel, db, sandbox_db
from mailhub.hub import Hub
from mailhub.testing import postgres_schema

BY_HAND = {
    "arrivals": {(("holder",), False)},
    "contacts": {(("account_id",), False)},
    "contents": {(("created_at",), False)},
    "domains": {(("name",), True), (("asked_at",), False)},
    "events": {(("source_id",), False)},
    "queue": {(("holder",), False)},
    "messages": {(("source_id", "outcome", "id"), False), (("account_id", "outcome", "id"), False)},
}
"""Indexes that a migration writes in SQL, since a model cannot say them (they are partial)."""


def _models() -> list[type[peewee.Model]]:
    found: list[type[peewee.Model]] = []
    waiting: list[Any] = [Model, SandboxModel]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if kind not in (Model, SandboxModel, OwnedModel) and kind.__module__.startswith("mailhub"):
            found.append(kind)
    return found


def _shape(database: Any, table: str) -> tuple[Any, Any]:
    schema = None if isinstance(database, peewee.SqliteDatabase) else _schema(database)
    columns = {
        each.name: (each.data_type.lower(), each.null, each.primary_key) for each in database.get_columns(table, schema)
    }
    key = {name for name, (_, _, primary) in columns.items() if primary}
    indexes = {(tuple(each.columns), each.unique) for each in database.get_indexes(table, schema)}
    return columns, {each for each in indexes if set(each[0]) != key}  # a key's own index has no name everywhere


def _schema(database: Any) -> str:
    return str(database.execute_sql("SELECT current_schema()").fetchone()[0])


@contextmanager
def _empty(hub: Hub, request: pytest.FixtureRequest, folder: Path) -> Iterator[Any]:
    """A database of the hub's kind with nothing in it."""
    if not hub.config.database.url:
        database = peewee.SqliteDatabase(str(folder / "empty.sqlite"))
        yield database
        database.close()
        return
    with postgres_schema(request.getfixturevalue("postgres_url")) as url:
        server = peewee.PostgresqlDatabase(url, prefer_psycopg3=True)
        yield server
        server.close()


def test_migrated_tables_are_what_the_models_would_make(
    hub: Hub, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    models = _models()
    assert len(models) > 25
    migrated = {
        each: _shape((sandbox_db if issubclass(each, SandboxModel) else db).obj, each._meta.table_name)
        for each in models
    }
    with _empty(hub, request, tmp_path) as fresh, fresh.bind_ctx(models):
        fresh.create_tables(models)
        for model in models:
            table = model._meta.table_name
            columns, indexes = _shape(fresh, table)
            assert migrated[model][0] == columns, table
            assert migrated[model][1] - indexes == BY_HAND.get(table, set()), table
            assert indexes <= migrated[model][1], table


def test_no_table_is_left_without_a_model(hub: Hub) -> None:
    known = {model._meta.table_name for model in _models()}
    tables: set[str] = set()
    for each in (db.obj, sandbox_db.obj):
        tables |= set(each.get_tables() if isinstance(each, peewee.SqliteDatabase) else each.get_tables(_schema(each)))
    left = {name for name in tables if not name.startswith(("migrations_", "huey_", "sqlite_"))} - known
    assert not left
    assert known <= tables
