"""Replies as JSON under /api/v1."""

import pytest

from mailhub import Hub
from mailhub.web.api import create_api
from mailhub_sending.models import Reply
from tests.plugins.mailhub_sending.answers import arrive, reply_address, sent, written


@pytest.fixture
def ask(hub: Hub, team):
    client = create_api(hub).test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = "Bearer " + hub.call(team.owner, "api_keys.create", name="x")["token"]

    def asked(method: str, path: str, **more: object):
        return client.open(path, method=method, **more)

    return asked


def test_replies_are_paged_read_and_handled(hub: Hub, make, ask) -> None:
    address = reply_address(hub, sent(hub, make))
    for number in range(3):
        arrive(hub, address, written(f"Merci {number}", Message_ID=f"<{number}@x>"))
    page = ask("GET", "/campaigns/1/replies?limit=2").json
    assert [each["opening"] for each in page["replies"]] == ["Merci 2", "Merci 1"]
    page = ask("GET", f"/replies?limit=2&before={page['next']}").json
    assert ([each["opening"] for each in page["replies"]], page["next"]) == (["Merci 0"], None)
    number = Reply.get().id
    whole = ask("GET", f"/replies/{number}").json
    assert (whole["own"], whole["from"], whole["files"]) == ("Merci 0", "p1@example.org", [])
    assert ask("POST", f"/replies/{number}/handle", json={}).json["handled_at"] is not None
    assert ask("GET", "/campaigns/9/replies").status_code == 404
    assert ask("GET", "/replies/999").status_code == 404
    assert ask("GET", "/replies?kind=nice").status_code == 422


def test_a_campaign_says_how_its_replies_come(hub: Hub, make, ask) -> None:
    make()
    assert ask("PATCH", "/campaigns/1", json={"replies": "direct"}).json["replies"] == "direct"
    assert ask("PATCH", "/campaigns/1", json={"replies": "pigeon"}).status_code == 422
