"""Suppressions asked for from any door."""

from mailhub.activity import Activity
from mailhub.hub import Hub
from mailhub.permissions import Actor
from mailhub.testing import make_owner


def test_a_door_without_names_leaves_its_own(hub: Hub, owner: Actor) -> None:
    console = Actor(owner.account_id, "cli", None, "console", frozenset({"*"}))
    assert hub.call(console, "suppressions.add", addresses="a@example.com,A@example.com") == {
        "added": 1, "given": 2, "scope": "bulk",
    }  # fmt: skip
    entry = hub.call(owner, "suppressions.list", search="a@")["suppressions"][0]
    assert (entry["scope"], entry["reason"], entry["origin"]) == ("bulk", "manual", "console")
    assert entry["at"].endswith("+00:00")


def test_addresses_stand_in_the_log_only_where_they_can_be_erased(hub: Hub, owner: Actor) -> None:
    hub.call(owner, "suppressions.add", addresses=[f"u{number}@example.com" for number in range(200)])
    hub.call(owner, "suppressions.release", address="u1@example.com")
    added, released = Activity.of(owner.account_id).order_by(Activity.sequence)
    assert (added.target, released.target) == ("", "")
    assert released.personal["address"] == "u1@example.com"


def test_the_rules_hold_for_the_account_that_chose_them(hub: Hub, owner: Actor) -> None:
    assert hub.call(owner, "suppressions.set_rules") == {"soft_limit": 5, "soft_days": 14, "complaints": "bulk"}
    assert hub.call(owner, "suppressions.set_rules", soft_limit=0)["soft_limit"] == 0
    chosen = hub.call(owner, "suppressions.set_rules", soft_days=30, complaints="all")
    assert chosen == {"soft_limit": 0, "soft_days": 30, "complaints": "all"}
    _, _, other = make_owner(hub, "Other")
    assert hub.call(other, "suppressions.set_rules")["complaints"] == "bulk"
