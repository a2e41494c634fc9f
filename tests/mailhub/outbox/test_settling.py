"""Settling is idempotent, `delivered` always wins, other outcomes need a living claim."""

import threading

import pytest

from mailhub import outbox
from mailhub.db import bulk, close_database
from mailhub.hub import Hub
from mailhub.messages import Event, Message, Outcome, Queued, Source
from mailhub.outbox import settling
from mailhub.testing import make_owner, make_source
from mailhub.vocabulary import Recipient


def _claimed(hub: Hub, count: int) -> tuple[Source, list[int]]:
    account, _, _ = make_owner(hub)
    with bulk():
        source = outbox.open_source(hub, account.id, "test", "settling")
        outbox.submit(hub, source, [Recipient(i, f"u{i}@example.com") for i in range(count)])
    with bulk():
        claimed = outbox.claim(source, hub.node.number, count, hub.ms())
    return source, [each.id for each in claimed]


def test_outcomes_become_ledger_rows_and_events_once(core: Hub) -> None:
    _, ids = _claimed(core, 10)
    outcomes = [Outcome(id_, 1, "delivered", core.ms(), 250, "2.0.0", "taken") for id_ in ids]
    for _ in range(2):
        with bulk():
            outbox.settle(core.node.number, outcomes)
    assert Message.select().count() == 10
    assert Event.select().where(Event.kind == "delivered").count() == 10
    assert Queued.select().count() == 0


def test_a_deferred_message_waits_with_its_attempt_counted(core: Hub) -> None:
    _, [id_] = _claimed(core, 1)
    due = core.ms() + 60_000
    with bulk():
        outbox.settle(core.node.number, [Outcome(id_, 1, "deferred", core.ms(), 451, "4.2.0", "later", due_at=due)])
    row = Queued.get_by_id(id_)
    assert (row.attempts, row.due_at, row.holder) == (1, due, None)
    assert Message.select().count() == 0
    assert Event.get().attempt == 1


def test_after_the_claim_is_lost_only_delivered_counts(core: Hub) -> None:
    _, ids = _claimed(core, 2)
    with bulk():
        outbox.release_node(core.node.number, core.ms())
        outbox.settle(
            core.node.number,
            [Outcome(ids[0], 1, "bounced", core.ms(), 550), Outcome(ids[1], 1, "delivered", core.ms(), 250)],
        )
    assert [row.id for row in Message.select()] == [ids[1]]
    assert [row.id for row in Queued.select()] == [ids[0]]


def test_delivered_is_told_also_when_another_node_tried_meanwhile(core: Hub) -> None:
    """The lease ran out, another node was told to come back later, and then the first hears its 250."""
    source, [id_] = _claimed(core, 1)
    with bulk():
        outbox.release_node(core.node.number, core.ms())
        outbox.claim(source, 99, 1, core.ms())
        outbox.settle(99, [Outcome(id_, 1, "deferred", core.ms(), 451, due_at=core.ms() + 60_000)])
    with bulk():
        assert outbox.settle(core.node.number, [Outcome(id_, 1, "delivered", core.ms(), 250)]) == 1
    assert (Message.get_by_id(id_).outcome, Message.get_by_id(id_).attempts) == ("delivered", 2)
    assert [(each.kind, each.attempt) for each in Event.select().order_by(Event.id)] == [
        ("deferred", 1),
        ("delivered", 2),
    ]


