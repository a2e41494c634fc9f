"""Arguments of actions as the OpenAPI document tells them; moments, pages, ETags and repeats."""

from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from marshmallow import fields, validate

from mailhub.actions import Action, Arguments, argument
from mailhub.db import sql
from mailhub.hub import Hub
from mailhub.permissions import Actor
from mailhub.testing import make_owner
from mailhub.web.api import create_api
from mailhub.web.endpoints import Endpoints, Moment, page, public, shape


class Texts(fields.Field[list[str]]):
    """Several texts."""


class OneFile(fields.Field[Path]):
    """A file of a shell."""


class Told(Arguments):
    which = argument(fields.Integer, "number", required=True)
    name = argument(fields.String, "its name", load_default=None)
    limit = argument(fields.Integer, "how many", load_default=5, validate=validate.Range(1, 9))
    lists = argument(Texts, "lists", load_default=[])
    file = argument(OneFile, "a file", load_default=None)


def _echo(hub: Hub, actor: Actor, **given: Any) -> dict[str, Any]:
    return {"number": given["which"], "name": given["name"], "at": 1_800_000_000_123}


ECHO = Action("birds.echo", "Say it again", "users.create", _echo, Told)
LOOK = Action("birds.look", "Look", "users.create", _echo, Told, changes=False)


def test_what_an_action_takes_is_told_but_for_files_and_the_path() -> None:
    told = public(ECHO, {"which"})
    assert told is not None
    found = told().fields
    assert set(found) == {"name", "limit", "lists"}
    assert isinstance(found["lists"], fields.List)
    assert found["limit"].metadata["description"] == "how many"
    assert (found["limit"].load_default, found["name"].allow_none) == (5, True)
    assert public(ECHO, {"which", "name", "limit", "lists"}) is None


def test_a_moment_is_written_as_rfc_3339() -> None:
    shown = shape("When", at=Moment)().dump({"at": 1_800_000_000_123})
    assert shown == {"at": "2027-01-15T08:00:00.123Z"}
    assert shape("When", at=Moment)().dump({"at": None}) == {"at": None}


def test_a_page_has_things_and_where_to_go_on() -> None:
    birds = page(shape("Bird", name=fields.String), "birds")
    assert birds.__name__ == "BirdPage"
    assert birds().dump({"birds": [{"name": "Jay", "secret": 1}], "next": 7}) == {"birds": [{"name": "Jay"}], "next": 7}


@pytest.fixture
def asked(hub: Hub) -> FlaskClient:
    """An API with two endpoints of birds, asked by an owner."""
    hub.actions |= {each.name: each for each in (ECHO, LOOK)}
    api = create_api(hub)
    bird = shape("Bird", number=fields.Integer(required=True), name=fields.String, at=Moment)
    to = Endpoints(hub, api, "Birds")
    to.add("POST", "/birds/<int:number>", "birds.echo", bird, status=201, named={"number": "which"})
    to.add("GET", "/birds/<int:number>", "birds.look", bird, named={"number": "which"})
    _, _, owner = make_owner(hub)
    client = api.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = "Bearer " + hub.call(owner, "api_keys.create", name="x")["token"]
    return client


def test_the_path_wins_over_what_is_sent(asked: FlaskClient) -> None:
    answer = asked.post("/birds/7", json={"which": 8, "name": "Jay"})
    assert (answer.status_code, answer.json) == (201, {"number": 7, "name": "Jay", "at": "2027-01-15T08:00:00.123Z"})
    assert asked.post("/birds/7").status_code == 201, "nothing sent is nothing given"
    assert asked.post("/birds/7", json={"actor": 1, "hub": 2}).status_code == 422
    assert asked.post("/birds/7", json=[1]).status_code == 422
    assert asked.post("/birds/7", json={"file": "/etc/passwd", "limit": 1}).status_code in (201, 422)


def test_a_get_can_be_asked_whether_anything_changed(asked: FlaskClient) -> None:
    first = asked.get("/birds/7?name=Jay")
    again = asked.get("/birds/7?name=Jay", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    other = asked.get("/birds/7?name=Tit", headers={"If-None-Match": first.headers["ETag"]})
    assert other.status_code == 200


def test_a_repeat_with_its_key_is_done_once(asked: FlaskClient) -> None:
    logged = "SELECT count(*) FROM activity WHERE action = 'birds.echo'"
    for _ in range(3):
        assert asked.post("/birds/7", json={}, headers={"Idempotency-Key": "a"}).status_code == 201
    assert sql(logged).fetchone()[0] == 1
    assert asked.post("/birds/8", json={}, headers={"Idempotency-Key": "a"}).status_code == 409
    assert asked.post("/birds/7", json={}, headers={"Idempotency-Key": ""}).status_code == 400
    assert asked.post("/birds/7", json={}, headers={"Idempotency-Key": "x" * 201}).status_code == 422
