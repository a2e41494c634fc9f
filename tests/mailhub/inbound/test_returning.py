"""Bounces and complaints of messages that are purged, of others' outcomes, and whose address counts."""

import pytest

from mailhub.addresses import Suppression
from mailhub.bounces import Original, Reading, Recipient
from mailhub.counting import totals
from mailhub.db import sql, transaction
from mailhub.hub import Hub
from mailhub.inbound.arrivals import Arrival
from mailhub.inbound.returning import said
from mailhub.messages import Event, Message, Outcome, Source
from mailhub.outbox import claim, settle
from mailhub.testing import make_owner, make_source
from tests.mailhub.inbound.coming import bounce, come, complaint, delivered, return_path, work


def recipient(address: str, class_: str | None) -> Recipient:
    return Recipient(address, class_, "no_such_user", "5.1.1", 550, "x")  # type: ignore[arg-type]


def _purge(*messages: int) -> None:
    """What is left of messages when they are purged by age."""
    with transaction():
        for number in messages:
            row = Message.get_by_id(number)
            sql("INSERT INTO past_recipients (account_id, address_key, address) VALUES (?, ?, ?)",
                (row.account_id, row.address_key, row.address))  # fmt: skip
            sql("INSERT INTO past_messages (id, source_id, address_key) VALUES (?, ?, ?)",
                (number, row.source_id, row.address_key))  # fmt: skip
            Message.delete().where(Message.id == number).execute()


def test_what_is_said_of_our_address_counts_before_all_else() -> None:
    ours, other, mute = recipient("A@Example.net", "soft"), recipient("b@example.net", "hard"), recipient("c@d.e", None)
    original = Original("", (), ())
    assert said("a@example.net", Reading("bounce", (other, ours), original)) is ours
    assert said("a@example.net", Reading("bounce", (recipient("a@EXAMPLE.net", None), other), original)) is None
    assert said("a@example.net", Reading("bounce", (mute, other), original)) is None
    unread = said("a@example.net", Reading("bounce", (), original))
    assert unread is not None
    assert unread.class_ == "unknown"


def test_of_others_all_must_be_gone_for_a_hard_bounce() -> None:
    gone, away, full = recipient("b@c.d", "hard"), recipient("c@c.d", "hard"), recipient("d@c.d", "soft")
    original = Original("", (), ())
    assert said("a@example.net", Reading("bounce", (gone, away), original)) is gone
    assert said("a@example.net", Reading("bounce", (gone, full), original)) is full


@pytest.mark.parametrize("action", ["delivered", "expanded", "relayed", "delayed"])
def test_who_got_it_does_not_bounce_because_another_one_did(core: Hub, action: str) -> None:
    (message,) = delivered(core, "a@example.net")
    about = (
        "Final-Recipient: rfc822; a@example.net\r\n"
        f"Action: {action}\r\nStatus: {'4.4.1' if action == 'delayed' else '2.0.0'}\r\n\r\nFinal-Recipient"
    )
    report = bounce("other@example.net").replace(b"Final-Recipient", about.encode(), 1)
    assert report.count(b"Final-Recipient") == 2
    come(core, report, return_path(core, message))
    work(core)
    assert Message.get_by_id(message).outcome == "delivered"
    assert Suppression.select().count() == 0
    assert Event.select().where(Event.kind == "bounced").count() == 0
    assert Arrival.select().count() == 0


SOFT = ("4.4.7", "421 4.4.7 Message expired: connection timed out")


@pytest.mark.parametrize("together", [True, False])
def test_who_turns_out_to_be_gone_is_suppressed_and_the_message_bounces_once(core: Hub, together: bool) -> None:
    (message,) = delivered(core, "a@example.net")
    reports = [bounce("a@example.net", *SOFT), bounce("a@example.net"), bounce("a@example.net", *SOFT)]
    for each in reports:
        come(core, each, return_path(core, message))
        if not together:
            work(core)
    work(core)
    row = Message.get_by_id(message)
    assert (row.outcome, row.bounce, row.code, row.enhanced) == ("bounced", "hard", 550, "5.1.1")
    assert row.reason == "no_such_user"
    assert [(each.address, each.scope, each.reason) for each in Suppression.select()] == [
        ("a@example.net", "all", "bounced")
    ]
    assert Suppression.get().origin == f"message {message}: no_such_user"
    assert Event.select().where(Event.kind == "bounced").count() == 1
    assert totals(row.source_id)["bounced"] == 1


@pytest.mark.parametrize("status", [("5.1.1", "550 5.1.1 User unknown"), SOFT])
def test_a_bounce_of_the_systems_own_mail_is_written_down_and_suppresses_nobody(
    core: Hub, status: tuple[str, str]
) -> None:
    first, second = delivered(core, "desk@example.net", "past@example.net")
    Source.update(stream="system").execute()
    _purge(second)
    come(core, bounce("desk@example.net", *SOFT), return_path(core, first))
    work(core)
    come(core, bounce("desk@example.net", *status), return_path(core, first))
    come(core, bounce("past@example.net", *status), return_path(core, second))
    work(core)
    assert Message.get_by_id(first).outcome == "bounced"
    assert Message.get_by_id(first).enhanced == status[0]
    assert Suppression.select().count() == 0


def test_a_message_that_did_not_arrive_does_not_bounce_again(sqlite_core: Hub) -> None:
    source = make_source(sqlite_core, make_owner(sqlite_core)[0], ["a@example.net"])
    with transaction():
        [each] = claim(source, sqlite_core.node.number, 1, sqlite_core.ms())
        settle(sqlite_core.node.number, [Outcome(each.id, 1, "expired", sqlite_core.ms(), 421)])
    come(sqlite_core, bounce("a@example.net"), return_path(sqlite_core, each.id))
    work(sqlite_core)
    assert Message.get_by_id(each.id).outcome == "expired"
    assert Event.select().where(Event.kind == "bounced").count() == 0


def test_who_a_purged_message_was_written_to_is_suppressed_all_the_same(core: Hub) -> None:
    hard, soft, cross = delivered(core, "hard@example.net", "soft@example.net", "cross@example.net")
    _purge(hard, soft, cross)
    come(core, bounce("hard@example.net"), return_path(core, hard))
    come(core, bounce("soft@example.net", "4.2.2", "452 4.2.2 Mailbox full"), return_path(core, soft))
    come(core, complaint(f"Return-Path: <{return_path(core, cross)}>"), "fbl")
    work(core)
    found = [(each.address, each.scope, each.reason) for each in Suppression.select().order_by(Suppression.address)]
    assert found == [("cross@example.net", "bulk", "complained"), ("hard@example.net", "all", "bounced")]


def test_a_token_of_a_message_that_never_was_changes_nothing(sqlite_core: Hub) -> None:
    make_owner(sqlite_core)
    come(sqlite_core, bounce("a@example.net"), return_path(sqlite_core, 12345))
    work(sqlite_core)
    assert Suppression.select().count() == Event.select().count() == 0
