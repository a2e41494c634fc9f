"""What a delivery does with messages that may not leave, a source that must wait, and a mail that cannot be made."""

from typing import Any

import pytest

from mailhub import Hold, Refuse, addresses, hookimpl, outbox
from mailhub.db import transaction
from mailhub.delivery.rendering import Composer
from mailhub.errors import UserError
from mailhub.hub import Hub
from mailhub.messages import Kept, Message, Queued, Source
from tests.mailhub.delivery.delivering import delivering, holders, outcomes, source_to, work_off


def test_who_is_suppressed_after_submission_is_refused_at_claim(core: Hub) -> None:
    source = source_to(core, "here", "gone")
    with transaction():
        addresses.suppress(source.account_id, ["gone@example.com"], scope="all", reason="manual", origin="", at=1)
    with delivering(core) as delivery:
        work_off(delivery, source)
    rows = {row.address: (row.outcome, row.plugin) for row in Message.select()}
    assert rows == {"here@example.com": ("delivered", ""), "gone@example.com": ("refused", "mailhub")}
    assert [row.recipient for row in Kept.select()] == ["here@example.com"]


class Guard:
    """Refuses or holds as it is told, from the claim on."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    @hookimpl
    def admit_messages(self, messages: Any, stage: str) -> Any:
        if stage == "submit":
            return None
        return self.answer(messages)


def _break(messages: Any) -> Any:
    raise OSError("the table is gone")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [(lambda _: Hold("No credit.", 5), "No credit."), (_break, "The plugin guard failed to answer.")],
)
def test_a_hold_at_claim_gives_the_batch_back_and_goes_on_later(core: Hub, answer: Any, reason: str) -> None:
    source, guard = source_to(core, count=10), Guard(answer)
    core.manager.register(guard, "guard")
    with delivering(core) as delivery:
        assert delivery.run_slice(source.id) is False
        held = Source.get_by_id(source.id)
        assert (held.state, held.held_reason) == ("held", reason)
        assert (holders(), Kept.select().count()) == ({None}, 0)
        guard.answer = lambda messages: {messages[0].id: Refuse("odd", "an odd one")}
        outbox.resume(source.id)
        work_off(delivery, source)
    assert outcomes() == {"delivered": 9, "refused": 1}
    assert Message.get(Message.outcome == "refused").plugin == "guard"


def test_what_cannot_be_made_ready_holds_the_source_and_says_why(core: Hub) -> None:
    class Broken:
        @hookimpl
        def recipient_fields(self, keys: Any) -> Any:
            raise OSError("the table is gone")

    source = source_to(core, count=3)
    core.manager.register(Broken(), "broken")
    with delivering(core) as delivery:
        assert delivery.run_slice(source.id) is False
    held = Source.get_by_id(source.id)
    assert held.state == "held"
    assert "could not be made ready" in held.held_reason
    assert (holders(), Kept.select().count()) == ({None}, 0)
    assert {row.attempts for row in Queued.select()} == {0}


def test_a_mail_that_cannot_be_made_costs_only_itself(core: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    source = source_to(core, count=20)
    original = Composer.ready

    def ready(self: Composer, source: Source, batch: Any) -> Any:
        made = original(self, source, batch)
        made[3].draft, made[7].draft = _fail(UserError("it takes too long")), _fail(KeyError("a bug"))
        return made

    monkeypatch.setattr(Composer, "ready", ready)
    with delivering(core) as delivery:
        delivery.run_slice(source.id)
    assert outcomes() == {"delivered": 18, "bounced": 1}
    assert Message.get(Message.outcome == "bounced").text == "The mail could not be made: it takes too long"
    assert (Queued.get().attempts, Queued.get().holder) == (1, None)


def _fail(error: Exception) -> Any:
    def draft() -> bytes:
        raise error

    return draft
