"""A team with a phone, a Twilio on loopback, a campaign that is sending, and the webhooks as Twilio calls them."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from flask import Flask
from flask.testing import FlaskClient

from mailhub import Audience, Hub, Recipient, hookimpl
from mailhub.accounts import Account, User
from mailhub.db import transaction
from mailhub.permissions import Actor
from mailhub.testing import make_hub, make_owner
from mailhub.web import create_app
from mailhub_sms import writing
from mailhub_sms.models import Sms
from tests.flows.twilio_server import ACCOUNT, NUMBER, TOKEN, TwilioServer, sign

PHONE = "+33612345678"
URL = "https://mail.example.com"


class Team(NamedTuple):
    account: Account
    owner: Actor
    user: User


class People:
    """A plugin with an audience of three."""

    @hookimpl
    def list_audiences(self, hub: Hub, account: int) -> list[Audience]:
        return [Audience("people:3", "3 people", 3)]

    @hookimpl
    def audience_recipients(
        self, hub: Hub, account: int, include: Sequence[str], exclude: Sequence[str], after: int, limit: int
    ) -> list[Recipient] | None:
        return [Recipient(key, f"p{key}@example.org") for key in range(after + 1, 4)]

    @hookimpl
    def audience_count(self, hub: Hub, account: int, include: Sequence[str], exclude: Sequence[str]) -> int | None:
        return 3


@pytest.fixture
def hub(tmp_path: Path, database_url: str) -> Iterator[Hub]:
    others = ["billing", "contacts", "mobile", "slack", "verification", "webhooks"]
    sections = {"database": {"url": database_url}, "plugins": {"disabled": others}, "server": {"public_url": URL}}
    sections["server"]["data"] = str(tmp_path / "data")
    with make_hub(tmp_path / "data", **sections) as made:
        made.manager.register(People(), "people")
        yield made


@pytest.fixture
def team(hub: Hub) -> Team:
    account, user, owner = make_owner(hub)
    return Team(account, owner, user)


@pytest.fixture
def phone(team: Team) -> str:
    """The owner's confirmed number."""
    User.update(phone=PHONE, phone_confirmed_at=1).where(User.id == team.user.id).execute()
    return PHONE


@pytest.fixture
def twilio(hub: Hub, team: Team) -> Iterator[TwilioServer]:
    """Twilio, set as the provider."""
    with TwilioServer() as server:
        given = {"account_sid": ACCOUNT, "auth_token": TOKEN, "sender": NUMBER, "api_url": server.url}
        hub.call(team.owner, "sms.configure", **given)
        yield server


@pytest.fixture
def write(hub: Hub, team: Team) -> Callable[..., Sms]:
    """`write("Hello")`: an SMS to the owner's number."""

    def written(text: str = "Hello", number: str = PHONE, **more: Any) -> Sms:
        with transaction():
            writing.write(hub, team.account.id, number, text, user_id=team.user.id, **more)
        return Sms.select().order_by(Sms.id.desc()).get()

    return written


@pytest.fixture
def sending(hub: Hub) -> Callable[..., int]:
    """`sending(team.owner)`: a campaign of an account that is sending; its number."""

    def start(owner: Actor, name: str = "Spring") -> int:
        given = {"name": name, "subject": "Hi", "body": "Hi", "from": "ada@example.com", "audience": "people:3"}
        number = hub.call(owner, "campaigns.create", **given)["number"]
        for action in ("validate", "start"):
            hub.call(owner, f"campaigns.{action}", which=str(number))
        return int(number)

    return start


@pytest.fixture
def app(hub: Hub) -> Flask:
    return create_app(hub)  # with its CSRF check: Twilio has no token


@pytest.fixture
def call(app: Flask) -> Callable[..., int]:
    """`call("incoming", form)`: POST as Twilio does, signed for the public address; the status."""

    def post(path: str, form: dict[str, str], token: str = TOKEN, signature: str | None = None) -> int:
        signed = sign(f"{URL}/sms/twilio/{path}", form, token) if signature is None else signature
        headers = {"X-Twilio-Signature": signed}
        return app.test_client().post(f"/sms/twilio/{path}", data=form, headers=headers).status_code

    return post


@pytest.fixture
def browse(hub: Hub) -> Callable[[User], FlaskClient]:
    def signed_in(user: User) -> FlaskClient:
        app = create_app(hub)
        app.config.update(WTF_CSRF_ENABLED=False)  # the frame's own tests send tokens
        client = app.test_client()
        email = User.get_by_id(user.id).email
        assert client.post("/sign-in", data={"email": email, "password": "a long password"}).status_code == 303
        return client

    return signed_in
