"""Databases in which nothing is, since here the migrations are what is tried."""

from collections.abc import Iterator

import pytest

from mailhub.testing import postgres_schema


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """`database.url` of an empty database: "" for SQLite, an address for PostgreSQL."""
    if request.param == "sqlite":
        yield ""
        return
    with postgres_schema(request.getfixturevalue("postgres_url")) as url:
        yield url
