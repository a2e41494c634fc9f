"""A hub with this plugin alone, two accounts, files of contacts, and an engine that works off what is due."""

from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from mailhub.accounts import User
from mailhub.hub import Hub
from mailhub.jobs import rows
from mailhub.permissions import Actor
from mailhub.plugins import GROUP
from mailhub.testing import make_hub, make_owner
from mailhub.web import create_app

HEADER = ("Courriel", "Langue", "Affichage", "Prénom", "Ville", "Taille")


@pytest.fixture
def alone() -> dict[str, list[str]]:
    """The `[plugins]` section that leaves only contacts in."""
    return {"disabled": sorted({entry.name for entry in entry_points(group=GROUP)} - {"contacts"})}


@pytest.fixture
def hub(tmp_path: Path, database_url: str, alone: dict[str, list[str]]) -> Iterator[Hub]:
    """A hub with this plugin over an empty database; each test runs on SQLite and PostgreSQL."""
    with make_hub(tmp_path / "data", database={"url": database_url}, plugins=alone) as made:
        yield made


@pytest.fixture
def sqlite_hub(tmp_path: Path, alone: dict[str, list[str]]) -> Iterator[Hub]:
    """The same on SQLite alone."""
    with make_hub(tmp_path / "data", plugins=alone) as made:
        yield made


@pytest.fixture
def owner(hub: Hub) -> Actor:
    """The owner of an account."""
    return make_owner(hub)[2]


@pytest.fixture
def stranger(hub: Hub) -> Actor:
    """The owner of another account."""
    return make_owner(hub, "Other")[2]


@pytest.fixture
def sheet(tmp_path: Path) -> Callable[..., Path]:
    """Writes a csv file with a header: `sheet([["a@example.com", "FR"], …])`."""

    def write(cells: Sequence[Sequence[str]], name: str = "base.csv", header: Sequence[str] = HEADER) -> Path:
        path = tmp_path / name
        path.write_text("\n".join(";".join(row) for row in [header, *cells]) + "\n", encoding="utf-8")
        return path

    return write


@pytest.fixture
def work() -> Callable[[Hub], None]:
    """Works off every job that is due, as the engine would."""

    def all_of_it(hub: Hub) -> None:
        for job in rows.due(hub):
            while rows.work(hub, job):
                pass

    return all_of_it


@pytest.fixture
def browser(sqlite_hub: Hub) -> FlaskClient:
    """A browser in which the owner of a fresh account is signed in; forms go without their CSRF token."""
    app = create_app(sqlite_hub)
    app.config["WTF_CSRF_ENABLED"] = False
    _, user, _ = make_owner(sqlite_hub)
    User.update(language="en").where(User.id == user.id).execute()
    client = app.test_client()
    answer = client.post("/sign-in", data={"email": user.email, "password": "a long password"})
    assert answer.status_code == 303, answer.text
    return client


@pytest.fixture
def owner_of() -> Callable[[Hub], Actor]:
    """Makes the owner of an account, for tests that choose their hub."""
    return lambda hub: make_owner(hub)[2]
