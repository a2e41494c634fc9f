"""The desk settles, claims and gives back; when the database cannot take it, nothing is forgotten."""

import asyncio
import errno
from collections.abc import Iterator

import pytest

from mailhub import outbox
from mailhub.db import sql, transaction
from mailhub.delivery.content import Draft
from mailhub.delivery.desk import Closed, Desk
from mailhub.delivery.freezing import freeze
from mailhub.hub import Hub
from mailhub.messages import Message, Outcome, Queued, Source
from mailhub.testing import make_owner
from mailhub.vocabulary import Recipient


@pytest.fixture
def desk(core: Hub) -> Iterator[Desk]:
    made = Desk(core)
    yield made
    made.end()


def _source(hub: Hub, count: int) -> Source:
    account, _, _ = make_owner(hub)
    with transaction():
        content = freeze(
            hub, account.id, {"en": Draft("Hi", "<p>Hi</p>", "", "a@example.com", "", "")}, "en", True, True
        )
        source = outbox.open_source(hub, account.id, "campaign", "desk", content=content)
        outbox.submit(hub, source, [Recipient(0, f"u{n}@example.net", "en") for n in range(count)])
    return source


def _delivered(desk: Desk, id_: int) -> Outcome:
    return Outcome(id_, 1, "delivered", desk.hub.ms(), 250, "2.0.0", "taken")


def test_a_batch_is_claimed_while_the_last_one_is_settled(desk: Desk) -> None:
    source = _source(desk.hub, 5)
    found = desk.next_batch(source.id, 3)
    assert found is not None
    first = [ready.waiting.id for ready in found.ready]
    for id_ in first:
        desk.journal.add(_delivered(desk, id_))
    found = desk.next_batch(source.id, 10)
    assert found is not None
    assert len(found.ready) == 2
    assert not set(first) & {ready.waiting.id for ready in found.ready}
    assert {row.id for row in Message.select()} == set(first)
    assert desk.hub.node.journal.stat().st_size == 0


def test_nothing_is_claimed_from_a_source_that_is_paused(desk: Desk) -> None:
    source = _source(desk.hub, 2)
    outbox.pause(source.id)
    assert desk.next_batch(source.id, 10) is None
    assert not Queued.select().where(Queued.holder.is_null(False)).exists()


def test_an_outcome_the_database_refused_is_settled_later(desk: Desk) -> None:
    source = _source(desk.hub, 1)
    found = desk.next_batch(source.id, 1)
    assert found is not None
    [ready] = found.ready
    desk.journal.add(_delivered(desk, ready.waiting.id))
    desk.not_sent([7])
    sql("ALTER TABLE messages RENAME TO messages_away")
    with pytest.raises(Exception, match="messages"):
        desk.flush()
    assert [outcome.id for outcome in desk.journal.pending] == [ready.waiting.id]
    assert [each.id for each in desk.returned] == [7]
    assert desk.hub.node.journal.stat().st_size > 0
    sql("ALTER TABLE messages_away RENAME TO messages")
    desk.flush()
    assert Message.get().outcome == "delivered"
    assert desk.hub.node.journal.stat().st_size == 0


def test_what_was_not_begun_with_is_given_back(desk: Desk) -> None:
    source = _source(desk.hub, 2)
    found = desk.next_batch(source.id, 2)
    assert found is not None
    ids = [ready.waiting.id for ready in found.ready]
    desk.give_back(ids[:1], 5)
    desk.not_sent(ids[1:])
    desk.flush()
    rows = {row.id: (row.holder, row.attempts) for row in Queued.select()}
    assert rows == dict.fromkeys(ids, (None, 0))


def test_work_runs_on_a_thread_of_its_own_in_order(desk: Desk) -> None:
    import threading

    async def ask() -> list[str]:
        return [await desk.on(lambda: threading.current_thread().name) for _ in range(2)]

    assert all(name.startswith("delivery-desk") for name in asyncio.run(ask()))


def test_a_claim_nobody_heard_of_is_given_back_at_the_second_look(desk: Desk) -> None:
    """As when the database ended while it committed: the rows are ours, and nothing here knows of them."""
    source = _source(desk.hub, 4)
    with transaction():
        unheard = [each.id for each in outbox.claim(source, desk.hub.node.number, 2, desk.hub.ms())]
    found = desk.next_batch(source.id, 2)
    assert found is not None
    known, answered = [ready.waiting.id for ready in found.ready]
    desk.journal.add(_delivered(desk, answered))
    desk.renew([known])
    assert {row.id for row in Queued.select().where(Queued.holder.is_null())} == set()
    desk.renew([known])
    assert {row.id for row in Queued.select().where(Queued.holder.is_null())} == set(unheard)


def test_what_could_not_be_made_ready_for_an_outage_goes_back(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    source = _source(desk.hub, 3)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(desk._composer, "ready", full)
    with pytest.raises(OSError, match="space"):
        desk.next_batch(source.id, 3)
    assert Source.get_by_id(source.id).state == "open"
    desk.flush()
    assert {row.holder for row in Queued.select()} == {None}


def test_what_a_blocked_lane_leaves_is_set_aside_and_says_why_unless_a_rule_was_made_meanwhile(desk: Desk) -> None:
    source = _source(desk.hub, 3)
    closed = [Closed(["example.net"], 60_000, 1, "blocked", 421, "your address is blocked")]
    known = desk.router.number
    for number in (None, known - 1):
        assert desk.next_batch(source.id, 10, closed, number) is not None
        assert {row.due_at <= desk.hub.ms() for row in Queued.select()} == {True}, "a rule the lanes do not know of yet"
    desk.next_batch(source.id, 10, closed, known)
    assert {(row.reason, row.code, row.text) for row in Queued.select()} == {
        ("blocked", 421, "your address is blocked")
    }
    assert min(row.due_at for row in Queued.select()) > desk.hub.ms() + 50_000
