"""Admission: suppression first, then the plugins; whoever fails to answer lets nothing through."""

from collections.abc import Sequence
from typing import Any

import pytest

from mailhub import Hold, Refuse, addresses, hookimpl, outbox
from mailhub.db import bulk, sql, transaction
from mailhub.hub import Hub
from mailhub.messages import Event, Message, Queued, Source, Waiting
from mailhub.outbox.admission import HOLD_AFTER_FAULT, Held, admit
from mailhub.outbox.sources import open_held
from mailhub.testing import Clock, make_owner, make_source
from mailhub.vocabulary import Recipient, Stage


class Guard:
    """A plugin that answers as it is told."""

    def __init__(self, answer: Any = None) -> None:
        self.answer = answer
        self.asked: list[tuple[str, int]] = []

    @hookimpl
    def admit_messages(self, hub: Hub, source: Source, messages: Sequence[Waiting], stage: Stage) -> Any:
        self.asked.append((stage, len(messages)))
        return self.answer(messages) if callable(self.answer) else self.answer


def _fail(messages: Sequence[Waiting]) -> Any:
    raise OSError("the plugin's table is gone")


def _submit(hub: Hub, source: Source, *words: str) -> outbox.Submitted:
    with bulk():
        return outbox.submit(hub, source, [Recipient(0, address) for address in words])


def _suppress(source: Source, *words: str, scope: str = "bulk") -> None:
    with transaction():
        addresses.suppress(source.account_id, words, scope=scope, reason="unsubscribed", origin="", at=1)


def test_the_suppressed_are_refused_by_name_and_the_others_wait(core: Hub) -> None:
    account, _, _ = make_owner(core)
    source = make_source(core, account, [])
    _suppress(source, "Gone@Example.com")
    assert _submit(core, source, "gone@example.com", "here@example.com")[:2] == (1, 1)
    row = Message.get()
    assert (row.address, row.outcome, row.reason, row.plugin) == (
        "gone@example.com",
        "refused",
        "suppressed",
        "mailhub",
    )
    assert (row.text, row.attempts) == ("suppressed: unsubscribed", 0)
    assert [each.address for each in Queued.select()] == ["here@example.com"]
    assert (Event.get().kind, Event.get().attempt) == ("refused", 0)
    assert Source.get_by_id(source.id).submitted == 2


def test_a_refusal_names_its_plugin_and_the_first_stands(core: Hub) -> None:
    account, _, _ = make_owner(core)
    source = make_source(core, account, [])
    _suppress(source, "b@example.com")
    core.manager.register(Guard(lambda each: {m.id: Refuse("odd", "an odd one") for m in each}), "guard")
    assert _submit(core, source, "a@example.com", "b@example.com")[:2] == (0, 2)
    ledger = {row.address: (row.plugin, row.reason, row.text) for row in Message.select()}
    assert ledger == {
        "a@example.com": ("guard", "odd", "an odd one"),
        "b@example.com": ("mailhub", "suppressed", "suppressed: unsubscribed"),
    }


