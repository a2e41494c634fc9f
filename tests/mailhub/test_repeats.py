"""A request that comes twice is done once: same key and body, same answer; another body is refused; for a day."""

import threading
from typing import Any

import pytest
from marshmallow import fields

from mailhub.actions import Action, Arguments, argument
from mailhub.activity import Activity
from mailhub.db import close_database
from mailhub.errors import Conflict, Forbidden, Invalid
from mailhub.hub import Hub
from mailhub.permissions import Actor
from mailhub.repeats import KEPT, KeptAnswer, forget_old
from mailhub.testing import Clock, make_owner

done: list[str] = []


class Named(Arguments):
    name = argument(fields.String, "a name", required=True)


def _work(hub: Hub, actor: Actor, name: str) -> dict[str, Any]:
    if name == "bad":
        raise Conflict("No.")
    done.append(name)
    return {"number": len(done), "name": name}


MAKE = Action("users.make", "Make", "users.create", _work, Named)


@pytest.fixture(autouse=True)
def _nothing_done() -> None:
    done.clear()


def test_the_second_time_gives_the_first_answer(core: Hub) -> None:
    _, _, owner = make_owner(core)
    first = MAKE.perform(core, owner, {"name": "a"}, "key 1")
    assert MAKE.perform(core, owner, {"name": "a"}, "key 1") == first == {"number": 1, "name": "a"}
    assert done == ["a"]
    assert Activity.select().where(Activity.action == "users.make").count() == 1
    assert MAKE.perform(core, owner, {"name": "a"})["number"] == 2, "without a key each request counts"


def test_another_request_with_the_key_is_refused(core: Hub) -> None:
    _, _, owner = make_owner(core)
    MAKE.perform(core, owner, {"name": "a"}, "k")
    with pytest.raises(Conflict, match="used for another request"):
        MAKE.perform(core, owner, {"name": "b"}, "k")
    assert done == ["a"]


def test_a_key_belongs_to_one_user_and_door(core: Hub) -> None:
    account, _, owner = make_owner(core)
    _, _, stranger = make_owner(core, "Other")
    colleague = Actor(account.id, "api", 9999, "Bob", frozenset({"*"}))
    for actor in (owner, stranger, colleague):
        MAKE.perform(core, actor, {"name": "a"}, "k")
    assert done == ["a"] * 3


def test_what_failed_may_be_tried_again_with_its_key(core: Hub) -> None:
    _, _, owner = make_owner(core)
    with pytest.raises(Conflict, match="No"):
        MAKE.perform(core, owner, {"name": "bad"}, "k")
    assert not KeptAnswer.select().exists()
    assert MAKE.perform(core, owner, {"name": "a"}, "k")["number"] == 1


def test_the_permission_counts_each_time(core: Hub) -> None:
    account, user, owner = make_owner(core)
    MAKE.perform(core, owner, {"name": "a"}, "k")
    with pytest.raises(Forbidden):
        MAKE.perform(core, Actor(account.id, "web", user.id, "Ada", frozenset()), {"name": "a"}, "k")


@pytest.mark.parametrize("key", ["x" * 201, "é", "a\nb"])
def test_a_key_is_short_and_plain(core: Hub, key: str) -> None:
    with pytest.raises(Invalid):
        MAKE.perform(core, make_owner(core)[2], {"name": "a"}, key)


def test_an_answer_is_kept_for_a_day(core: Hub) -> None:
    core.clock = clock = Clock()
    _, _, owner = make_owner(core)
    MAKE.perform(core, owner, {"name": "a"}, "k")
    clock.move(KEPT / 1000 - 1)
    MAKE.perform(core, owner, {"name": "a"}, "k")
    assert done == ["a"]
    clock.move(2)
    MAKE.perform(core, owner, {"name": "a"}, "k")
    assert done == ["a", "a"]
    clock.move(KEPT / 1000 + 1)
    forget_old(core.ms())
    assert not KeptAnswer.select().exists()


def test_two_at_the_same_moment_do_it_once(core: Hub) -> None:
    _, _, owner = make_owner(core)
    answers: list[Any] = []

    def ask() -> None:
        answers.append(MAKE.perform(core, owner, {"name": "a"}, "k"))
        close_database()

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(30)
    assert answers == [{"number": 1, "name": "a"}] * 6
    assert done == ["a"]
