"""Outcomes become charges and releases, each once, whatever the order, the batch or the purge."""

from collections.abc import Callable
from typing import Any

import pytest

from mailhub import Hub, outbox, retention
from mailhub.counting import count_events
from mailhub.db import bulk, sql, transaction
from mailhub.events import follow
from mailhub.messages import Event, Message, Source
from mailhub.outbox.settling import cancel_waiting
from mailhub.permissions import Actor
from mailhub.testing import Clock
from mailhub_billing import settling
from mailhub_billing.models import Entry, Lot
from tests.plugins.mailhub_billing.conftest import PRICE, charged, held, new_source, settle, submit, tick

TopUp = Callable[..., dict[str, Any]]


def test_delivered_is_charged_and_the_rest_given_back(
    hub: Hub, source: Source, owner: Actor, staff: Actor, top_up: TopUp
) -> None:
    top_up("10")
    submit(hub, source, 100)
    for kind, count in (("delivered", 60), ("bounced", 20), ("expired", 5), ("refused", 5)):
        assert settle(hub, source, kind, count) == count
    tick(hub)
    assert charged(owner.account_id) == 60 * PRICE
    assert held(hub, owner.account_id) == (0, 10_000_000 - 70 * PRICE, 0, 10 * PRICE)
    outbox.cancel(hub, source.id)
    with bulk():
        assert cancel_waiting(source.id, hub.node.number, hub.ms(), 100) == 10
    tick(hub)
    assert held(hub, owner.account_id) == (0, 10_000_000 - 60 * PRICE, 0, 0)
    assert hub.call(staff, "billing.check") == {
        "right": True, "differences": [], "sums": {"EUR": 0}, "reserved": {"EUR": 0},
    }  # fmt: skip


def test_a_deferred_message_stays_reserved(hub: Hub, source: Source, owner: Actor, top_up: TopUp) -> None:
    top_up("10")
    submit(hub, source, 2)
    settle(hub, source, "deferred", 2)
    tick(hub)
    assert charged(owner.account_id) == 0
    assert held(hub, owner.account_id)[3] == 2 * PRICE


def test_a_batch_is_one_entry_for_each_source_and_outcome(hub: Hub, owner: Actor, top_up: TopUp) -> None:
    top_up("100")
    sources = [new_source(hub, owner.account_id) for _ in range(2)]
    for each in sources:
        submit(hub, each, 300)
        settle(hub, each, "delivered", 200)
        settle(hub, each, "bounced", 100)
    tick(hub)
    made = Entry.select().where(Entry.kind.in_(["charge", "release"])).order_by(Entry.id)
    assert [(each.source_id, each.kind, each.count) for each in made] == [
        (sources[0].id, "charge", 200), (sources[0].id, "release", 100),
        (sources[1].id, "charge", 200), (sources[1].id, "release", 100),
    ]  # fmt: skip
    first = made[0]
    told = Event.select().where(Event.id.between(first.first_event, first.last_event), Event.kind == "delivered")
    assert told.where(Event.source_id == sources[0].id).count() == 200


def test_looking_again_charges_nothing_more(hub: Hub, source: Source, owner: Actor, top_up: TopUp) -> None:
    top_up("10")
    submit(hub, source, 5)
    settle(hub, source, "delivered", 5)
    for _ in range(3):
        tick(hub)
    assert charged(owner.account_id) == 5 * PRICE


def test_a_fault_between_passing_and_taking_in_loses_nothing(
    hub: Hub, source: Source, owner: Actor, top_up: TopUp
) -> None:
    """The cursor has moved, the ledger has not: what was passed is kept until it is taken in."""
    top_up("10")
    submit(hub, source, 5)
    settle(hub, source, "delivered", 5)
    with bulk():
        assert follow("billing", 3, settling.pass_by) == 3
    assert charged(owner.account_id) == 0
    with pytest.raises(ZeroDivisionError), transaction():
        settling.take_in(hub, owner.account_id)
        raise ZeroDivisionError
    assert charged(owner.account_id) == 0
    tick(hub)
    assert charged(owner.account_id) == 5 * PRICE


def test_a_source_that_is_not_charged_is_passed_by(hub: Hub, owner: Actor, source: Source, top_up: TopUp) -> None:
    top_up("10")
    submit(hub, source, 1)
    alarm = new_source(hub, owner.account_id, stream="system", kind="system")
    submit(hub, alarm, 3)
    settle(hub, alarm, "delivered", 3)
    tick(hub)
    assert charged(owner.account_id) == 0
    assert held(hub, owner.account_id)[3] == PRICE


def test_more_outcomes_than_were_reserved_never_make_a_balance_wrong(
    hub: Hub, source: Source, owner: Actor, staff: Actor, top_up: TopUp
) -> None:
    """A process that did not charge yet submitted two of these: it is told, and nothing is charged for them."""
    top_up("10")
    submit(hub, source, 5)
    with transaction():
        sql("INSERT INTO billing_outcomes (account_id, source_id, kind, count, first_event, last_event) "
            "VALUES (?, ?, 'charge', 7, 1, 2)", (owner.account_id, source.id))  # fmt: skip
    tick(hub)
    assert charged(owner.account_id) == 5 * PRICE
    assert held(hub, owner.account_id)[3] == 0
    assert not hub.call(staff, "billing.check")["right"], "charged five, delivered none"


def test_purging_waits_for_the_ledger_and_leaves_it_right(
    hub: Hub, source: Source, owner: Actor, staff: Actor, top_up: TopUp, clock: Clock
) -> None:
    top_up("10")
    submit(hub, source, 50)
    settle(hub, source, "delivered", 40)
    settle(hub, source, "bounced", 10)
    count_events(hub)
    clock.move(500 * 86_400)
    cutoff = hub.ms() - 400 * 86_400_000
    other = new_source(hub, owner.account_id)
    submit(hub, other, 1)
    settle(hub, other, "delivered", 1)
    count_events(hub)
    sql("UPDATE cursors SET position = (SELECT max(id) FROM events) WHERE name NOT IN ('billing', 'counters')")
    sql("UPDATE messages SET settled_at = ?", (cutoff - 1,))
    sql("UPDATE events SET at = ? WHERE source_id = ?", (cutoff - 1, source.id))
    retention.purge(hub, cutoff, float("inf"))
    assert Event.select().where(Event.source_id == source.id).count() == 50, "the ledger has not read them"
    tick(hub)
    retention.purge(hub, cutoff, float("inf"))
    assert not Event.select().where(Event.source_id == source.id).exists()
    assert not Message.select().where(Message.source_id == source.id).exists()
    assert charged(owner.account_id) == 41 * PRICE
    assert Lot.get(Lot.source_id == source.id).waiting == 0
    assert hub.call(staff, "billing.check")["differences"] == []
