"""API keys as pages: empty at first, made with what the user may, shown once, revoked; nobody else's."""

import re
from collections.abc import Callable

from mailhub.accounts import ApiKey
from mailhub.api_keys import check
from mailhub.hub import Hub

from .conftest import Browser


def _make(browser: Browser, **fields: str) -> str:
    browser.get("/settings/api-keys/new")
    made = browser.post("/settings/api-keys/new", **{"name": "Shop", "days": "0", "all": "1", **fields})
    assert made.status_code == 200
    assert made.headers["Cache-Control"] == "no-store"
    token = re.search(r"mk_[0-9a-f]{16}\.[\w-]{43}", made.text)
    assert token
    return token[0]


def test_from_nothing_to_a_key(hub: Hub, owner: Browser) -> None:
    assert "No key yet" in owner.get("/settings/api-keys").text
    key, _, secret = _make(owner).partition(".")
    found = check(hub, key, secret)
    assert found is not None
    assert found[1].may("owners.create")
    page = owner.get("/settings/api-keys").text
    assert key in page
    assert secret not in page
    owner.post("/settings/api-keys/revoke", key=key)
    assert check(hub, key, secret) is None
    assert "revoked" in owner.get("/settings/api-keys").text


def test_a_form_that_lacks_something_comes_back(owner: Browser) -> None:
    owner.get("/settings/api-keys/new")
    answer = owner.post("/settings/api-keys/new", name="", days="30", scopes="users.view")
    assert answer.status_code == 422
    assert "has no name" in answer.text
    answer = owner.post("/settings/api-keys/new", name="x", days="30")
    assert "may do nothing" in answer.text
    assert not ApiKey.select().exists()


def test_chosen_permissions_and_a_life(hub: Hub, owner: Browser) -> None:
    _make(owner, all="", scopes="users.view", days="30")
    key = ApiKey.get()
    assert key.scopes == ["users.view"]
    assert key.expires_at == hub.ms() + 30 * 86_400_000


def test_only_what_one_may_is_offered(colleague: Callable[[str], Browser]) -> None:
    page = colleague("administrator").get("/settings/api-keys/new").text
    assert "users.create" in page
    assert "owners.create" not in page
    assert colleague("analyst").get("/settings/api-keys").status_code == 403


def test_another_accounts_key_is_not_found(owner: Browser, stranger: Browser) -> None:
    key = _make(owner).partition(".")[0]
    stranger.get("/settings/api-keys/new")
    assert stranger.post("/settings/api-keys/revoke", key=key).status_code == 404
    assert key not in stranger.get("/settings/api-keys").text
    assert ApiKey.get().revoked_at is None
