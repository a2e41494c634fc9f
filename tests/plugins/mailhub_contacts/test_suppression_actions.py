"""Suppressions asked for from any door."""

from mailhub.hub import Hub
from mailhub.permissions import Actor


def test_a_door_without_names_leaves_its_own(hub: Hub, owner: Actor) -> None:
    console = Actor(owner.account_id, "cli", None, "console", frozenset({"*"}))
    assert hub.call(console, "suppressions.add", addresses="a@example.com,A@example.com") == {
        "added": 1, "given": 2, "scope": "bulk",
    }  # fmt: skip
    entry = hub.call(owner, "suppressions.list", search="a@")["suppressions"][0]
    assert (entry["scope"], entry["reason"], entry["origin"]) == ("bulk", "manual", "console")
    assert entry["at"].endswith("+00:00")
