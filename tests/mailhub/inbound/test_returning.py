"""Bounces and complaints of messages that are purged, of others' outcomes, and whose address counts."""

from mailhub.addresses import Suppression
from mailhub.bounces import Original, Reading, Recipient
from mailhub.db import sql, transaction
from mailhub.hub import Hub
from mailhub.inbound.returning import said
from mailhub.messages import Event, Message, Outcome
from mailhub.outbox import claim, settle
from mailhub.testing import make_owner, make_source
from tests.mailhub.inbound.coming import bounce, come, complaint, delivered, return_path, work


def recipient(address: str, class_: str | None) -> Recipient:
    return Recipient(address, class_, "no_such_user", "5.1.1", 550, "x")  # type: ignore[arg-type]


def test_what_is_said_of_our_address_counts_before_all_else() -> None:
    ours, other, mute = recipient("A@Example.net", "soft"), recipient("b@example.net", "hard"), recipient("c@d.e", None)
    original = Original("", (), ())
    assert said("a@example.net", Reading("bounce", (other, ours), original)) is ours
    assert said("a@example.net", Reading("bounce", (mute, other), original)) is other
    assert said("a@example.net", Reading("bounce", (), original)) is None


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
    with transaction():
        for number in (hard, soft, cross):
            row = Message.get_by_id(number)
            sql("INSERT INTO past_recipients (account_id, address_key, address) VALUES (?, ?, ?)",
                (row.account_id, row.address_key, row.address))  # fmt: skip
            sql("INSERT INTO past_messages (id, source_id, address_key) VALUES (?, ?, ?)",
                (number, row.source_id, row.address_key))  # fmt: skip
        Message.delete().execute()
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
