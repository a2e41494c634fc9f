"""Webhooks under /api/v1: looked at, changed, tried; never a secret."""

from mailhub.hub import Hub
from mailhub.testing import make_owner
from mailhub.web.api import create_api

from .conftest import Receiver


def test_looked_at_changed_and_tried(sqlite_hub: Hub, receiver: Receiver) -> None:
    _, _, owner = make_owner(sqlite_hub)
    made = sqlite_hub.call(owner, "webhooks.create", url=receiver.url)
    token = sqlite_hub.call(owner, "api_keys.create", name="x")["token"]
    asked, headers = create_api(sqlite_hub).test_client(), {"Authorization": f"Bearer {token}"}
    listed = asked.get("/webhooks", headers=headers)
    assert [each["url"] for each in listed.json["webhooks"]] == [receiver.url]  # type: ignore[index]
    assert made["secret"] not in listed.text
    there = f"/webhooks/{made['number']}"
    changed = asked.patch(there, headers=headers, json={"kinds": ["opened"], "batch": 5})
    assert changed.json["kinds"] == ["opened"]  # type: ignore[index]
    assert asked.post(f"{there}/disable", headers=headers).json["state"] == "disabled"  # type: ignore[index]
    assert asked.post(f"{there}/disable", headers=headers).status_code == 409
    tried = asked.post(f"{there}/test", headers=headers)
    assert tried.status_code == 202
    assert tried.json["event"].startswith("evt_")  # type: ignore[index]
    assert asked.get(f"{there}/log", headers=headers).json == {"requests": []}
    assert asked.get("/webhooks/999", headers=headers).status_code == 404
