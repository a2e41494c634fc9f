"""A team with a campaign's source and events as sending tells them, and a channel beside mail that notes what it is given."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from flask.testing import FlaskClient

from mailhub import Hub, hookimpl, outbox
from mailhub.accounts import Account, User
from mailhub.db import transaction
from mailhub.messages import Source
from mailhub.people import add_user
from mailhub.permissions import Actor
from mailhub.testing import Clock, make_hub, make_owner
from mailhub.vocabulary import Channel, EventKind, Notice
from mailhub.web import create_app


class Pigeons:
    """A plugin with the channel `pigeon`, which reaches users that were given a loft; it tells `credit.low` too."""

    def __init__(self) -> None:
        self.lofts: set[int] = set()
        self.taken: list[Notice] = []
        self.ill = False

    @hookimpl
    def alert_channels(self, hub: Hub) -> list[Channel]:
        return [Channel("pigeon", "Pigeon", lambda hub, user: user in self.lofts, "server.status", answers=True)]

    @hookimpl
    def deliver_messages(self, hub: Hub, channel: str, messages: Sequence[Notice]) -> bool | None:
        if channel != "pigeon":
            return None
        if self.ill:
            raise RuntimeError("the pigeon is ill")
        self.taken += messages
        return True


class Team(NamedTuple):
    account: Account
    owner: Actor
    user: User


@pytest.fixture
def hub(tmp_path: Path, database_url: str) -> Iterator[Hub]:
    others = ["billing", "mobile", "slack", "sms", "verification", "webhooks"]
    with make_hub(tmp_path / "data", database={"url": database_url}, plugins={"disabled": others}) as made:
        made.clock = Clock()
        made.event_kinds.setdefault("credit.low", EventKind("credit.low", "Credit is low", {"mails": "how many"}))
        yield made


@pytest.fixture
def pigeons(hub: Hub) -> Pigeons:
    plugin = Pigeons()
    hub.manager.register(plugin, "pigeons")
    return plugin


@pytest.fixture
def team(hub: Hub) -> Team:
    account, user, owner = make_owner(hub)
    return Team(account, owner, user)


@pytest.fixture
def happen(hub: Hub, team: Team) -> Callable[..., None]:
    """`happen("campaign.started", planned=3)`: an event about the source of campaign 12, as sending writes it."""

    def emit(kind: str, source: Source | None = None, **values: Any) -> None:
        with transaction():
            about = {} if kind in ("credit.low", "source.held") else {"number": 12, "who": "Bob"}
            hub.emit(kind, team.account.id, source.id if source else 0, **{**about, **values})

    return emit


@pytest.fixture
def source(hub: Hub, team: Team) -> Source:
    """What campaign 12 (Spring) sends from."""
    with transaction():
        return outbox.open_source(hub, team.account.id, "campaign", "Spring", ref=1)


@pytest.fixture
def colleague(hub: Hub, team: Team) -> Callable[..., User]:
    """`colleague("analyst", "Ann")`: someone else in the account."""

    def add(role: str, name: str = "Bob", language: str = "en") -> User:
        with transaction():
            user = add_user(hub, team.account, name, f"{name.lower()}@example.com", "a long password", role)
            User.update(language=language).where(User.id == user.id).execute()
        return User.get_by_id(user.id)

    return add


@pytest.fixture
def browse(hub: Hub) -> Callable[[User], FlaskClient]:
    def signed_in(user: User) -> FlaskClient:
        app = create_app(hub)
        app.config.update(WTF_CSRF_ENABLED=False)  # the frame's own tests send tokens
        client = app.test_client()
        assert client.post("/sign-in", data={"email": user.email, "password": "a long password"}).status_code == 303
        return client

    return signed_in
