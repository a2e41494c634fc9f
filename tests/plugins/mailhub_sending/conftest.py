"""An audience without the contacts plugin, and campaigns ready to be moved about."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from flask import Flask
from flask.testing import FlaskClient

from mailhub import Audience, Hub, Recipient, hookimpl
from mailhub.accounts import Account, User
from mailhub.permissions import Actor
from mailhub.testing import Clock, make_hub, make_owner
from mailhub.web import create_app
from mailhub_sending.models import Campaign

ACTION = {
    "draft": (),
    "validated": ("validate",),
    "scheduled": ("validate", "schedule"),
    "sending": ("validate", "start"),
    "paused": ("validate", "start", "pause"),
    "cancelled": ("cancel",),
}


class People:
    """A plugin with audiences `people:N` of N recipients, keys from 1, every third French, number 5 in none twice."""

    def __init__(self) -> None:
        self.sizes = {"people:3": 3, "people:5000": 5000, "people:0": 0}
        self.asked: list[int] = []
        self.fields: dict[int, dict[str, str]] = {}

    @hookimpl
    def list_audiences(self, hub: Hub, account: int) -> list[Audience]:
        return [Audience(key, f"{size} people", size) for key, size in self.sizes.items()]

    @hookimpl
    def audience_recipients(
        self, hub: Hub, account: int, include: Sequence[str], exclude: Sequence[str], after: int, limit: int
    ) -> list[Recipient] | None:
        if not self._mine(include):
            return None
        self.asked.append(after)
        last = min(self.sizes[include[0]], after + limit)
        return [
            Recipient(key, f"p{key}@example.org", "fr" if key % 3 == 0 else "en") for key in range(after + 1, last + 1)
        ]

    @hookimpl
    def audience_count(self, hub: Hub, account: int, include: Sequence[str], exclude: Sequence[str]) -> int | None:
        return self.sizes[include[0]] if self._mine(include) else None

    @hookimpl
    def recipient_fields(self, hub: Hub, account: int, keys: Sequence[int]) -> Mapping[int, Mapping[str, str]]:
        named = {key: {"first_name": f"Name{key}", "city": "Lyon"} for key in keys if key}
        return {key: self.fields.get(key, fields) for key, fields in named.items()}

    def _mine(self, include: Sequence[str]) -> bool:
        return bool(include) and include[0] in self.sizes


class Team(NamedTuple):
    account: Account
    owner: Actor


@pytest.fixture
def hub(tmp_path: Path, database_url: str) -> Iterator[Hub]:
    with make_hub(tmp_path / "data", database={"url": database_url}, plugins={"disabled": ["contacts"]}) as made:
        yield made


@pytest.fixture
def people(hub: Hub) -> People:
    plugin = People()
    hub.manager.register(plugin, "people")
    return plugin


@pytest.fixture
def clock(hub: Hub) -> Clock:
    hub.clock = Clock()
    return hub.clock


@pytest.fixture
def team(hub: Hub, people: People) -> Team:
    account, _, owner = make_owner(hub)
    return Team(account, owner)


@pytest.fixture
def make(hub: Hub, team: Team) -> Callable[..., Campaign]:
    """`make("paused", audience="people:3")`: a campaign in a state, by the actions that lead there."""

    def made(state: str = "draft", **values: Any) -> Campaign:
        given = {"name": "Spring", "subject": "Hello", "body": "Hello {{ first_name | default('you') }}",
                 "from": "ada@example.com", "audience": "people:3", **values}  # fmt: skip
        number = hub.call(team.owner, "campaigns.create", **given)["number"]
        for action in ACTION.get(state, ()):
            more = {"at": "in 2 hours"} if action == "schedule" else {}
            hub.call(team.owner, f"campaigns.{action}", which=str(number), **more)
        campaign = Campaign.of(team.account).where(Campaign.number == number).get()
        if state == "finished":
            for action in ACTION["sending"]:
                hub.call(team.owner, f"campaigns.{action}", which=str(number))
            Campaign.update(state="finished", finished_at=hub.ms()).where(Campaign.id == campaign.id).execute()
        return Campaign.get_by_id(campaign.id)

    return made


@pytest.fixture
def app(hub: Hub) -> Flask:
    made = create_app(hub)
    made.config.update(WTF_CSRF_ENABLED=False)  # the frame's own tests send tokens
    return made


@pytest.fixture
def browse(app: Flask) -> Callable[[str], FlaskClient]:
    """`browse("ada@example.com")`: the browser of someone who is signed in."""

    def signed_in(email: str) -> FlaskClient:
        client = app.test_client()
        answer = client.post("/sign-in", data={"email": email, "password": "a long password"})
        assert answer.status_code == 303
        return client

    return signed_in


@pytest.fixture
def browser(hub: Hub, team: Team, browse: Callable[[str], FlaskClient]) -> FlaskClient:
    """The owner's browser."""
    return browse(User.get_by_id(team.owner.user_id).email)
