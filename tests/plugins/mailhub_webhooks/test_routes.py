"""The pages: empty at first, a secret shown once, buttons that do what they say, nothing of another account."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from mailhub.errors import Sentence
from mailhub.hub import Hub
from mailhub.permissions import user_actor
from mailhub.testing import make_owner
from mailhub.web import create_app
from mailhub_webhooks.models import Endpoint

from .conftest import Receiver


class Browser:
    """Fills in the hidden token of forms."""

    def __init__(self, client: FlaskClient) -> None:
        self.client, self.token = client, ""

    def get(self, path: str) -> Any:
        answer = self.client.get(path)
        found = re.search(r'name="csrf_token" value="([^"]+)"', answer.text)
        self.token = found[1] if found else self.token
        return answer

    def post(self, path: str, **fields: Any) -> Any:
        return self.client.post(path, data={"csrf_token": self.token, **fields})


@pytest.fixture
def browse(sqlite_hub: Hub) -> Callable[[str], Browser]:
    app = create_app(sqlite_hub)

    def sign_in(name: str) -> Browser:
        make_owner(sqlite_hub, name, f"{name.lower()}@example.com")
        browser = Browser(app.test_client())
        browser.get("/sign-in")
        browser.post("/sign-in", email=f"{name.lower()}@example.com", password="a long password")
        browser.get("/")
        return browser

    return sign_in


def test_from_nothing_to_an_endpoint(sqlite_hub: Hub, browse: Callable[[str], Browser], receiver: Receiver) -> None:
    browser = browse("Acme")
    assert "No webhook yet" in browser.get("/settings/webhooks").text
    form = browser.get("/settings/webhooks/new").text
    assert "delivered" in form
    assert "webhook.test" not in form
    wrong = browser.post("/settings/webhooks/new", url="nowhere", batch="1", kinds=["delivered"])
    assert wrong.status_code == 422
    assert "is no address for webhooks" in wrong.text
    made = browser.post("/settings/webhooks/new", url=receiver.url, batch="1", kinds=["delivered", "opened"])
    assert made.headers["Cache-Control"] == "no-store"
    secret = re.search(r"whsec_[A-Za-z0-9+/=]+", made.text)
    assert secret
    endpoint = Endpoint.get()
    assert endpoint.kinds == ["delivered", "opened"]
    page = browser.get(f"/settings/webhooks/{endpoint.id}").text
    assert secret[0] not in page
    assert receiver.url in page


def test_buttons(sqlite_hub: Hub, browse: Callable[[str], Browser], receiver: Receiver) -> None:
    browser = browse("Acme")
    browser.post("/settings/webhooks/new", url=receiver.url, batch="1", kinds=["delivered"])
    number = Endpoint.get().id
    there = f"/settings/webhooks/{number}"
    for verb, state in (("disable", "disabled"), ("enable", "active")):
        browser.get(there)
        assert browser.post(f"{there}/{verb}").status_code == 303
        assert Endpoint.get().state == state
    browser.get(there)
    assert browser.post(f"{there}/test").status_code == 303
    changed = browser.post(there, url=receiver.url + "&b=2", batch="7", kinds=["opened"])
    assert changed.status_code == 303
    assert (Endpoint.get().batch, Endpoint.get().kinds) == (7, ["opened"])
    assert browser.post(there, url="x", batch="7", kinds=["opened"]).status_code == 422
    assert browser.post(f"{there}/delete").status_code == 303
    assert not Endpoint.select().exists()


def test_another_accounts_endpoint_is_not_found(
    sqlite_hub: Hub, browse: Callable[[str], Browser], receiver: Receiver
) -> None:
    browser, stranger = browse("Acme"), browse("Zenith")
    browser.post("/settings/webhooks/new", url=receiver.url, batch="1", kinds=["delivered"])
    there = f"/settings/webhooks/{Endpoint.get().id}"
    stranger.get("/settings/webhooks/new")
    assert stranger.get(there).status_code == 404
    for path in (there, f"{there}/disable", f"{there}/delete", f"{there}/test"):
        assert stranger.post(path, url=receiver.url, batch="1", kinds=["opened"]).status_code == 404
    assert Endpoint.get().state == "active"
    assert receiver.url not in stranger.get("/settings/webhooks").text


def test_why_it_was_switched_off_is_said_in_the_readers_language(
    sqlite_hub: Hub, browse: Callable[[str], Browser]
) -> None:
    browser, owner = browse("Acme"), user_actor(1, 1, "web", "Ada")
    number = sqlite_hub.call(owner, "webhooks.create", url="https://example.com/hook")["number"]
    why = Sentence("It took no event for three days; last: {answer}", answer="500")
    Endpoint.update(state="disabled", reason=why).where(Endpoint.id == number).execute()
    assert "It took no event for three days; last: 500" in browser.get(f"/settings/webhooks/{number}").text
    browser.post("/language/fr")
    assert "aucun évènement pendant trois jours" in browser.get(f"/settings/webhooks/{number}").text
    assert sqlite_hub.call(owner, "webhooks.show", number=number)["reason"] == str(why), "in English elsewhere"
