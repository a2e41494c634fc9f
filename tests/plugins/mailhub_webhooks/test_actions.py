"""What doors may write: kinds as one text or a list; nobody without the permission; nothing secret in the log."""

import pytest

from mailhub.errors import Forbidden
from mailhub.hub import Hub
from mailhub.permissions import Actor
from mailhub_webhooks.actions import ACTIONS


@pytest.mark.parametrize("kinds", ["opened, clicked", ["opened", "clicked"], "opened,clicked,opened"])
def test_kinds_as_text_or_list(hub: Hub, owner: Actor, kinds: object) -> None:
    assert hub.call(owner, "webhooks.create", url="https://example.com/", kinds=kinds)["kinds"] == ["opened", "clicked"]


def test_seeing_is_not_changing(hub: Hub, owner: Actor) -> None:
    looker = Actor(owner.account_id, "api", None, "", frozenset({"webhooks.view"}))
    number = hub.call(owner, "webhooks.create", url="https://example.com/")["number"]
    hub.call(looker, "webhooks.show", number=number)
    for action in ACTIONS:
        if action.changes:
            with pytest.raises(Forbidden):
                action.perform(hub, looker, {"number": number})
