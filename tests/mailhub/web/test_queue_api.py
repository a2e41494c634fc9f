"""The queue under /api/v1, with an API key: groups told with moments and words, changed by destination, reason or number."""

from typing import Any

from mailhub.hub import Hub
from mailhub.messages import Queued
from mailhub.testing import make_owner
from mailhub.web.api import create_api

from . import seed
from .keyed import asking


def test_what_waits_is_told_held_released_tried_and_deleted(hub: Hub) -> None:
    _, _, owner = make_owner(hub)
    made = hub.call(owner, "api_keys.create", name="Shop")
    client, headers = create_api(hub).test_client(), {"Authorization": f"Bearer {made['key']}.{made['secret']}"}

    def ask(method: str, path: str, status: int = 200, **given: object) -> Any:
        answer = client.open(path, method=method, headers=headers, json=given if method != "GET" else None)
        assert answer.status_code == status, answer.text
        return answer.get_json()

    number = seed.waiting(hub, seed.source(hub))
    foreign = seed.waiting(hub, seed.source(hub, make_owner(hub, "Other")[0].id))
    Queued.update(reason="greylisted", code=451, text="later").execute()
    told = ask("GET", "/queue")
    assert (told["messages"], told["groups"]) == (1, 1)
    [group] = told["waiting"]
    assert (group["domain"], group["reason"], group["code"], group["text"]) == (
        "example.org",
        "greylisted",
        451,
        "later",
    )
    assert group["next_attempt"].endswith("Z")
    assert ask("GET", "/queue?reason=turn") == {"messages": 0, "groups": 0, "waiting": []}
    assert ask("POST", "/queue/hold", domain="example.org") == {"messages": 1, "more": 0, "job": None}
    assert ask("GET", "/queue")["waiting"][0]["next_attempt"] is None
    assert ask("POST", "/queue/release", all=True)["messages"] == 1
    assert ask("POST", "/queue/retry", reason="turn")["messages"] == 0
    ask("POST", "/queue/delete", 422)
    ask("POST", "/queue/delete", 404, number=foreign)
    assert ask("POST", "/queue/delete", number=number)["messages"] == 1
    assert [row.id for row in Queued.select()] == [foreign]


def test_the_operator_sees_and_changes_what_waits_on_the_server(hub: Hub) -> None:
    operator, tenant = make_owner(hub)[2], make_owner(hub, "Other")
    ask = asking(hub, operator)
    number = seed.waiting(hub, seed.source(hub, tenant[0].id))
    Queued.update(reason="greylisted", code=451, text="<u@example.org> later").execute()
    told = ask("GET", f"/server/queue?account={tenant[0].id}")
    assert told["messages"] == 1
    assert "u@example.org" not in told["waiting"][0]["text"]  # whom another account writes to is not shown
    assert ask("GET", "/queue")["messages"] == 0
    assert ask("GET", "/server/lanes") == {"lanes": []}
    assert ask("POST", "/server/queue/hold", domain="example.org")["messages"] == 1
    assert ask("POST", "/server/queue/release", all=True)["messages"] == 1
    ask("POST", "/server/queue/delete", 422)
    reader = asking(hub, operator, "server.view")
    reader("GET", "/server/queue")
    reader("POST", "/server/queue/retry", 403, all=True)
    theirs = asking(hub, tenant[2])
    for method, path in (("GET", "/server/queue"), ("GET", "/server/lanes"), ("POST", "/server/queue/delete")):
        theirs(method, path, 403)
    assert Queued.get().id == number
