"""Campaigns under /api/v1: from a draft to a start, by number alone, and nothing of another account."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from mailhub.app import create_hub
from mailhub.db import close_database
from mailhub.hub import Hub
from mailhub.testing import make_config, make_hub, make_owner
from mailhub.web.api import create_api

DRAFT = {"name": "Spring 9", "from": "ada@example.com", "subject": "Hi", "body": "Hello", "language": "en"}


@pytest.fixture
def everything(tmp_path: Any) -> Any:
    """A hub with every plugin: campaigns need an audience."""
    with make_hub(tmp_path / "all") as hub:
        yield hub


def _client(hub: Hub, name: str = "Acme") -> FlaskClient:
    _, _, owner = make_owner(hub, name)
    client = create_api(hub).test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = "Bearer " + hub.call(owner, "api_keys.create", name="x")["token"]
    return client


def test_from_a_draft_to_a_start(everything: Hub) -> None:
    client = _client(everything)
    client.post("/contacts", json={"address": "bob@example.net", "lists": ["News"]})
    made = client.post("/campaigns", json={**DRAFT, "audience": ["News"]})
    assert made.status_code == 201
    assert made.json is not None
    there = f"/campaigns/{made.json['number']}"
    assert (made.json["state"], made.json["texts"]["en"]["subject"]) == ("draft", "Hi")
    assert client.patch(there, json={"name": "Summer"}).json["name"] == "Summer"  # type: ignore[index]
    early = client.post(f"{there}/start")
    assert early.status_code == 409
    valid = client.post(f"{there}/validate", json={})
    assert (valid.json["state"], valid.json["recipients"]) == ("validated", 1)  # type: ignore[index]
    timed = client.post(f"{there}/schedule", json={"at": "2030-01-01 09:00"})
    assert (timed.json["state"], timed.json["scheduled_at"]) == ("scheduled", "2030-01-01T09:00:00.000Z")  # type: ignore[index]
    assert client.post(f"{there}/reschedule", json={"at": "2031-01-01 09:00"}).status_code == 200
    assert client.post(f"{there}/unvalidate").json["state"] == "draft"  # type: ignore[index]
    client.post(f"{there}/validate")
    for verb, state in (("start", "sending"), ("pause", "paused"), ("resume", "sending"), ("cancel", "cancelled")):
        assert client.post(f"{there}/{verb}").json["state"] == state  # type: ignore[index]
    stats = client.get(f"{there}/stats").json
    assert stats is not None
    assert stats["planned"] == 1
    assert client.get(f"{there}/ledger?outcome=waiting").status_code == 200
    (listed,) = client.get("/campaigns").json["campaigns"]  # type: ignore[index]
    assert (listed["number"], listed["state"]) == (made.json["number"], "cancelled")


def test_a_number_never_means_a_part_of_a_name(everything: Hub) -> None:
    client = _client(everything)
    client.post("/campaigns", json=DRAFT)
    assert client.get("/campaigns/9").status_code == 404
    assert client.post("/campaigns/9/cancel").status_code == 404
    assert client.get("/campaigns/1").json["state"] == "draft"  # type: ignore[index]


def test_pages_go_on_where_the_last_one_ended(everything: Hub) -> None:
    client = _client(everything)
    for n in range(5):
        client.post("/campaigns", json={**DRAFT, "name": f"Number {n}"})
    seen, before = [], ""
    for _ in range(5):
        page = client.get(f"/campaigns?limit=2{before}").json
        assert page is not None
        seen += [each["number"] for each in page["campaigns"]]
        if page["next"] is None:
            break
        before = f"&before={page['next']}"
    assert seen == [5, 4, 3, 2, 1]


def test_another_accounts_campaign_does_not_exist(everything: Hub) -> None:
    client, stranger = _client(everything), _client(everything, "Other")
    client.post("/campaigns", json=DRAFT)
    for method, path in (("GET", ""), ("PATCH", ""), ("GET", "/stats"), ("GET", "/ledger"), ("POST", "/cancel")):
        assert stranger.open(f"/campaigns/1{path}", method=method, json={}).status_code == 404, path


def test_a_plugin_that_is_off_leaves_no_trace(tmp_path: Any) -> None:
    hub = create_hub(make_config(tmp_path / "off", plugins={"disabled": ["sending", "webhooks"]}))
    document = create_api(hub).test_client().get("/openapi.json").json
    assert document is not None
    names = " ".join([*document["paths"], *document["components"]["schemas"]]).lower()
    assert "campaign" not in names
    assert "webhook" not in str(document).lower()
    assert "/contacts" in names
    close_database()
