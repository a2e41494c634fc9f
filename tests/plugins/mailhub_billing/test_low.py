"""Low credit is told once at each passing."""

from collections.abc import Callable
from typing import Any

import pytest

from mailhub import Hub, Invalid
from mailhub.messages import Event, Source
from mailhub.permissions import Actor
from mailhub.testing import make_owner
from mailhub_billing.low import DEFAULT
from tests.plugins.mailhub_billing.conftest import settle, submit, tick

TopUp = Callable[..., dict[str, Any]]


def told() -> list[dict[str, Any]]:
    return [each.values for each in Event.select().where(Event.kind == "credit.low").order_by(Event.id)]


def test_it_is_told_once_and_again_after_a_top_up(hub: Hub, source: Source, top_up: TopUp) -> None:
    top_up(str(DEFAULT + 50), unit="mails")
    submit(hub, source, 50)
    tick(hub)
    assert told() == [], "as many as the threshold is not below it"
    for first in (51, 61, 71):
        submit(hub, source, 10, first)
        tick(hub)
    assert told() == [{"mails": DEFAULT - 10, "threshold": DEFAULT, "money": 0, "currency": "EUR"}]
    top_up("10", unit="mails")
    submit(hub, source, 5, 100)
    tick(hub)
    assert len(told()) == 1, "that top-up stayed below"
    top_up("100", unit="mails")
    tick(hub)
    submit(hub, source, 150, 200)
    tick(hub)
    assert len(told()) == 2


def test_what_bounces_does_not_make_it_told_again(hub: Hub, source: Source, top_up: TopUp) -> None:
    top_up(str(DEFAULT + 20), unit="mails")
    submit(hub, source, 30)
    tick(hub)
    settle(hub, source, "bounced", 15)
    tick(hub)
    submit(hub, source, 15, 100)
    tick(hub)
    assert len(told()) == 1


def test_nothing_under_way_and_credit_again_makes_ready(hub: Hub, source: Source, top_up: TopUp) -> None:
    top_up(str(DEFAULT + 20), unit="mails")
    submit(hub, source, 30)
    tick(hub)
    settle(hub, source, "bounced", 30)
    tick(hub)
    submit(hub, source, 30, 100)
    tick(hub)
    assert len(told()) == 2


def test_the_threshold_is_the_accounts(hub: Hub, owner: Actor, source: Source, top_up: TopUp) -> None:
    hub.call(owner, "billing.threshold", mails=0)
    top_up("10", unit="mails")
    submit(hub, source, 10)
    tick(hub)
    assert told() == []
    with pytest.raises(Invalid, match="0 or more"):
        hub.call(owner, "billing.threshold", mails=-1)
    _, _, other = make_owner(hub, "Other")
    assert hub.call(other, "billing.balance")["threshold"] == DEFAULT
