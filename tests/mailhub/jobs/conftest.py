"""Engines to carry tasks: SQLite, PostgreSQL and Redis, each a real one of the test's own."""

from collections.abc import Iterator

import pytest

from mailhub.testing import postgres_schema
from tests.redis_server import RedisServer


@pytest.fixture(params=["sqlite", "postgres", "redis"])
def engine_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """`engine.url` of an empty engine: "" for SQLite, else an address. The database may be another one."""
    if request.param == "sqlite":
        yield ""
    elif request.param == "postgres":
        with postgres_schema(request.getfixturevalue("postgres_url")) as url:
            yield url
    else:
        with RedisServer() as server:
            yield server.url
