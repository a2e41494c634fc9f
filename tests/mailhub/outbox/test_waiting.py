"""What waits is told by destination and reason; an operator tries, holds, releases or deletes a group of it."""

import pytest

from mailhub import outbox
from mailhub.db import bulk
from mailhub.hub import Hub
from mailhub.messages import NEVER, Event, Message, Queued, Source
from mailhub.outbox import waiting
from mailhub.outbox.standing import standing
from mailhub.outbox.waiting import Chosen
from mailhub.testing import make_owner, make_source


@pytest.fixture
def sources(core: Hub) -> list[Source]:
    made = [make_source(core, make_owner(core)[0], [f"u{n}@a.example" for n in range(5)] + ["u@b.example"])]
    made.append(make_source(core, make_owner(core, "Other")[0], [f"u{n}@a.example" for n in range(3)]))
    late = {"due_at": core.ms() + 600_000, "reason": "greylisted", "code": 451, "text": "later"}
    Queued.update(**late).where(Queued.source == made[0], Queued.domain == "a.example").execute()
    return made


def test_groups_are_by_domain_and_reason_of_one_account_or_all(core: Hub, sources: list[Source]) -> None:
    found = [(each.domain, each.reason, each.messages) for each in waiting.groups(core, None, 10)]
    assert found == [("a.example", "greylisted", 5), ("a.example", "", 3), ("b.example", "", 1)]
    [first, _] = waiting.groups(core, sources[0].account_id, 10)
    assert (first.code, first.text, first.next_due > core.ms()) == (451, "later", True)
    assert len(waiting.groups(core, None, 1)) == 1


def test_a_group_is_tried_now_and_no_other(core: Hub, sources: list[Source]) -> None:
    assert waiting.retry_now(core, Chosen("a.example", "greylisted", sources[1].account_id)) == 0
    assert waiting.retry_now(core, Chosen("a.example", "greylisted", sources[0].account_id)) == 5
    assert all(row.due_at <= core.ms() for row in Queued.select())


def test_what_is_held_by_hand_leaves_when_it_is_released(core: Hub, sources: list[Source]) -> None:
    assert waiting.hold(core, Chosen(account_id=sources[0].account_id)) == 6
    assert waiting.retry_now(core, Chosen()) == 0
    with bulk():
        assert outbox.claim(sources[0], core.node.number, 10, core.ms() + 9_000_000) == []
    told = standing(core, sources[0])
    assert (told.state, "held by hand" in told.sentence) == ("waiting", True)
    assert {row.due_at for row in Queued.select().where(Queued.source == sources[0])} == {NEVER}
    assert waiting.release(core, Chosen("a.example", None, sources[0].account_id)) == 5
    with bulk():
        assert len(outbox.claim(sources[0], core.node.number, 10, core.ms())) == 5


def test_what_is_deleted_is_cancelled_in_the_ledger_in_batches(
    core: Hub, sources: list[Source], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "BATCH", 2)
    with bulk():
        [claimed] = outbox.claim(sources[1], core.node.number, 1, core.ms())
    assert waiting.delete(core, Chosen("a.example")) == 7
    assert {row.outcome for row in Message.select()} == {"cancelled"}
    assert Event.select().where(Event.kind == "cancelled").count() == 7
    assert {row.id for row in Queued.select().where(Queued.domain == "a.example")} == {claimed.id}


def test_every_reason_that_shaping_names_has_words_for_people() -> None:
    from mailhub.delivery.shaping import _shipped

    named = {each["means"] for table in _shipped().values() for each in table.get("replies", ())}
    assert named <= set(waiting.REASONS)
