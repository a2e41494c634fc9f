"""Contacts, lists, imports and suppressions under /api/v1, and nothing of another account."""

import pytest
from flask.testing import FlaskClient

from mailhub.hub import Hub
from mailhub.jobs import rows
from mailhub.permissions import Actor
from mailhub.testing import make_owner
from mailhub.web.api import create_api
from mailhub_contacts.models import Contact, Import

SHEET = b"e-mail;langue\nbob@example.net;EN\nann@example.net;FR\nnobody;EN\n"


def _client(hub: Hub, actor: Actor, scopes: str = "*") -> FlaskClient:
    client = create_api(hub).test_client()
    made = hub.call(actor, "api_keys.create", name="x", scopes=scopes)
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {made['token']}"
    return client


@pytest.fixture
def client(sqlite_hub: Hub) -> FlaskClient:
    return _client(sqlite_hub, make_owner(sqlite_hub)[2])


def test_contacts_and_lists(client: FlaskClient) -> None:
    made = client.post("/contacts", json={"address": "bob@example.net", "fields": {"city": "Lyon"}, "lists": ["News"]})
    assert (made.status_code, made.json["fields"]) == (201, {"city": "Lyon"})  # type: ignore[index]
    there = f"/contacts/{made.json['number']}"  # type: ignore[index]
    assert client.post("/contacts", json={"address": "bob@example.net"}).status_code == 409
    assert client.patch(there, json={"display": "Bob"}).json["display"] == "Bob"  # type: ignore[index]
    assert client.get(there).json["lists"] == [{"number": 1, "name": "News"}]  # type: ignore[index]
    (news,) = client.get("/lists").json["lists"]  # type: ignore[index]
    assert news == {"number": 1, "name": "News", "contacts": 1}
    assert client.patch("/lists/1", json={"name": "Old"}).json["name"] == "Old"  # type: ignore[index]
    assert client.delete(there).status_code == 200
    assert client.get(there).status_code == 404
    assert client.delete("/lists/1").status_code == 200


def test_pages_of_contacts(client: FlaskClient) -> None:
    for n in range(5):
        client.post("/contacts", json={"address": f"r{n}@example.net"})
    first = client.get("/contacts?limit=3").json
    assert first is not None
    second = client.get(f"/contacts?limit=3&before={first['next']}").json
    assert second is not None
    addresses = [each["address"] for each in (*first["contacts"], *second["contacts"])]
    assert addresses == [f"r{n}@example.net" for n in (4, 3, 2, 1, 0)]
    assert second["next"] is None


def test_a_file_is_the_body(sqlite_hub: Hub, client: FlaskClient) -> None:
    begun = client.post("/imports?name=readers.csv&lists=News", data=SHEET, headers={"Idempotency-Key": "a"})
    assert begun.status_code == 202
    again = client.post("/imports?name=readers.csv&lists=News", data=SHEET, headers={"Idempotency-Key": "a"})
    assert again.json == begun.json
    assert Import.select().count() == 1
    for _ in range(20):
        for job_id in rows.due(sqlite_hub):
            while rows.work(sqlite_hub, job_id):
                pass
    shown = client.get(f"/imports/{begun.json['number']}").json  # type: ignore[index]
    assert shown is not None
    assert (shown["state"], shown["report"]["counts"]["new"], shown["report"]["counts"]["bad"]) == ("done", 2, 1)
    assert Contact.select().count() == 2
    assert client.post("/imports", data=b"").status_code in (400, 422)
    assert client.post(f"/imports/{shown['number']}/cancel").status_code == 409


def test_an_import_needs_its_permission(sqlite_hub: Hub) -> None:
    weak = _client(sqlite_hub, make_owner(sqlite_hub)[2], "contacts.view")
    assert weak.post("/imports", data=SHEET).status_code == 403
    assert not Import.select().exists()


def test_suppressions(client: FlaskClient) -> None:
    added = client.post("/suppressions", json={"addresses": ["bob@example.net"], "scope": "all"})
    assert added.json == {"added": 1, "given": 1, "scope": "all"}
    (entry,) = client.get("/suppressions").json["suppressions"]  # type: ignore[index]
    assert (entry["address"], entry["scope"]) == ("bob@example.net", "all")
    assert client.post("/suppressions/release", json={"address": "bob@example.net"}).status_code == 200
    assert client.post("/suppressions/release", json={"address": "bob@example.net"}).status_code == 404


def test_another_accounts_things_do_not_exist(sqlite_hub: Hub, client: FlaskClient) -> None:
    client.post("/contacts", json={"address": "bob@example.net", "lists": ["News"]})
    client.post("/imports?name=x.csv", data=SHEET)
    stranger = _client(sqlite_hub, make_owner(sqlite_hub, "Other")[2])
    for method, path in (
        ("GET", "/contacts/1"), ("PATCH", "/contacts/1"), ("DELETE", "/contacts/1"), ("DELETE", "/lists/1"),
        ("GET", "/imports/1"), ("POST", "/imports/1/cancel"),
    ):  # fmt: skip
        assert stranger.open(path, method=method, json={}).status_code == 404, path
    assert stranger.patch("/lists/1", json={"name": "Mine"}).status_code == 404
    assert stranger.get("/contacts").json["contacts"] == []  # type: ignore[index]
