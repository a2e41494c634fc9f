"""What waits is told by destination and reason; an operator tries, holds, releases or deletes a group of it."""

import pytest

from mailhub import outbox
from mailhub.db import bulk, transaction
from mailhub.hub import Hub
from mailhub.messages import NEVER, Event, Message, Queued, Source
from mailhub.outbox import waiting
from mailhub.outbox.standing import standing
from mailhub.outbox.waiting import DELETE, HOLD, RELEASE, RETRY, Chosen, Order
from mailhub.testing import make_owner, make_source


@pytest.fixture
def sources(core: Hub) -> list[Source]:
    made = [make_source(core, make_owner(core)[0], [f"u{n}@a.example" for n in range(5)] + ["u@b.example"])]
    made.append(make_source(core, make_owner(core, "Other")[0], [f"u{n}@a.example" for n in range(3)]))
    late = {"due_at": core.ms() + 600_000, "reason": "greylisted", "code": 451, "text": "later"}
    Queued.update(**late).where(Queued.source == made[0], Queued.domain == "a.example").execute()
    return made


def _do(core: Hub, verb: str, chosen: Chosen, by_operator: bool = False) -> int:
    order = Order(verb, chosen, by_operator)
    with transaction():
        return waiting.work(core, order, waiting.find(order, core.ms(), 0))


def test_groups_are_by_domain_and_reason_of_one_account_or_all(core: Hub, sources: list[Source]) -> None:
    all_ = waiting.groups(Chosen(), 10)
    assert [each[:3] for each in all_.rows] == [
        ("a.example", "greylisted", 5),
        ("a.example", "", 3),
        ("b.example", "", 1),
    ]
    assert (all_.groups, all_.messages) == (3, 9)
    [first, _] = waiting.groups(Chosen(account_id=sources[0].account_id), 10).rows
    assert (first.code, first.text, first.next_due > core.ms()) == (451, "later", True)
    largest = waiting.groups(Chosen(), 1)
    assert (len(largest.rows), largest.groups, largest.messages) == (1, 3, 9)
    assert waiting.groups(Chosen("c.example"), 10) == ([], 0, 0)


def test_the_words_of_a_group_are_of_one_answer(core: Hub, sources: list[Source]) -> None:
    one = Queued.select().where(Queued.reason == "greylisted").first()
    Queued.update(code=421, text="what comes last in the alphabet").where(Queued.id == one.id).execute()
    [first] = waiting.groups(Chosen("a.example", "greylisted"), 10).rows
    assert (first.code, first.text) == (451, "later")


def test_a_group_is_tried_now_and_no_other(core: Hub, sources: list[Source]) -> None:
    assert _do(core, RETRY, Chosen("a.example", "greylisted", sources[1].account_id)) == 0
    assert _do(core, RETRY, Chosen("a.example", "greylisted", sources[0].account_id)) == 5
    assert all(row.due_at <= core.ms() for row in Queued.select())


def test_what_is_held_by_hand_leaves_when_it_is_released(core: Hub, sources: list[Source]) -> None:
    mine = Chosen(account_id=sources[0].account_id)
    assert _do(core, HOLD, mine) == 6
    assert _do(core, RETRY, Chosen()) == 0
    with bulk():
        assert outbox.claim(sources[0], core.node.number, 10, core.ms() + 9_000_000) == []
    told = standing(core, sources[0])
    assert (told.state, "held by hand" in told.sentence) == ("waiting", True)
    assert {row.due_at for row in Queued.select().where(Queued.source == sources[0])} == {NEVER}
    assert _do(core, RELEASE, mine._replace(domain="a.example")) == 5
    with bulk():
        assert len(outbox.claim(sources[0], core.node.number, 10, core.ms())) == 5


def test_what_the_operator_holds_only_the_operator_releases(core: Hub, sources: list[Source]) -> None:
    mine = Chosen(account_id=sources[0].account_id)
    assert _do(core, HOLD, mine._replace(domain="b.example")) == 1
    assert _do(core, HOLD, mine, by_operator=True) == 6
    assert {row.reason for row in Queued.select().where(Queued.source == sources[0])} == {waiting.BY_OPERATOR}
    assert _do(core, RELEASE, mine) == 0
    assert _do(core, HOLD, mine) == 0
    assert _do(core, RELEASE, mine, by_operator=True) == 6


def test_what_is_deleted_is_cancelled_in_the_ledger(core: Hub, sources: list[Source]) -> None:
    with bulk():
        [claimed] = outbox.claim(sources[1], core.node.number, 1, core.ms())
    assert _do(core, DELETE, Chosen("a.example")) == 7
    assert {(row.outcome, row.reason) for row in Message.select()} == {("cancelled", waiting.DELETED)}
    assert Event.select().where(Event.kind == "cancelled").count() == 7
    assert {row.id for row in Queued.select().where(Queued.domain == "a.example")} == {claimed.id}


def test_an_order_goes_on_from_a_number_and_leaves_what_came_later(core: Hub, sources: list[Source]) -> None:
    ids = sorted(row.id for row in Queued.select())
    order = Order(HOLD, Chosen(newest=ids[6]))
    assert waiting.find(order, core.ms(), 0, 4) == ids[:4]
    assert waiting.find(order, core.ms(), ids[3], 4) == ids[4:7]
    assert waiting.left(order, core.ms(), ids[3]) == 3
    assert waiting.find(Order(HOLD, Chosen(number=ids[8])), core.ms(), 0) == [ids[8]]


def test_what_was_claimed_or_done_since_it_was_found_is_let_be(core: Hub, sources: list[Source]) -> None:
    for verb in (RETRY, HOLD, DELETE):
        order = Order(verb, Chosen("a.example", "greylisted"))
        found = waiting.find(order, core.ms(), 0)
        assert len(found) == 5
        Queued.update(holder=core.node.number).where(Queued.id == found[0]).execute()
        Queued.update(due_at=core.ms() if verb == RETRY else NEVER).where(Queued.id == found[1]).execute()
        with transaction():
            assert waiting.work(core, order, found) == (4 if verb == DELETE else 3)
        Queued.update(holder=None, due_at=core.ms() + 60_000, reason="greylisted").where(Queued.id.in_(found)).execute()


def test_every_reason_that_shaping_names_has_words_for_people() -> None:
    from mailhub.delivery.shaping import _shipped

    named = {each["means"] for table in _shipped().values() for each in table.get("replies", ())}
    assert named <= set(waiting.REASONS)
