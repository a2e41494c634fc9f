"""A phone signs in, renews its tokens, says who it is and goes; what others send opens nothing."""

from collections.abc import Callable

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from mailhub.accounts import User
from mailhub.hub import Hub
from mailhub.testing import Clock
from mobile_api.signing_in import COOKIE

from .conftest import PASSWORD, Phone, Team

Come, Give = Callable[..., Phone], Callable[..., int]
PROBLEM = "application/problem+json"


def _code(hub: Hub, team: Team, give: Give) -> str:
    return str(hub.call(team.owner, "connectors.pair", number=give())["code"])


def test_a_native_app_gets_both_tokens(phone: Come) -> None:
    there = phone()
    assert there.body["expires_in"] == 600
    assert there.body["me"]["can"] == ["pause", "resume", "unvalidate", "reschedule"]
    renewed = there.client.post("/refresh", json={"refresh_token": there.body["refresh_token"]})
    assert renewed.status_code == 200
    assert renewed.json["refresh_token"] != there.body["refresh_token"]
    assert COOKIE not in str(renewed.headers)


def test_the_web_app_keeps_the_refresh_token_where_no_script_reads_it(
    app: APIFlask, hub: Hub, team: Team, give: Give
) -> None:
    client = app.test_client()
    answer = client.post("/pair", json={"code": _code(hub, team, give), "kind": "iphone", "keep": "cookie"})
    assert "refresh_token" not in answer.json
    cookie = answer.headers["Set-Cookie"]
    for part in (f"{COOKIE}=", "HttpOnly", "SameSite=Strict", "Path=/refresh"):
        assert part in cookie, part
    renewed = client.post("/refresh", json={})
    assert renewed.status_code == 200
    assert "refresh_token" not in renewed.json
    assert renewed.headers["Set-Cookie"] != cookie
    gone = client.post("/sign-out", headers={"Authorization": f"Bearer {renewed.json['access_token']}"})
    assert gone.status_code == 204
    assert client.post("/refresh", json={}).status_code == 401


def test_behind_https_the_cookie_is_secure(hub: Hub, team: Team, give: Give) -> None:
    from dataclasses import replace

    from mailhub_mobile.entering import Entrance
    from mobile_api.api import create_mobile_api

    hub.config = replace(hub.config, server=replace(hub.config.server, public_url="https://mail.example.com"))
    client = create_mobile_api(hub, Entrance(hub)).test_client()
    answer = client.post("/pair", json={"code": _code(hub, team, give), "kind": "iphone", "keep": "cookie"})
    assert "Secure" in answer.headers["Set-Cookie"]


def test_a_form_from_elsewhere_renews_nothing(app: APIFlask, hub: Hub, team: Team, give: Give) -> None:
    client = app.test_client()
    client.post("/pair", json={"code": _code(hub, team, give), "kind": "iphone", "keep": "cookie"})
    answer = client.post("/refresh", data={"refresh_token": ""})
    assert answer.status_code == 415
    assert "Set-Cookie" not in answer.headers


def test_a_code_works_once_and_not_when_it_is_old(
    app: APIFlask, hub: Hub, clock: Clock, team: Team, give: Give
) -> None:
    client, code = app.test_client(), _code(hub, team, give)
    given = {"code": code, "kind": "iphone"}
    assert client.post("/pair", json=given).status_code == 200
    replayed = client.post("/pair", json=given)
    assert (replayed.status_code, replayed.content_type) == (404, PROBLEM)
    old = _code(hub, team, give)
    clock.move(601)
    answer = client.post("/pair", json={"code": old, "kind": "iphone"})
    assert answer.status_code == 403
    assert "too old" in answer.json["detail"]


def test_wrong_passwords_are_counted_and_then_wait(app: APIFlask, give: Give) -> None:
    give()
    client, given = app.test_client(), {"email": "ada@example.com", "password": "wrong", "kind": "iphone"}
    unknown = client.post("/sign-in", json={**given, "email": "nobody@example.com"})
    for _ in range(5):
        answer = client.post("/sign-in", json=given)
        assert (answer.status_code, answer.json) == (403, unknown.json)
    locked = client.post("/sign-in", json={**given, "password": PASSWORD})
    assert (locked.status_code, locked.headers["Retry-After"]) == (429, "300")


@pytest.mark.parametrize("token", ["", "Bearer", "Bearer x", "Basic YTpi", f"Bearer {'A' * 56}", "Bearer \x7f"])
def test_a_token_that_is_none(app: APIFlask, team: Team, token: str) -> None:
    answer = app.test_client().get("/me", headers={"Authorization": token})
    assert (answer.status_code, answer.content_type) == (401, PROBLEM)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_what_ends_a_phone_at_its_next_request(hub: Hub, team: Team, phone: Come) -> None:
    def refused(there: Phone, words: str) -> None:
        for answer in (
            there.get("/overview"),
            there.client.post("/refresh", json={"refresh_token": there.body["refresh_token"]}),
        ):
            assert answer.status_code == 401
            assert words in answer.json["detail"]

    there = phone()
    assert there.get("/overview").status_code == 200
    hub.call(team.owner, "connectors.revoke", number=there.body["me"]["connector"])
    refused(there, "revoked")
    there = phone()
    hub.call(team.owner, "connectors.switch", on=False)
    refused(there, "switched off")
    answer = there.client.post("/sign-in", json={"email": "ada@example.com", "password": PASSWORD, "kind": "iphone"})
    assert answer.status_code == 403
    assert "switched off" in answer.json["detail"]
    hub.call(team.owner, "connectors.switch", on=True)
    assert there.get("/me").status_code == 200
    User.update(disabled_at=hub.ms()).execute()
    refused(there, "no user of this account")


def test_a_replayed_refresh_token_ends_both_devices(hub: Hub, clock: Clock, phone: Come) -> None:
    there = phone()
    stolen = there.body["refresh_token"]
    renewed = there.client.post("/refresh", json={"refresh_token": stolen}).json
    there.token = renewed["access_token"]
    assert there.get("/me").status_code == 200
    clock.move(60)
    assert there.client.post("/refresh", json={"refresh_token": stolen}).status_code == 401
    assert there.get("/me").status_code == 401


def test_requests_that_cannot_be_read_are_told_why(client: FlaskClient) -> None:
    for answer, status in (
        (client.post("/pair", data="{", content_type="application/json"), 400),
        (client.post("/pair", json={}), 422),
        (client.post("/sign-in", json={"email": 1, "password": []}), 422),
        (client.post("/pair", json={"code": "x" * 70_000}), 413),
        (client.get("/pair"), 405),
        (client.get("/nothing"), 404),
    ):
        assert (answer.status_code, answer.content_type) == (status, PROBLEM)
        assert answer.json["detail"]


@pytest.fixture
def client(app: APIFlask, team: Team) -> FlaskClient:
    return app.test_client()
