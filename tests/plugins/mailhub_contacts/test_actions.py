"""Every action of the plugin: who may not is refused, what is another account's is not found."""

from typing import Any

import pytest

from mailhub.errors import Forbidden, NotFound
from mailhub.hub import Hub
from mailhub.permissions import Actor
from mailhub_contacts.actions import ACTIONS
from mailhub_contacts.models import Contact, ContactList, Import, Segment

NAMES = [action.name for action in ACTIONS]
NEEDED: dict[str, dict[str, Any]] = {
    "contacts.create": {"address": "x@example.com"},
    "lists.create": {"name": "x"},
    "suppressions.add": {"addresses": "x@example.com"},
    "suppressions.release": {"address": "x@example.com"},
}
"""What an action must be given, beside a number."""


def arguments(name: str, number: int) -> dict[str, Any]:
    given = dict(NEEDED.get(name, {}))
    fields = next(action for action in ACTIONS if action.name == name).arguments().fields
    if "number" in fields:
        given["number"] = number
    if name in ("lists.rename", "segments.change"):
        given["name"] = "x"
    return given


def test_the_actions_are_these() -> None:
    assert sorted(NAMES) == [
        "contacts.analyse", "contacts.change", "contacts.create", "contacts.delete", "contacts.import", "contacts.list",
        "contacts.show", "imports.cancel", "imports.show", "imports.undo", "lists.create", "lists.delete", "lists.list",
        "lists.rename", "segments.change", "segments.count", "segments.create", "segments.delete", "segments.list",
        "segments.show", "suppressions.add", "suppressions.list", "suppressions.release", "suppressions.set_rules",
    ]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_without_its_permission_an_action_does_nothing(sqlite_hub: Hub, name: str) -> None:
    needed = sqlite_hub.action(name).permission
    others = frozenset(sqlite_hub.permissions) - {needed}
    with pytest.raises(Forbidden, match=needed):
        sqlite_hub.call(Actor(1, "web", None, "nobody", others), name, **arguments(name, 1))


@pytest.mark.parametrize("name", [name for name in NAMES if "number" in arguments(name, 1)])
def test_what_is_another_accounts_is_not_found(hub: Hub, owner: Actor, stranger: Actor, name: str) -> None:
    table = {"contacts": Contact, "lists": ContactList, "imports": Import, "segments": Segment}[name.partition(".")[0]]
    table = Import if name in ("contacts.analyse", "contacts.import") else table
    columns: dict[Any, dict[str, Any]] = {
        Contact: {"address": "a@example.com", "address_key": 1, "updated_at": 1},
        ContactList: {"name": "Theirs"},
        Segment: {"name": "Theirs", "rules": {}, "updated_at": 1},
        Import: {"name": "theirs.csv", "state": "analysed", "layout": {"kind": "csv"}},
    }
    theirs = table.create(account=stranger.account_id, created_at=1, **columns[table])
    with pytest.raises(NotFound):
        hub.call(owner, name, **arguments(name, theirs.id))
    assert table.get_by_id(theirs.id).account_id == stranger.account_id
