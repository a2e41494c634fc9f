"""An account with phones switched on, its owner and a marketer, connectors, and devices that come in."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import argon2
import pytest
from flask import Flask
from flask.testing import FlaskClient

from mailhub import people
from mailhub.accounts import Account, User
from mailhub.db import transaction
from mailhub.hub import Hub
from mailhub.permissions import Actor, user_actor
from mailhub.testing import Clock, make_hub, make_owner
from mailhub.web import create_app
from mailhub_mobile.entering import Entrance
from mobile_api.access import Keys

PASSWORD = "a long password"
OTHERS = ["alerts", "billing", "slack", "sms", "verification", "webhooks"]
"""Plugins that the phone works without."""


class Team(NamedTuple):
    account: Account
    ada: User
    owner: Actor
    bob: User
    marketer: Actor


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(people, "_hasher", argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        yield


@pytest.fixture
def hub(tmp_path: Path, database_url: str) -> Iterator[Hub]:
    with make_hub(tmp_path / "data", database={"url": database_url}, plugins={"disabled": OTHERS}) as made:
        yield made


@pytest.fixture
def clock(hub: Hub) -> Clock:
    hub.clock = Clock()
    return hub.clock


@pytest.fixture
def team(hub: Hub, clock: Clock) -> Team:
    account, ada, owner = make_owner(hub, email="ada@example.com")
    with transaction():
        bob = people.add_user(hub, account, "Bob Marketer", "bob@example.com", PASSWORD, "marketer")
    hub.call(owner, "connectors.switch", on=True)
    return Team(account, ada, owner, bob, user_actor(bob.id, account.id, "web", bob.name))


@pytest.fixture
def give(hub: Hub, team: Team) -> Callable[..., int]:
    """`give("bob@example.com", "write", "iphone")`: the number of a new connector."""

    def given(email: str = "bob@example.com", privilege: str = "write", kind: str = "iphone") -> int:
        made = hub.call(team.owner, "connectors.add", user=email, kind=kind, privilege=privilege, name="")
        return int(made["number"])

    return given


@pytest.fixture
def entrance(hub: Hub, team: Team) -> Entrance:
    return Entrance(hub)


@pytest.fixture
def come(entrance: Entrance, give: Callable[..., int]) -> Callable[..., Keys]:
    """A device of Bob's that is signed in."""

    def came(email: str = "bob@example.com", privilege: str = "write", kind: str = "iphone") -> Keys:
        give(email, privilege, kind)
        return entrance.sign_in(email, PASSWORD, kind, "A test", None)

    return came


@pytest.fixture
def app(hub: Hub) -> Flask:
    made = create_app(hub)
    made.config.update(WTF_CSRF_ENABLED=False)  # the frame's own tests send tokens
    return made


@pytest.fixture
def browse(app: Flask, team: Team) -> Callable[[str], FlaskClient]:
    """`browse("ada@example.com")`: the browser of someone who is signed in."""

    def signed_in(email: str) -> FlaskClient:
        client = app.test_client()
        assert client.post("/sign-in", data={"email": email, "password": PASSWORD}).status_code == 303
        return client

    return signed_in
