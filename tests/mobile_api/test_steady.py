"""A wish on what was read: where somebody else was faster it is read anew; other troubles are not hidden."""

from collections.abc import Callable

import peewee
import pytest

from mailhub.accounts import Account
from mailhub.errors import Conflict, Invalid
from mailhub.hub import Hub
from mobile_api.access import Device
from mobile_api.steady import TRIES, carry_out

from .conftest import Phone, Team


@pytest.fixture
def device(phone: Callable[..., Phone], app: object) -> Device:
    there = phone()
    access = app.extensions["access"]  # type: ignore[attr-defined]
    found: Device = access.read(there.token)
    return found


def test_a_key_gives_the_first_answer_again(hub: Hub, device: Device) -> None:
    done: list[int] = []

    def work() -> list[int]:
        done.append(len(done))
        return list(done)

    for _ in range(3):
        assert carry_out(hub, device, "one", {"a": 1}, work) == [0]
    assert carry_out(hub, device, "", {"a": 1}, work) == [0, 1]
    with pytest.raises(Conflict, match="another request"):
        carry_out(hub, device, "one", {"a": 2}, work)
    with pytest.raises(Invalid):
        carry_out(hub, device, "x" * 201, {}, work)


def test_a_wish_that_failed_changed_nothing_and_may_come_again(hub: Hub, team: Team, device: Device) -> None:
    def fail() -> None:
        Account.update(name="Changed").where(Account.id == team.account.id).execute()
        raise Conflict("not now")

    with pytest.raises(Conflict, match="not now"):
        carry_out(hub, device, "one", {}, fail)
    assert Account.get_by_id(team.account.id).name == "Acme"
    assert carry_out(hub, device, "one", {}, lambda: "done") == "done"


class _Overtaken(Exception):
    sqlstate = "40001"


def test_who_was_overtaken_tries_again_and_gives_up_in_the_end(hub: Hub, device: Device) -> None:
    tries: list[int] = []

    def work() -> str:
        tries.append(1)
        if len(tries) < 3:
            raise peewee.OperationalError(_Overtaken())
        return "done"

    assert carry_out(hub, device, "", {}, work) == "done"
    tries.clear()

    def never() -> None:
        tries.append(1)
        raise peewee.OperationalError(_Overtaken())

    with pytest.raises(peewee.OperationalError):
        carry_out(hub, device, "", {}, never)
    assert len(tries) == TRIES
    with pytest.raises(peewee.OperationalError, match="disk"):
        carry_out(hub, device, "", {}, _broken)


def _broken() -> None:
    raise peewee.OperationalError("disk is full")
