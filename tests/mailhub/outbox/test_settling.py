"""Settling is idempotent, `delivered` always wins, other outcomes need a living claim."""

from mailhub import outbox
from mailhub.db import bulk
from mailhub.hub import Hub
from mailhub.messages import Event, Message, Outcome, Queued, Source
from mailhub.testing import make_owner
from mailhub.vocabulary import Recipient


def _claimed(hub: Hub, count: int) -> tuple[Source, list[int]]:
    account, _, _ = make_owner(hub)
    with bulk():
        source = outbox.open_source(hub, account.id, "test", "settling")
        outbox.submit(hub, source, [Recipient(i, f"u{i}@example.com") for i in range(count)])
    with bulk():
        claimed = outbox.claim(source, hub.node.number, count, hub.ms())
    return source, [each.id for each in claimed]


def test_outcomes_become_ledger_rows_and_events_once(hub: Hub) -> None:
    _, ids = _claimed(hub, 10)
    outcomes = [Outcome(id_, 1, "delivered", hub.ms(), 250, "2.0.0", "taken") for id_ in ids]
    for _ in range(2):
        with bulk():
            outbox.settle(hub.node.number, outcomes)
    assert Message.select().count() == 10
    assert Event.select().where(Event.kind == "delivered").count() == 10
    assert Queued.select().count() == 0


def test_a_deferred_message_waits_with_its_attempt_counted(hub: Hub) -> None:
    _, [id_] = _claimed(hub, 1)
    due = hub.ms() + 60_000
    with bulk():
        outbox.settle(hub.node.number, [Outcome(id_, 1, "deferred", hub.ms(), 451, "4.2.0", "later", due_at=due)])
    row = Queued.get_by_id(id_)
    assert (row.attempts, row.due_at, row.holder) == (1, due, None)
    assert Message.select().count() == 0
    assert Event.get().attempt == 1


def test_after_the_claim_is_lost_only_delivered_counts(hub: Hub) -> None:
    _, ids = _claimed(hub, 2)
    with bulk():
        outbox.release_node(hub.node.number, hub.ms())
        outbox.settle(
            hub.node.number,
            [Outcome(ids[0], 1, "bounced", hub.ms(), 550), Outcome(ids[1], 1, "delivered", hub.ms(), 250)],
        )
    assert [row.id for row in Message.select()] == [ids[1]]
    assert [row.id for row in Queued.select()] == [ids[0]]
