"""Which bounces and complaints suppress: hard at once, soft after days, our own fault never."""

import pytest

from mailhub import counting, events
from mailhub.accounts import Account, AccountSetting
from mailhub.addresses import SoftBounce, Suppression
from mailhub.db import bulk, transaction
from mailhub.events import NewEvent
from mailhub.hub import Hub
from mailhub.messages import COMPLAINT, Message, Outcome, Source
from mailhub.outbox import claim, settle
from mailhub.suppressing import DAY, SCOPE, SOFT_DAYS, SOFT_LIMIT, forget_old
from mailhub.testing import make_owner, make_source

START = 1_800_000_000_000
SOFT = (452, "4.2.2", "The recipient's mailbox is full")


@pytest.fixture
def account(core: Hub) -> Account:
    return make_owner(core)[0]


def outcome(
    hub: Hub, account: Account, kind: str, code: int = 0, status: str = "", text: str = "", day: int = 0
) -> int:
    """A message to a@example.net that ended so, on a day; the number of it. Counted at once."""
    at = START + day * DAY
    hub.clock = lambda: at / 1000
    source = make_source(hub, account, ["a@example.net"])
    with bulk():
        [each] = claim(source, hub.node.number, 1, hub.ms())
        settle(hub.node.number, [Outcome(each.id, 1, kind, at, code, status, text)])
    counting.count_events(hub)
    return each.id


def suppressed() -> list[tuple[str, str, str]]:
    return [(each.address, each.scope, each.reason) for each in Suppression.select().order_by(Suppression.id)]


def choose(account: Account, key: str, value: object) -> None:
    AccountSetting.create(account=account, key=key, value=value)


def test_a_hard_bounce_heard_while_delivering_suppresses_at_once(core: Hub, account: Account) -> None:
    message = outcome(core, account, "bounced", 550, "5.1.1", "User unknown")
    assert suppressed() == [("a@example.net", "all", "bounced")]
    row = Message.get_by_id(message)
    assert (row.bounce, row.reason) == ("hard", "no_such_user")
    assert Suppression.get().origin == f"message {message}: no_such_user"
    assert counting.totals(row.source_id) == {"bounced": 1, "bounced.hard": 1}


@pytest.mark.parametrize(
    ("code", "status", "text"),
    [
        (554, "5.7.1", "Your IP address is listed at bl.example.org"),
        (550, "5.7.26", "Unauthenticated mail is prohibited (DMARC)"),
        (550, "", ""),
        (0, "5.6.0", "The mail could not be made"),
        (501, "5.1.7", "The sender's address is not one that SMTP can carry."),
    ],
)
def test_our_own_fault_and_what_nobody_can_read_suppress_never(
    sqlite_core: Hub, code: int, status: str, text: str
) -> None:
    account = make_owner(sqlite_core)[0]
    for day in range(8):
        message = outcome(sqlite_core, account, "bounced", code, status, text, day)
        assert Message.get_by_id(message).bounce in ("block", "unknown")
    assert suppressed() == []
    assert SoftBounce.select().count() == 0


def test_soft_bounces_suppress_after_some_days_however_many_a_day(core: Hub, account: Account) -> None:
    for day in (0, 0, 0, 0, 0, 1, 2, 5):
        outcome(core, account, "bounced", *SOFT, day)
    assert suppressed() == []
    outcome(core, account, "expired", *SOFT, 6)
    assert suppressed() == [("a@example.net", "all", "bounced")]
    assert SoftBounce.select().count() == 0, "whoever is released is counted anew"


@pytest.mark.parametrize("stream", ["system", "transactional"])
def test_the_systems_own_mail_suppresses_nobody_and_other_mail_does(core: Hub, account: Account, stream: str) -> None:
    choose(account, SOFT_LIMIT, 1)
    for number, said in enumerate((("5.1.1", "User unknown"), SOFT[1:])):
        source = make_source(core, account, [f"desk{number}@example.net"])
        Source.update(stream=stream).where(Source.id == source.id).execute()
        with bulk():
            [each] = claim(source, core.node.number, 1, core.ms())
            settle(core.node.number, [Outcome(each.id, 1, "bounced", core.ms(), 550, *said)])
    counting.count_events(core)
    assert {each.bounce for each in Message.select()} == {"hard", "soft"}
    assert len(suppressed()) == (0 if stream == "system" else 2)
    assert SoftBounce.select().count() == 0


def test_soft_bounces_are_counted_within_some_days(sqlite_core: Hub) -> None:
    account = make_owner(sqlite_core)[0]
    choose(account, SOFT_LIMIT, 2)
    choose(account, SOFT_DAYS, 3)
    for day in (0, 3, 6):
        outcome(sqlite_core, account, "bounced", *SOFT, day)
    assert suppressed() == []
    outcome(sqlite_core, account, "bounced", *SOFT, 8)
    assert suppressed() != []


def test_a_limit_of_0_suppresses_for_no_soft_bounce(sqlite_core: Hub) -> None:
    account = make_owner(sqlite_core)[0]
    choose(account, SOFT_LIMIT, 0)
    for day in range(8):
        outcome(sqlite_core, account, "bounced", *SOFT, day)
    assert suppressed() == []


def test_a_mail_that_was_taken_makes_earlier_soft_bounces_forgotten(core: Hub, account: Account) -> None:
    for day in range(4):
        outcome(core, account, "bounced", *SOFT, day)
    outcome(core, account, "delivered", 250, day=4)
    for day in range(5, 9):
        outcome(core, account, "bounced", *SOFT, day)
    assert suppressed() == []
    outcome(core, account, "bounced", *SOFT, 9)
    assert suppressed() == [("a@example.net", "all", "bounced")]


def test_one_account_knows_nothing_of_anothers_bounces(sqlite_core: Hub) -> None:
    one = make_owner(sqlite_core)[0]
    other = Account.create(name="Other", created_at=0)
    choose(one, SOFT_LIMIT, 2)
    choose(other, SOFT_LIMIT, 2)
    for day, account in enumerate((one, other)):
        outcome(sqlite_core, account, "bounced", *SOFT, day)
    assert suppressed() == []
    outcome(sqlite_core, other, "bounced", *SOFT, 3)
    assert [each.account_id for each in Suppression.select()] == [other.id]


@pytest.mark.parametrize("scope", ["bulk", "all"])
def test_who_complained_is_kept_from_what_the_account_chose(sqlite_core: Hub, scope: str) -> None:
    account = make_owner(sqlite_core)[0]
    if scope != "bulk":
        choose(account, SCOPE, scope)
    message = outcome(sqlite_core, account, "delivered", 250)
    source = Message.get_by_id(message).source_id
    for _ in range(2):
        with transaction():
            events.write([NewEvent("complained", account.id, START, source, message, COMPLAINT)])
    counting.count_events(sqlite_core)
    assert suppressed() == [("a@example.net", scope, "complained")]
    assert counting.totals(source) == {"delivered": 1, "complained": 1}


def test_days_nobody_counts_any_more_go(sqlite_core: Hub) -> None:
    for day in (0, START // DAY):
        SoftBounce.insert(account_id=1, address_key=1, day=day).execute()
    sqlite_core.clock = lambda: START / 1000
    forget_old(sqlite_core)
    assert [each.day for each in SoftBounce.select()] == [START // DAY]
