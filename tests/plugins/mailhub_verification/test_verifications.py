"""Verifications as rows: what can be started, found, cancelled."""

from collections.abc import Callable, Sequence

import pytest

from mailhub.errors import Conflict, Forbidden, Invalid, NotFound
from mailhub.hub import Hub
from mailhub.jobs.rows import Job
from mailhub.permissions import Actor
from mailhub.testing import make_owner

Fill = Callable[[Hub, Actor, Sequence[str]], None]


def test_a_list_by_key_name_or_number(hub: Hub, fill: Fill) -> None:
    actor = make_owner(hub)[2]
    fill(hub, actor, ["ada@good.example", "bob@good.example"])
    for which in ("list:1", "Spring", "1"):
        told = hub.call(actor, "verifications.start", audience=which)
        assert (told["name"], told["audience"], told["total"], told["state"]) == ("Spring", "list:1", 2, "running")
        with pytest.raises(Conflict, match="already"):
            hub.call(actor, "verifications.start", audience="list:1")
        assert hub.call(actor, "verifications.cancel", number=told["number"])["state"] == "cancelled"
        assert Job.get_by_id(told["job"]).state == "cancelled"
        with pytest.raises(Conflict, match="over"):
            hub.call(actor, "verifications.cancel", number=told["number"])
    listed = hub.call(actor, "verifications.list", limit=2)
    assert [each["number"] for each in listed["verifications"]] == [3, 2]
    assert [each["number"] for each in hub.call(actor, "verifications.list", before=2)["verifications"]] == [1]


def test_what_cannot_be_verified(hub: Hub) -> None:
    actor = make_owner(hub)[2]
    hub.call(actor, "lists.create", name="Empty")
    with pytest.raises(Invalid, match="empty"):
        hub.call(actor, "verifications.start", audience="Empty")
    for which in ("Nothing", "list:99", "99", ""):
        with pytest.raises(NotFound):
            hub.call(actor, "verifications.start", audience=which)


def test_another_accounts_numbers(hub: Hub, fill: Fill) -> None:
    actor, stranger = make_owner(hub)[2], make_owner(hub, "Other")[2]
    fill(hub, actor, ["ada@good.example"])
    number = hub.call(actor, "verifications.start", audience="Spring")["number"]
    for verb in ("show", "results", "cancel", "suppress"):
        with pytest.raises(NotFound):
            hub.call(stranger, f"verifications.{verb}", number=number)
    for which in ("list:1", "Spring", "1"):
        with pytest.raises(NotFound):
            hub.call(stranger, "verifications.start", audience=which)
    assert hub.call(actor, "verifications.show", number=number)["state"] == "running"


def test_each_needs_its_right(hub: Hub) -> None:
    account, user, _ = make_owner(hub)
    reader = Actor(account.id, "web", user.id, "Eve", frozenset({"verifications.view"}))
    assert hub.call(reader, "verifications.list")["verifications"] == []
    for name, given in (
        ("verification.check", {"address": "a@b.example"}), ("verifications.start", {"audience": "x"}),
        ("verifications.cancel", {"number": 1}), ("verifications.suppress", {"number": 1}),
    ):  # fmt: skip
        with pytest.raises(Forbidden):
            hub.call(reader, name, **given)
