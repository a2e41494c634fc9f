"""The companion API over a hub with campaigns, asked as a phone asks it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import argon2
import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from mailhub import people
from mailhub.accounts import Account
from mailhub.db import transaction
from mailhub.hub import Hub
from mailhub.permissions import Actor
from mailhub.testing import Clock, make_hub, make_owner
from mailhub_mobile.entering import Entrance
from mobile_api.api import create_mobile_api

PASSWORD = "a long password"
OTHERS = ["alerts", "billing", "slack", "sms", "verification", "webhooks"]


class Team(NamedTuple):
    account: Account
    owner: Actor


class Phone:
    """A device: `get(path)` and `post(path, json)` with its token, and headers as keywords (`If_Match=…`)."""

    def __init__(self, client: FlaskClient, body: dict[str, Any]) -> None:
        self.client = client
        self.body = body
        self.token = str(body["access_token"])

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.client.get(path, headers=self._headers(headers))

    def post(self, path: str, json: Any = None, **headers: str) -> TestResponse:
        return self.client.post(path, json=json, headers=self._headers(headers))

    def _headers(self, headers: dict[str, str]) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }


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
    account, _, owner = make_owner(hub, email="ada@example.com")
    with transaction():
        people.add_user(hub, account, "Ann Alyst", "ann@example.com", PASSWORD, "analyst")
    hub.call(owner, "connectors.switch", on=True)
    return Team(account, owner)


@pytest.fixture
def app(hub: Hub) -> APIFlask:
    return create_mobile_api(hub, Entrance(hub))


@pytest.fixture
def give(hub: Hub, team: Team) -> Callable[..., int]:
    """`give("write")`: a connector of the owner's, or of the analyst's."""

    def given(privilege: str = "write", email: str = "ada@example.com", kind: str = "iphone") -> int:
        made = hub.call(team.owner, "connectors.add", user=email, kind=kind, privilege=privilege)
        return int(made["number"])

    return given


@pytest.fixture
def phone(app: APIFlask, give: Callable[..., int]) -> Callable[..., Phone]:
    """`phone("read")`: a device that is signed in."""

    def signed_in(privilege: str = "write", email: str = "ada@example.com") -> Phone:
        give(privilege, email)
        client = app.test_client()
        answer = client.post("/sign-in", json={"email": email, "password": PASSWORD, "kind": "iphone"})
        assert answer.status_code == 200, answer.text
        return Phone(client, answer.json)

    return signed_in


@pytest.fixture
def campaign(hub: Hub, team: Team) -> Callable[..., int]:
    """`campaign("scheduled", name="Spring")`: its number; `sending` and `paused` ones have three recipients."""

    def made(state: str = "draft", name: str = "Spring", actor: Actor | None = None) -> int:
        actor = actor or team.owner
        if not hub.call(actor, "lists.list")["lists"]:
            hub.call(actor, "lists.create", name="Readers")
            for number in range(3):
                hub.call(actor, "contacts.create", address=f"p{number}@example.org", lists=["Readers"])
        given = {"subject": "Hello", "body": "Hello", "from": "ada@example.com", "audience": "Readers"}
        number = int(hub.call(actor, "campaigns.create", name=name, **given)["number"])
        ways = {
            "validated": ["validate"],
            "scheduled": ["validate", "schedule"],
            "sending": ["validate", "start"],
            "paused": ["validate", "start", "pause"],
        }
        for verb in ways.get(state, []):
            more = {"at": "in 2 hours"} if verb == "schedule" else {}
            hub.call(actor, f"campaigns.{verb}", which=str(number), **more)
        return number

    return made
