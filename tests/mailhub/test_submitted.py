"""What programs sent: listed page by page, by tag, outcome and address; what is counted of it; never another account's."""

from typing import Any

import pytest

from mailhub import tags
from mailhub.accounts import Account
from mailhub.counting import count_events
from mailhub.db import bulk
from mailhub.errors import Invalid
from mailhub.hub import Hub
from mailhub.messages import Outcome
from mailhub.outbox import claim, settle
from mailhub.permissions import Actor
from mailhub.submitted import chosen, known_tags, tracking
from mailhub.testing import make_owner, make_source


def _sent(core: Hub, actor: Actor, count: int, tag: str = "", kind: str = "delivered") -> list[str]:
    source = make_source(core, Account.get_by_id(actor.account_id), [f"u{n}@example.com" for n in range(count)])
    with bulk():
        ids = [each.id for each in claim(source, core.node.number, count, core.ms())]
        if tag:
            tags.put(actor.account_id, tag, ids)
        settle(core.node.number, [Outcome(id_, 1, kind, core.ms(), 250) for id_ in ids])
    count_events(core)
    return [str(id_) for id_ in ids]


def _list(core: Hub, actor: Actor, **given: Any) -> Any:
    return core.call(actor, "messages.list", **given)


def test_pages_newest_first(core: Hub) -> None:
    owner = make_owner(core)[2]
    ids = _sent(core, owner, 5)
    first = _list(core, owner, limit=3)
    assert [each["id"] for each in first["messages"]] == ids[:1:-1]
    rest = _list(core, owner, limit=3, before=first["next"])
    assert ([each["id"] for each in rest["messages"]], rest["next"]) == (ids[1::-1], None)


def test_by_tag_outcome_and_address(core: Hub) -> None:
    owner = make_owner(core)[2]
    _sent(core, owner, 2)
    orders = _sent(core, owner, 2, "orders")
    bounced = _sent(core, owner, 1, "orders", "bounced")
    assert {each["id"] for each in _list(core, owner, tag="orders")["messages"]} == {*orders, *bounced}
    (one,) = _list(core, owner, tag="orders", status="bounced", address="U0@example.com")["messages"]
    assert (one["id"], one["status"], one["tag"], one["to"]) == (bounced[0], "bounced", "orders", "u0@example.com")
    (told,) = core.call(owner, "messages.tags")["tags"]
    assert (told["tag"], told["sent"], told["delivered"], told["bounced"]) == ("orders", 3, 2, 1)
    assert known_tags(owner.account_id) == ["orders"]


def test_another_accounts_messages_are_not_there(core: Hub) -> None:
    make_owner(core)
    mine, other = make_owner(core, "Mine")[2], make_owner(core, "Other")[2]
    _sent(core, other, 2, "orders")
    assert _list(core, mine)["messages"] == []
    assert _list(core, mine, tag="orders")["messages"] == []
    assert core.call(mine, "messages.tags")["tags"] == []


@pytest.mark.parametrize("before", ["x", "-1", "٣", "9" * 30])
def test_a_number_that_is_none(core: Hub, before: str) -> None:
    with pytest.raises(Invalid):
        _list(core, make_owner(core)[2], before=before)


def test_what_is_counted_of_submitted_mail(core: Hub) -> None:
    owner = make_owner(core)[2]
    account = owner.account_id
    assert chosen(account) == (False, False)
    assert core.call(owner, "messages.set_tracking", opens=True) == {"opens": True, "clicks": False}
    assert core.call(owner, "messages.set_tracking", clicks=True) == {"opens": True, "clicks": True}
    assert chosen(make_owner(core, "Other")[0].id) == (False, False)
    nothing = {"track_opens": None, "track_clicks": None}
    assert tracking(account, nothing) == {"opens": True, "clicks": True}
    assert tracking(account, {**nothing, "track_opens": False}) == {"opens": False, "clicks": True}