def test_two_connections_settle_the_same_message_once(core: Hub) -> None:
    _, ids = _claimed(core, 200)
    barrier, counted, faults = threading.Barrier(2), [], []

    def settle(kind: str, order: int) -> None:
        barrier.wait()
        try:
            outcomes = [Outcome(id_, 1, kind, core.ms(), 250, text=kind) for id_ in ids[::order]]
            with bulk():
                counted.append(outbox.settle(core.node.number, outcomes))
        except Exception as error:
            faults.append(error)
        finally:
            close_database()

    threads = [
        threading.Thread(target=settle, args=("delivered", 1)),
        threading.Thread(target=settle, args=("bounced", -1)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert sorted(counted) == [0, 200]
    assert Message.select().count() == 200
    assert Event.select().count() == 200
    assert len({row.outcome for row in Message.select()}) == 1
    assert Queued.select().count() == 0


def test_a_settling_waits_for_the_one_before_it(core: Hub, database_url: str) -> None:
    """On PostgreSQL the second sees what the first committed, whichever statement it has reached."""
    if not database_url:
        pytest.skip("SQLite has one writer: the second cannot begin before the first has ended.")
    _, [id_] = _claimed(core, 1)
    counted: list[int] = []

    def second() -> None:
        with bulk():
            counted.append(outbox.settle(core.node.number, [Outcome(id_, 1, "delivered", core.ms(), 250)]))
        close_database()

    thread = threading.Thread(target=second)
    with bulk():
        counted.append(outbox.settle(core.node.number, [Outcome(id_, 1, "delivered", core.ms(), 250)]))
        thread.start()
        thread.join(0.3)
        assert thread.is_alive()
    thread.join()
    assert counted == [1, 0]
    assert Message.select().count() == 1


def test_a_ledger_row_has_everything_the_outcome_said(core: Hub) -> None:
    source, [id_] = _claimed(core, 1)
    outcome = Outcome(
        id_, 1, "bounced", 1_700_000_000_000, 550, "5.1.1", "no such user ’", "hard", "p", "host:25", "TLSv1.3"
    )
    with bulk():
        outbox.settle(core.node.number, [outcome])
    row = Message.get_by_id(id_)
    fields = (
        row.id,
        row.attempts,
        row.outcome,
        row.settled_at,
        row.code,
        row.enhanced,
        row.text,
        row.reason,
        row.plugin,
    )
    assert (*fields, row.route, row.tls, 0) == outcome
    assert (row.source_id, row.account_id, row.address) == (source.id, source.account_id, "u0@example.com")
    assert Event.get().text == "no such user ’"


def test_an_outcome_fits_the_table_it_is_loaded_into(core: Hub) -> None:
    columns = [column.split()[0] for column in settling._TABLE.strip("()").split(", ")]
    assert tuple(columns) == Outcome._fields


def test_the_last_of_two_outcomes_in_a_batch_counts(core: Hub) -> None:
    _, [id_] = _claimed(core, 1)
    with bulk():
        outbox.settle(core.node.number, [Outcome(id_, 1, "bounced", 5, 550), Outcome(id_, 1, "delivered", 6, 250)])
    assert Message.get().outcome == "delivered"


def test_batches_follow_each_other_on_one_connection(core: Hub) -> None:
    _, ids = _claimed(core, 3)
    with bulk():
        for id_ in ids:
            assert outbox.settle(core.node.number, [Outcome(id_, 1, "delivered", core.ms(), 250)]) == 1
    with bulk():
        assert outbox.settle(core.node.number, []) == 0
    assert Message.select().count() == 3


def test_a_settling_that_fails_changes_nothing(core: Hub) -> None:
    _, [id_] = _claimed(core, 1)

    def crash() -> None:
        with bulk():
            outbox.settle(core.node.number, [Outcome(id_, 1, "delivered", core.ms(), 250)])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        crash()
    assert (Message.select().count(), Event.select().count(), Queued.select().count()) == (0, 0, 1)


def test_what_waits_in_a_cancelled_source_is_settled_and_what_is_under_way_is_not(core: Hub) -> None:
    source, _ = _claimed(core, 5)
    with bulk():
        outbox.release(core.node.number, [row.id for row in Queued.select().limit(4)], core.ms())
    counts = []
    for _ in range(3):
        with bulk():
            counts.append(settling.cancel_waiting(source.id, 99, core.ms(), 3))
    assert counts == [3, 1, 0]
    assert {row.outcome for row in Message.select()} == {"cancelled"}
    assert Queued.get().holder == core.node.number


def test_a_cancel_lets_be_what_a_worker_is_claiming(core: Hub) -> None:
    """On PostgreSQL the cancel waits for the claim's rows, and must not take them when it gets them."""
    source = make_source(core, make_owner(core)[0], [f"u{number}@example.com" for number in range(6)])
    claimed, told = threading.Event(), threading.Event()

    def claim() -> None:
        with bulk():
            assert len(outbox.claim(source, 77, 4, core.ms())) == 4
            claimed.set()
            told.wait(0.5)
        close_database()

    worker = threading.Thread(target=claim)
    worker.start()
    assert claimed.wait(20)
    with bulk():
        settling.cancel_waiting(source.id, core.node.number, core.ms(), 100)
    worker.join()
    with bulk():
        settling.cancel_waiting(source.id, core.node.number, core.ms(), 100)
    assert Queued.select().where(Queued.holder == 77).count() == 4
    assert Message.select().where(Message.outcome == "cancelled").count() == 2
