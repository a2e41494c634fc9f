"""Whole servers for the flows, on both databases, delivering to the sandbox or to a sink."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from mailhub.sink import Sink
from mailhub.testing import postgres_schema
from tests.flows.server import Server

Start = Callable[..., Server]

LONG_ON_POSTGRES = ("test_metrics", "test_mjml", "test_phone", "test_slack", "test_speed")
"""What these show hardly depends on the database: on PostgreSQL they run with the long proofs."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for each in items:
        if each.path.stem in LONG_ON_POSTGRES and each.path.parent.name == "flows" and "postgres" in each.name:
            each.add_marker(pytest.mark.long)


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """`database.url` of a database nobody has migrated yet: that is for the server to do."""
    if request.param == "sqlite":
        yield ""
        return
    with postgres_schema(request.getfixturevalue("postgres_url")) as url:
        yield url


@pytest.fixture
def start(tmp_path: Path, database_url: str) -> Iterator[Start]:
    """`start(sink=…, **settings)` starts a server; it is stopped at the end of the test."""
    with ExitStack() as stack:

        def begin(sink: Sink | None = None, **settings: str) -> Server:
            if sink is not None:
                settings |= {
                    "MAILHUB_DELIVERY__ROUTE": "smart_host",
                    "MAILHUB_DELIVERY__SMART_HOST": "127.0.0.1",
                    "MAILHUB_DELIVERY__SMART_HOST_PORT": str(sink.port),
                }
            return stack.enter_context(Server(tmp_path / "server", MAILHUB_DATABASE__URL=database_url, **settings))

        yield begin
