"""The core by itself: a hub without plugins, so that its tests fail for its own faults only."""

from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from mailhub.hub import Hub
from mailhub.plugins import GROUP
from mailhub.testing import make_hub


@pytest.fixture
def no_plugins() -> dict[str, list[str]]:
    """The `[plugins]` section that leaves out whatever is installed."""
    return {"disabled": sorted({entry.name for entry in entry_points(group=GROUP)})}


@pytest.fixture
def core(tmp_path: Path, database_url: str, no_plugins: dict[str, list[str]]) -> Iterator[Hub]:
    """A hub without plugins over an empty, migrated database; each test runs on both databases."""
    with make_hub(tmp_path / "data", database={"url": database_url}, plugins=no_plugins) as made:
        yield made


@pytest.fixture
def sqlite_core(tmp_path: Path, no_plugins: dict[str, list[str]]) -> Iterator[Hub]:
    """The same on SQLite alone."""
    with make_hub(tmp_path / "data", plugins=no_plugins) as made:
        yield made
