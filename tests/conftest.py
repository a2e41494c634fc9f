"""What every test starts from: a real hub, on SQLite and on a real PostgreSQL started from a wheel; each worker has its own."""

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import argon2
import pytest
from hypothesis import settings

from mailhub import people
from mailhub.hub import Hub
from mailhub.testing import make_hub
from tests import postgres
from tests.turns import turn

settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("random", max_examples=1000, deadline=None, print_blob=True)
settings.load_profile(
    os.environ.get("HYPOTHESIS_PROFILE", "same")
)  # one change is judged by the same examples each time


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """With several workers, tests marked `alone` wait for the others' to end, before their own time begins."""
    if not hasattr(item.config, "workerinput"):
        return (yield)
    folder = item.config._tmp_path_factory.getbasetemp().parent
    with turn(folder, item.get_closest_marker("alone") is not None):
        return (yield)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The address of a PostgreSQL of this test run's own; or of the one in MAILHUB_TEST_POSTGRES."""
    if given := os.environ.get("MAILHUB_TEST_POSTGRES"):
        yield given
        return
    with postgres.running() as url:
        yield url


@pytest.fixture(scope="session")
def postgres_schemas(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[postgres.Schemas]:
    """Migrated schemas of that PostgreSQL, lent to one test after the other."""
    schemas = postgres.Schemas(postgres_url, tmp_path_factory.mktemp("schemas"))
    yield schemas
    schemas.close()


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """`database.url` of a database without rows: "" for SQLite, an address for PostgreSQL (its tables are there)."""
    if request.param == "sqlite":
        yield ""
        return
    with request.getfixturevalue("postgres_schemas").lend() as url:
        yield url


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords() -> Iterator[None]:
    """Most tests make an owner, and a password takes a tenth of a second on purpose; here it takes a thousandth."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(people, "_hasher", argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        yield


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
    """No test leaves its log set-up behind, and none a logger of ours that says less than before."""
    root, ours = logging.getLogger(), logging.getLogger("mailhub")
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    left = ours.level, ours.disabled, ours.propagate
    ours.setLevel(logging.NOTSET)
    ours.disabled, ours.propagate = False, True
    assert left == (logging.NOTSET, False, True), "somebody has changed the logger `mailhub`"
