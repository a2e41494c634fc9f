"""What is undeliverable is suppressed once, in the account alone."""

from collections.abc import Callable, Sequence

import pytest

from mailhub.addresses import Suppression
from mailhub.errors import Conflict, Invalid
from mailhub.hub import Hub
from mailhub.permissions import Actor
from mailhub.testing import make_owner
from mailhub_verification import suppressing

Fill = Callable[[Hub, Actor, Sequence[str]], None]
Work = Callable[[Hub], None]


def test_the_undeliverable_ones_and_no_others(
    hub: Hub, fill: Fill, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suppressing, "BATCH", 2)
    account, _, actor = make_owner(hub)
    gone = [f"r{n}@gone.example" for n in range(5)]
    fill(hub, actor, ["ada@good.example", *gone, "ada@silent.example"])
    hub.call(actor, "suppressions.add", addresses=gone[0])
    number = hub.call(actor, "verifications.start", audience="Spring")["number"]
    with pytest.raises(Conflict, match="not done"):
        hub.call(actor, "verifications.suppress", number=number)
    work(hub)
    with pytest.raises(Invalid, match="no scope"):
        hub.call(actor, "verifications.suppress", number=number, scope="some")
    told = hub.call(actor, "verifications.suppress", number=number)
    assert told["suppression"]["state"] == "running"
    with pytest.raises(Conflict, match="already"):
        hub.call(actor, "verifications.suppress", number=number)
    work(hub)
    told = hub.call(actor, "verifications.show", number=number)
    assert told["suppression"] == {"state": "done", "scope": "bulk", "added": 4, "by": actor.name}
    entries = list(Suppression.select().order_by(Suppression.address))
    assert [each.address for each in entries] == gone
    assert {each.account_id for each in entries} == {account.id}
    assert entries[1].origin == f"{actor.name}, verification {number}"


def test_nothing_to_suppress(hub: Hub, fill: Fill, work: Work) -> None:
    actor = make_owner(hub)[2]
    fill(hub, actor, ["ada@good.example"])
    number = hub.call(actor, "verifications.start", audience="Spring")["number"]
    work(hub)
    with pytest.raises(Conflict, match="no undeliverable"):
        hub.call(actor, "verifications.suppress", number=number)
