"""The core by itself: a hub without plugins, so that its tests fail for its own faults only."""

from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path

import argon2
import pytest

from mailhub import people
from mailhub.hub import Hub
from mailhub.plugins import GROUP
from mailhub.testing import make_hub


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords() -> Iterator[None]:
    """Each test makes an owner, and a password takes a tenth of a second on purpose; here it takes a thousandth."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(people, "_hasher", argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        yield


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
