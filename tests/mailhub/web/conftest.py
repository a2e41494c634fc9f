"""A hub with an owner, its pages, and browsers that remember cookies and send the CSRF token of the last page."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from mailhub import people
from mailhub.db import transaction
from mailhub.hub import Hub
from mailhub.testing import Clock, make_owner
from mailhub.web import create_app

PASSWORD = "a long password"


class Browser:
    """A test client that fills in the hidden token of forms."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.token = ""

    def get(self, path: str, **options: Any) -> TestResponse:
        """Open a page and keep its token."""
        answer = self.client.get(path, **options)
        found = re.search(r'name="csrf_token" value="([^"]+)"', answer.text) if answer.is_json is False else None
        self.token = found[1] if found else self.token
        return answer

    def post(self, path: str, **fields: Any) -> TestResponse:
        """Send a form with the token of the last page."""
        return self.client.post(path, data={"csrf_token": self.token, **fields})

    def sign_in(self, email: str, password: str = PASSWORD, back: str = "") -> TestResponse:
        """Fill in the sign-in page."""
        self.get("/sign-in")
        answer = self.post("/sign-in", email=email, password=password, next=back)
        if answer.status_code == 303:
            self.get("/")
        return answer


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def hub(sqlite_core: Hub, clock: Clock) -> Hub:
    """The core alone, on a clock to move: plugins bring their own tests."""
    sqlite_core.clock = clock
    return sqlite_core


@pytest.fixture
def app(hub: Hub) -> Flask:
    return create_app(hub)


@pytest.fixture
def browse(app: Flask) -> Callable[[], Browser]:
    """A fresh browser."""
    return lambda: Browser(app.test_client())


@pytest.fixture
def browser(browse: Callable[[], Browser]) -> Browser:
    """A browser before sign-in, on a server that nobody has yet."""
    return browse()


@pytest.fixture
def owner(hub: Hub, browse: Callable[[], Browser]) -> Browser:
    """The browser of ada@example.com, owner of account 1 (Acme)."""
    make_owner(hub, "Acme", "ada@example.com")
    signed_in = browse()
    assert signed_in.sign_in("ada@example.com").status_code == 303
    return signed_in


@pytest.fixture
def stranger(hub: Hub, owner: Browser, browse: Callable[[], Browser]) -> Browser:
    """The browser of zoe@example.com, owner of account 2 (Zenith)."""
    make_owner(hub, "Zenith", "zoe@example.com")
    signed_in = browse()
    assert signed_in.sign_in("zoe@example.com").status_code == 303
    return signed_in


@pytest.fixture
def colleague(hub: Hub, owner: Browser, browse: Callable[[], Browser]) -> Callable[[str], Browser]:
    """`colleague("analyst")`: a browser of someone with this role alone in account 1."""

    def sign_in(role: str) -> Browser:
        with transaction():
            people.add_user(hub, people.find_account(1), role.title(), f"{role}@example.com", PASSWORD, role)
        signed_in = browse()
        assert signed_in.sign_in(f"{role}@example.com").status_code == 303
        return signed_in

    return sign_in
