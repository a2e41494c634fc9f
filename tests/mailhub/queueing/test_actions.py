"""What doors ask of the queue: an account of its own messages alone, the operator of all; nobody of all by mistake."""

import pytest

from mailhub.activity import Activity
from mailhub.errors import Forbidden, Invalid, NotFound
from mailhub.hub import Hub
from mailhub.messages import NEVER, Message, Queued
from mailhub.queueing.actions import domain

from .conftest import World


def test_domains_are_compared_as_the_queue_keeps_them() -> None:
    assert domain("Grey.Example") == "grey.example"
    assert domain(" @bücher.example ") == domain("u@bücher.example")
    assert domain("") is None


def test_an_account_sees_its_own_groups_with_the_servers_words(core: Hub, world: World) -> None:
    told = core.call(world.operator, "queue.list")
    assert (told["messages"], told["groups"]) == (6, 2)
    first, second = told["waiting"]
    assert (first["domain"], first["reason"], first["messages"], first["code"]) == (
        "grey.example",
        "greylisted",
        5,
        451,
    )
    assert first["text"] == "<u@grey.example> come back"
    assert "greylisting" in first["why"]
    assert (second["domain"], second["reason"]) == ("b.example", "turn")
    assert core.call(world.operator, "queue.list", reason="turn")["messages"] == 1
    assert core.call(world.tenant, "queue.list", domain="GREY.example")["messages"] == 3


def test_the_operator_sees_all_without_the_names_of_mailboxes(core: Hub, world: World) -> None:
    [first, _] = core.call(world.operator, "server_queue.list")["waiting"]
    assert (first["messages"], first["text"]) == (8, "<…@grey.example> come back")
    assert core.call(world.operator, "server_queue.list", account=world.tenant.account_id)["messages"] == 3


def test_only_ones_own_messages_are_changed(core: Hub, world: World) -> None:
    def due() -> list[int]:
        return [row.due_at for row in Queued.select().where(Queued.source == world.theirs).order_by(Queued.id)]

    before = due()
    for verb in ("retry", "hold", "release", "delete"):
        assert core.call(world.operator, f"queue.{verb}", domain="grey.example")["messages"] == 5
    core.call(world.operator, "queue.delete", all=True)
    assert due() == before
    assert {row.source_id for row in Message.select()} == {world.ours.id}


def test_one_message_is_named_by_its_number(core: Hub, world: World) -> None:
    ours, theirs = (Queued.get(Queued.source == source).id for source in (world.ours, world.theirs))
    assert core.call(world.operator, "queue.hold", number=ours) == {"messages": 1, "more": 0, "job": None}
    assert [row.id for row in Queued.select().where(Queued.due_at == NEVER)] == [ours]
    for verb in ("retry", "hold", "release", "delete"):
        with pytest.raises(NotFound):
            core.call(world.operator, f"queue.{verb}", number=theirs)


def test_nothing_chosen_is_not_everything(core: Hub, world: World) -> None:
    for name in ("queue.delete", "server_queue.delete"):
        with pytest.raises(Invalid, match="all=yes"):
            core.call(world.operator, name)
        with pytest.raises(Invalid, match="all=yes"):
            core.call(world.operator, name, domain="", all="no")
    assert Queued.select().count() == 9
    assert core.call(world.operator, "server_queue.delete", all="yes")["messages"] == 9


def test_what_the_operator_holds_the_account_cannot_release(core: Hub, world: World) -> None:
    theirs = {"account": world.tenant.account_id}
    assert core.call(world.operator, "server_queue.hold", **theirs)["messages"] == 3
    assert core.call(world.tenant, "queue.release", all=True)["messages"] == 0
    assert core.call(world.tenant, "queue.list")["waiting"][0]["reason"] == "held_by_operator"
    assert core.call(world.tenant, "queue.list")["waiting"][0]["next_attempt"] is None
    assert core.call(world.operator, "server_queue.release", **theirs)["messages"] == 3


def test_the_whole_queue_and_the_lanes_are_the_operators(core: Hub, world: World) -> None:
    for name in ("server_queue.list", "server_queue.delete", "queue.lanes"):
        with pytest.raises(Forbidden, match="operator's account alone"):
            core.call(world.tenant, name)


def test_the_log_says_what_was_done_to_which_destination(core: Hub, world: World) -> None:
    core.call(world.operator, "server_queue.hold", domain="grey.example")
    core.call(world.operator, "queue.retry", all=True)
    rows = [(row.action, row.target) for row in Activity.select().order_by(Activity.id.desc()).limit(2)]
    assert rows == [("queue.retry", ""), ("server_queue.hold", "grey.example")]
