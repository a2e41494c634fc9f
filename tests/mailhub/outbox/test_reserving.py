"""The hook `reserve`: asked once a page for those who were admitted; a hold keeps the page out, a fault too."""

from typing import Any

import pytest

from mailhub import Hold, Hub, hookimpl, outbox
from mailhub.accounts import Account
from mailhub.addresses import suppress
from mailhub.db import bulk, transaction
from mailhub.messages import HELD, OPEN, Queued, Source
from mailhub.testing import make_owner
from mailhub.vocabulary import Recipient


class Purse:
    """A plugin that lets as many in as it has been told."""

    def __init__(self) -> None:
        self.answer: Any = None
        self.asked: list[int] = []

    @hookimpl
    def reserve(self, hub: Hub, source: Source, count: int) -> Any:
        self.asked.append(count)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def purse(core: Hub) -> Purse:
    plugin = Purse()
    core.manager.register(plugin, "purse")
    return plugin


@pytest.fixture
def account(core: Hub) -> Account:
    return make_owner(core)[0]


@pytest.fixture
def source(core: Hub, account: Account) -> Source:
    with transaction():
        return outbox.open_source(core, account.id, "test", "Test")


def submit(hub: Hub, source: Source, count: int) -> outbox.Submitted:
    with bulk():
        return outbox.submit(hub, source, [Recipient(n, f"p{n}@example.org") for n in range(1, count + 1)])


def test_it_is_asked_once_a_page_for_those_admitted(core: Hub, purse: Purse, source: Source, account: Account) -> None:
    with transaction():
        suppress(account.id, ["p2@example.org"], scope="all", reason="manual", origin="", at=core.ms())
    submit(core, source, 5)
    assert purse.asked == [4]


def test_a_page_of_which_nobody_is_admitted_asks_nothing(
    core: Hub, purse: Purse, source: Source, account: Account
) -> None:
    with transaction():
        suppress(account.id, ["p1@example.org"], scope="all", reason="manual", origin="", at=core.ms())
    purse.answer = Hold("No credit.", 1)
    assert submit(core, source, 1).refused == 1
    assert purse.asked == []


@pytest.mark.parametrize(("room", "told"), [(0, 0), (3, 3), (5, 4), (99, 4), (-1, 0)])
def test_a_hold_takes_nothing_of_the_page(core: Hub, purse: Purse, source: Source, room: int, told: int) -> None:
    purse.answer = Hold("No credit.", 77, room)
    with pytest.raises(outbox.Short, match="No credit.") as caught:
        submit(core, source, 5)
    assert (caught.value.until, caught.value.room) == (77, told)
    assert not Queued.select().exists()
    assert Source.get_by_id(source.id).submitted == 0


@pytest.mark.parametrize("answer", [ZeroDivisionError(), "yes", 5])
def test_a_plugin_that_fails_lets_nothing_in(core: Hub, purse: Purse, source: Source, answer: object) -> None:
    purse.answer = answer
    with pytest.raises(outbox.Short, match="The plugin purse failed to answer") as caught:
        submit(core, source, 5)
    assert caught.value.room == 0
    assert not Queued.select().exists()


def test_a_source_is_held_once_what_it_submitted_has_left(core: Hub, source: Source) -> None:
    submit(core, source, 2)
    short = outbox.Short("No credit.", core.ms() + 1000, 0)
    with transaction():
        assert not outbox.hold_when_left(core, source, short)
    assert Source.get_by_id(source.id).state == OPEN
    with bulk():
        outbox.claim(source, core.node.number, 2, core.ms())
        assert not outbox.hold_when_left(core, source, short), "on their way is not gone"
    Queued.update(due_at=core.ms() + 900_000, holder=None).execute()
    with transaction():
        assert outbox.hold_when_left(core, source, short), "they wait for another attempt"
    assert Source.get_by_id(source.id).held_reason == "No credit."


def test_it_is_opened_again_for_its_own_reason_alone(core: Hub, source: Source) -> None:
    with transaction():
        outbox.hold(core, source, "No credit.", core.ms() + 1000)
        assert not outbox.open_again(source.id, "The window is closed.")
    assert Source.get_by_id(source.id).state == HELD
    with transaction():
        assert outbox.open_again(source.id, "No credit.")
        assert not outbox.open_again(source.id, "No credit.")
    assert Source.get_by_id(source.id).state == OPEN
