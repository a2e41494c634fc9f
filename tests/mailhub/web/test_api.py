"""/api/v1 opens to a key alone, in either form, no wider than its scopes, no faster than its rate, for its account."""

import base64
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from mailhub.hub import Hub
from mailhub.permissions import Actor
from mailhub.testing import Clock, make_owner
from mailhub.web.api import create_api

MAIL = {"from": "ada@example.com", "to": "bob@example.net", "subject": "Hello", "text": "Hello"}
Ask = Callable[..., TestResponse]


@pytest.fixture
def owner(hub: Hub) -> Actor:
    return make_owner(hub)[2]


@pytest.fixture
def client(hub: Hub) -> FlaskClient:
    return create_api(hub).test_client()


def _key(hub: Hub, actor: Actor, scopes: str = "*", **more: Any) -> dict[str, str]:
    return dict(hub.call(actor, "api_keys.create", **{"name": "x", "scopes": scopes, **more}))


def _bearer(made: dict[str, str]) -> dict[str, str]:
    return {"Authorization": f"Bearer {made['token']}"}


def test_both_forms_of_a_key(hub: Hub, client: FlaskClient, owner: Actor) -> None:
    made = _key(hub, owner, "users.view")
    basic = base64.b64encode(f"{made['key']}:{made['secret']}".encode()).decode()
    for header in (_bearer(made), {"Authorization": f"Basic {basic}"}):
        answer = client.get("/me", headers=header)
        assert answer.json == {
            "account": owner.account_id, "name": "Acme", "user": "Ada Owner (x)", "permissions": ["users.view"],
        }  # fmt: skip


@pytest.mark.parametrize(
    "header",
    [None, "", "Bearer", "Bearer x", "Bearer x.y", "Bearer mk_.", "Basic", "Basic x", "Basic eDp5", "Digest a=b", "Bearer é.é"],
)  # fmt: skip
def test_everything_else_is_a_401_that_says_what_to_send(client: FlaskClient, header: str | None) -> None:
    answer = client.get("/me", headers={} if header is None else {"Authorization": header})
    assert answer.status_code == 401
    assert answer.content_type == "application/problem+json"
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_signed_in_browser_is_nobody_here(hub: Hub, client: FlaskClient, owner: Actor) -> None:
    client.set_cookie("mailhub", "anything")
    assert client.get("/me").status_code == 401
    assert client.post("/messages", json=MAIL).status_code == 401


def test_unknown_addresses_tell_strangers_nothing(client: FlaskClient) -> None:
    assert client.get("/nowhere").status_code == 401
    assert client.get("/openapi.json").status_code == 200


def test_a_scope_is_needed(hub: Hub, client: FlaskClient, owner: Actor) -> None:
    header = _bearer(_key(hub, owner, "messages.view"))
    answer = client.post("/messages", headers=header, json=MAIL)
    assert answer.status_code == 403
    assert answer.json is not None
    assert "messages.send" in answer.json["detail"]


def test_revoked_and_expired_keys_open_nothing(hub: Hub, client: FlaskClient, owner: Actor, clock: Clock) -> None:
    revoked, expiring = _key(hub, owner), _key(hub, owner, name="y", days=1)
    assert client.get("/me", headers=_bearer(revoked)).status_code == 200
    hub.call(owner, "api_keys.revoke", key=revoked["key"])
    assert client.get("/me", headers=_bearer(revoked)).status_code == 401
    assert client.get("/me", headers=_bearer(expiring)).status_code == 200
    clock.move(86_400)
    assert client.get("/me", headers=_bearer(expiring)).status_code == 401


def test_a_message_is_sent_and_seen_by_its_account_alone(hub: Hub, client: FlaskClient, owner: Actor) -> None:
    header = _bearer(_key(hub, owner))
    sent = client.post("/messages", headers=header, json={**MAIL, "tag": "welcome"})
    assert sent.status_code == 202
    assert sent.json is not None
    assert client.get(f"/messages/{sent.json['id']}", headers=header).json == sent.json
    stranger = _bearer(_key(hub, make_owner(hub, "Other")[2]))
    hidden = client.get(f"/messages/{sent.json['id']}", headers=stranger)
    missing = client.get("/messages/1", headers=stranger)
    assert hidden.status_code == missing.status_code == 404
    assert client.get("/messages/" + "9" * 40, headers=header).status_code in (404, 422)


def test_repeats_send_once(hub: Hub, client: FlaskClient, owner: Actor) -> None:
    header = {**_bearer(_key(hub, owner)), "Idempotency-Key": "order 77"}
    first, again = (client.post("/messages", headers=header, json=MAIL) for _ in range(2))
    assert (first.status_code, first.json) == (202, again.json)
    assert client.post("/messages", headers=header, json={**MAIL, "text": "Other"}).status_code == 409


def test_a_key_that_asks_too_often_is_told_when_to_come_back(hub: Hub, client: FlaskClient, owner: Actor) -> None:
    hub.config = replace(hub.config, web=replace(hub.config.web, api_rate=5))
    header, other = _bearer(_key(hub, owner)), _bearer(_key(hub, owner, name="y"))
    seen = [client.get("/me", headers=header).status_code for _ in range(8)]
    assert seen == [200] * 5 + [429] * 3
    refused = client.get("/me", headers=header)
    assert refused.headers["Retry-After"] == "1"
    assert refused.content_type == "application/problem+json"
    assert client.get("/me", headers=other).status_code == 200


def test_bodies_have_a_bound(hub: Hub, client: FlaskClient, owner: Actor) -> None:
    header = _bearer(_key(hub, owner))
    assert client.post("/messages", headers=header, json={**MAIL, "text": "x" * 5_000_000}).status_code == 413
    assert client.post("/messages", headers=header, data="{", content_type="application/json").status_code == 400
    assert client.post("/messages", headers=header, data="a=b").status_code == 415
    assert client.put("/messages", headers=header, json=MAIL).status_code == 405
