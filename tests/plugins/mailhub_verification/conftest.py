"""A hub with this plugin and contacts, DNS on loopback, two accounts, a filled list, and an engine that works off what is due."""

import time
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from mailhub.accounts import User
from mailhub.db import transaction
from mailhub.hub import Hub
from mailhub.jobs import rows
from mailhub.permissions import Actor
from mailhub.plugins import GROUP
from mailhub.testing import make_hub, make_owner
from mailhub.web import create_app
from tests.dns_server import FAILING, MAIL, NOTHING, NULL_MX, SILENT, WEB_ONLY, WEB_ONLY_6, DnsServer, Zone

ZONES = {
    "good.example": MAIL,
    "gmail.com": MAIL,
    "null.example": NULL_MX,
    "web.example": WEB_ONLY,
    "web6.example": WEB_ONLY_6,
    "nothing.example": NOTHING,
    "failing.example": FAILING,
    "silent.example": SILENT,
    "long.example": Zone(mx=MAIL.mx, truncated=True),
    "slow.example": Zone(mx=MAIL.mx, delay=0.2),
    "here.example": Zone(mx=((10, "localhost"), (20, "192.0.2.9"))),
    "two.example": Zone(mx=((20, "second.example"), (10, "First.example"))),
    "xn--bcher-kva.example": MAIL,
}
TIMEOUT = 1.0


@pytest.fixture
def dns() -> Iterator[DnsServer]:
    """A DNS server that knows `ZONES`; all other domains do not exist."""
    with DnsServer(ZONES) as server:
        yield server


@pytest.fixture
def settings(dns: DnsServer) -> dict[str, dict[str, Any]]:
    """The sections of the configuration: this plugin and contacts alone, asking `dns`."""
    others = {entry.name for entry in entry_points(group=GROUP)} - {"contacts", "verification"}
    return {
        "plugins": {"disabled": sorted(others)},
        "dns": {"resolvers": [dns.address], "timeout": TIMEOUT},
    }


@pytest.fixture
def hub(tmp_path: Path, database_url: str, settings: dict[str, Any]) -> Iterator[Hub]:
    """A hub over an empty database; each test runs on SQLite and PostgreSQL."""
    with make_hub(tmp_path / "data", database={"url": database_url}, **settings) as made:
        yield made


@pytest.fixture
def sqlite_hub(tmp_path: Path, settings: dict[str, Any]) -> Iterator[Hub]:
    """The same on SQLite alone."""
    with make_hub(tmp_path / "data", **settings) as made:
        yield made


@pytest.fixture
def fill() -> Callable[[Hub, Actor, Sequence[str]], None]:
    """Makes the list Spring with these addresses."""

    def make(hub: Hub, actor: Actor, addresses: Sequence[str]) -> None:
        with transaction():
            hub.call(actor, "lists.create", name="Spring")
            for address in addresses:
                hub.call(actor, "contacts.create", address=address, lists=["Spring"])

    return make


@pytest.fixture
def work() -> Callable[[Hub], None]:
    """Works off every job until none waits, as the engine would; a job that takes longer than 20 s fails the test."""

    def all_of_it(hub: Hub) -> None:
        deadline = time.monotonic() + 20
        while waiting := [job.id for job in rows.Job.select().where(rows.Job.state == rows.WAITING)]:
            assert time.monotonic() < deadline, "the jobs do not end"
            for job in waiting:
                rows.work(hub, job)
            time.sleep(0.02)

    return all_of_it


@pytest.fixture
def browser(sqlite_hub: Hub) -> FlaskClient:
    """A browser in which the owner of account 1 is signed in; forms go without their CSRF token."""
    app = create_app(sqlite_hub)
    app.config["WTF_CSRF_ENABLED"] = False
    _, user, _ = make_owner(sqlite_hub)
    User.update(language="en").where(User.id == user.id).execute()
    client = app.test_client()
    answer = client.post("/sign-in", data={"email": user.email, "password": "a long password"})
    assert answer.status_code == 303, answer.text
    return client
