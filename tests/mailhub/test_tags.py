"""Tags: put on, found again, counted once for each outcome, first open and first click, by day and by account."""

from mailhub import events, tags
from mailhub.accounts import Account
from mailhub.counting import count_events
from mailhub.db import bulk, transaction
from mailhub.events import NewEvent
from mailhub.hub import Hub
from mailhub.messages import Outcome
from mailhub.outbox import claim, settle
from mailhub.testing import make_owner, make_source

DAY = tags.DAY
TODAY = 20_000 * DAY


def _sent(core: Hub, account: Account, outcomes: list[str], tag: str) -> list[int]:
    source = make_source(core, account, [f"u{n}@example.com" for n in range(len(outcomes))])
    with bulk():
        ids = [each.id for each in claim(source, core.node.number, 100, core.ms())]
        tags.put(source.account_id, tag, ids)
        settle(
            core.node.number, [Outcome(id_, 1, kind, TODAY, 250) for id_, kind in zip(ids, outcomes, strict=True)]
        )  # fmt: skip
    return ids


def _tell(*new: NewEvent) -> None:
    with transaction():
        events.write(new)


def test_each_outcome_and_first_open_counts_once(core: Hub) -> None:
    account = make_owner(core)[0]
    one, two, _ = _sent(core, account, ["delivered", "delivered", "bounced"], "orders")
    _tell(*[NewEvent("opened", account.id, TODAY + at, 0, one) for at in (1, 2, 3)])
    for _ in range(2):
        count_events(core)
    _tell(NewEvent("opened", account.id, TODAY + DAY, 0, two), NewEvent("clicked", account.id, TODAY + DAY, 0, two))
    count_events(core)
    assert tags.totals(account.id, TODAY) == {
        "orders": {"bounced": 1, "delivered": 2, "opened": 2, "clicked": 1},
    }
    assert tags.totals(account.id, TODAY + DAY) == {"orders": {"opened": 1, "clicked": 1}}
    assert (TODAY, "delivered", 2) in tags.by_day(account.id, "orders", TODAY)
    assert tags.rates(tags.totals(account.id, TODAY)["orders"])["sent"] == 3


def test_an_account_sees_its_own(core: Hub) -> None:
    mine, other = make_owner(core)[0], make_owner(core, "Other")[0]
    _sent(core, mine, ["delivered"], "orders")
    theirs = _sent(core, other, ["bounced"], "orders")
    count_events(core)
    assert tags.totals(mine.id, TODAY) == {"orders": {"delivered": 1}}
    assert tags.of(theirs) == {theirs[0]: "orders"}
    assert [row.message_id for row in tags.tagged(mine.id, "orders")] != theirs


def test_untagged_messages_count_nothing(core: Hub) -> None:
    account = make_owner(core)[0]
    source = make_source(core, account, ["a@example.com"])
    with bulk():
        (each,) = claim(source, core.node.number, 1, core.ms())
        settle(core.node.number, [Outcome(each.id, 1, "delivered", TODAY, 250)])
    count_events(core)
    assert tags.totals(account.id, 0) == {}