def test_a_plugin_that_fails_lets_nothing_through(core: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    account, _, _ = make_owner(core)
    source = make_source(core, account, [])
    clock = Clock()
    monkeypatch.setattr(core, "clock", clock)
    core.manager.register(Guard(), "calm")
    core.manager.register(Guard(_fail), "broken")
    with pytest.raises(Held, match="The plugin broken failed to answer") as caught:
        _submit(core, source, "a@example.com")
    assert (Queued.select().count(), Message.select().count()) == (0, 0)
    with transaction():
        outbox.hold(core, source, caught.value.reason, caught.value.until)
    held = Source.get_by_id(source.id)
    assert (held.state, held.held_reason) == ("held", "The plugin broken failed to answer.")
    assert held.held_until == core.ms() + HOLD_AFTER_FAULT
    assert (Event.get().kind, Event.get().values["reason"]) == ("source.held", held.held_reason)
    with transaction():
        assert open_held(core) == 0
        clock.move(HOLD_AFTER_FAULT / 1000)
        assert open_held(core) == 1
    assert Source.get_by_id(source.id).state == "open"


def test_a_plugin_can_hold_the_source(core: Hub) -> None:
    account, _, _ = make_owner(core)
    source = make_source(core, account, [])
    core.manager.register(Guard(Hold("No credit is left.", 123)), "billing")
    with pytest.raises(Held) as caught:
        _submit(core, source, "a@example.com")
    assert (caught.value.reason, caught.value.until) == ("No credit is left.", 123)
    assert Queued.select().count() == 0


@pytest.mark.parametrize("answer", [True, ["a"], {1: "text"}, "Refuse"])
def test_an_answer_that_is_none_lets_nothing_through(core: Hub, answer: object) -> None:
    account, _, _ = make_owner(core)
    source = make_source(core, account, [])
    core.manager.register(Guard(answer), "odd")
    with pytest.raises(Held, match="The plugin odd failed to answer"):
        _submit(core, source, "a@example.com")
    assert Queued.select().count() == 0


def test_plugins_are_asked_once_a_page_and_told_the_stage(core: Hub) -> None:
    account, _, _ = make_owner(core)
    source = make_source(core, account, [])
    guard = Guard()
    core.manager.register(guard, "guard")
    _submit(core, source, *[f"u{i}@example.com" for i in range(100)])
    with bulk():
        batch = outbox.claim(source, core.node.number, 100, core.ms())
    assert admit(core, source, batch, "claim") == {}
    assert guard.asked == [("submit", 100), ("claim", 100)]


def test_who_unsubscribes_after_submission_gets_nothing(core: Hub) -> None:
    account, _, _ = make_owner(core)
    source = make_source(core, account, ["a@example.com", "b@example.com"])
    _suppress(source, "b@example.com")
    with bulk():
        batch = outbox.claim(source, core.node.number, 10, core.ms())
    refusals = admit(core, source, batch, "claim")
    assert [each.address for each in batch if each.id in refusals] == ["b@example.com"]


@pytest.mark.parametrize(
    ("stream", "scope", "refused"),
    [
        ("bulk", "bulk", True),
        ("bulk", "all", True),
        ("transactional", "bulk", False),
        ("transactional", "all", True),
        ("system", "all", False),
    ],
)
def test_a_suppression_counts_for_its_streams(core: Hub, stream: str, scope: str, refused: bool) -> None:
    account, _, _ = make_owner(core)
    source = make_source(core, account, [], stream=stream)
    _suppress(source, "a@example.com", scope=scope)
    assert _submit(core, source, "a@example.com").refused == int(refused)


def test_another_accounts_suppression_does_not_count(core: Hub) -> None:
    other = make_source(core, make_owner(core)[0], [])
    _suppress(other, "a@example.com", scope="all")
    source = make_source(core, make_owner(core)[0], [])
    assert _submit(core, source, "a@example.com").refused == 0


def test_the_suppression_query_walks_its_index(core: Hub, database_url: str) -> None:
    """A naive join took forty times as long: the plan is held here."""
    account, _, _ = make_owner(core)
    with bulk():
        addresses.suppress(
            account.id, [f"u{i}@example.com" for i in range(2000)], scope="bulk", reason="manual", origin="", at=1
        )
    asked: list[tuple[str, Any]] = []
    original = addresses.sql
    try:
        addresses.sql = lambda query, parameters=(): asked.append((query, parameters)) or original(query, parameters)
        assert len(addresses.suppressed(account.id, [addresses.address_key("u1@example.com")] * 500, "bulk")) == 1
    finally:
        addresses.sql = original
    [(query, parameters)] = asked
    if database_url:
        sql("ANALYZE suppressions")
    plan = "\n".join(
        str(row) for row in sql(("EXPLAIN " if database_url else "EXPLAIN QUERY PLAN ") + query, parameters)
    )
    assert "suppressions_account_id_address_key_scope" in plan or "suppression_account_id_address_key_scope" in plan, (
        plan
    )
    assert "Seq Scan" not in plan
    assert "SCAN" not in plan.upper().replace("INDEX SCAN", "").replace("INDEX ONLY SCAN", "").replace("HEAP SCAN", "")
