"""Top-ups and what takes them back: once, by staff alone, in amounts that make sense."""

from collections.abc import Callable
from typing import Any

import peewee
import pytest

from mailhub import Conflict, Forbidden, Hub, Invalid, NotFound, outbox
from mailhub.db import sql, transaction
from mailhub.messages import Source
from mailhub.permissions import Actor
from mailhub.testing import make_owner
from mailhub_billing.models import Entry
from tests.plugins.mailhub_billing.conftest import PRICE, held, submit

TopUp = Callable[..., dict[str, Any]]


def test_the_same_key_books_once(hub: Hub, owner: Actor, top_up: TopUp) -> None:
    first = top_up("50", key="transfer-7")
    again = top_up("50.00", key="transfer-7")
    assert (first["new"], again["new"]) == (True, False)
    assert again["entry"] == first["entry"]
    assert held(hub, owner.account_id) == (0, 50_000_000, 0, 0)
    for other in ({"amount": "51"}, {"amount": "50", "unit": "mails"}, {"amount": "50", "free": True}):
        with pytest.raises(Conflict, match="transfer-7 was used"):
            top_up(**{"key": "transfer-7", **other})
    assert held(hub, owner.account_id) == (0, 50_000_000, 0, 0)


def test_a_key_is_the_accounts_own(hub: Hub, staff: Actor, owner: Actor, top_up: TopUp) -> None:
    top_up("50", key="7")
    assert hub.call(staff, "billing.top_up", account=staff.account_id, amount="20", note="T", key="7")["new"]


def test_two_top_ups_without_a_key_are_two(hub: Hub, owner: Actor, top_up: TopUp) -> None:
    top_up("50")
    top_up("50")
    assert held(hub, owner.account_id) == (0, 100_000_000, 0, 0)


def test_a_door_may_repeat_its_request(hub: Hub, staff: Actor, owner: Actor) -> None:
    given: dict[str, Any] = {"account": owner.account_id, "amount": "5", "note": "Transfer"}
    answers = [hub.call(staff, "billing.top_up", idempotency_key="k1", **given) for _ in range(2)]
    assert answers[0] == answers[1]
    assert held(hub, owner.account_id)[1] == 5_000_000


@pytest.mark.parametrize(
    "amount",
    [
        "0",
        "-5",
        "1e9",
        "nan",
        "inf",
        "",
        " ",
        "1.0000001",
        "1,000,000",
        "12 50",
        "٣",
        "0x10",
        "9" * 12,
        "9" * 40,
        "1;DROP",
    ],
)
def test_absurd_amounts_are_refused(hub: Hub, owner: Actor, top_up: TopUp, amount: str) -> None:
    for unit in ("money", "mails"):
        with pytest.raises((Invalid, Conflict)):
            top_up(amount, unit=unit)
    assert not Entry.of(owner.account_id).exists()


def test_half_a_mail_is_refused(owner: Actor, top_up: TopUp) -> None:
    with pytest.raises(Invalid, match="whole one"):
        top_up("1.5", unit="mails")


def test_credit_cannot_overflow(hub: Hub, owner: Actor, top_up: TopUp) -> None:
    for _ in range(100):
        top_up("1000000000")
    with pytest.raises(Invalid, match="too large to be counted"):
        top_up("1000000000")
    assert held(hub, owner.account_id)[1] == 10**17


def test_a_top_up_says_where_it_comes_from(owner: Actor, top_up: TopUp) -> None:
    with pytest.raises(Invalid, match="where it comes from"):
        top_up("5", note="  ")
    with pytest.raises(Invalid, match="too long"):
        top_up("5", note="x" * 501)


def test_only_the_operators_staff_record(hub: Hub, owner: Actor, top_up: TopUp) -> None:
    entry = top_up("5")["entry"]
    mine = {"account": owner.account_id}
    for name, given in (
        ("billing.top_up", {**mine, "amount": "1000", "note": "For me"}),
        ("billing.price", {**mine, "price": "0"}),
        ("billing.reverse", {"entry": entry, "note": "No"}),
        ("billing.check", {}),
    ):
        with pytest.raises(Forbidden, match="operator"):
            hub.call(owner, name, **given)
    assert held(hub, owner.account_id) == (0, 5_000_000, 0, 0)


def test_another_accounts_credit_is_not_found(hub: Hub, staff: Actor, owner: Actor, top_up: TopUp) -> None:
    top_up("5")
    _, _, other = make_owner(hub, "Other")
    for name in ("billing.balance", "billing.entries"):
        with pytest.raises(NotFound):
            hub.call(other, name, account=owner.account_id)
        with pytest.raises(NotFound):
            hub.call(other, name, account=999)
    assert hub.call(staff, "billing.balance", account=owner.account_id)["money"] == 5_000_000
    assert hub.call(other, "billing.balance")["money"] == 0
    assert hub.call(other, "billing.entries")["entries"] == []


def test_a_reversal_is_an_entry_and_happens_once(hub: Hub, staff: Actor, owner: Actor, top_up: TopUp) -> None:
    entry = top_up("5")["entry"]
    made = hub.call(staff, "billing.reverse", entry=entry, note="Typed wrong")
    assert held(hub, owner.account_id) == (0, 0, 0, 0)
    with pytest.raises(Conflict, match="already"):
        hub.call(staff, "billing.reverse", entry=entry, note="Again")
    with pytest.raises(Conflict, match="no top-up"):
        hub.call(staff, "billing.reverse", entry=made["entry"], note="Back")
    with pytest.raises(NotFound):
        hub.call(staff, "billing.reverse", entry=10**6, note="Back")
    assert [each["kind"] for each in hub.call(owner, "billing.entries")["entries"]] == ["reversal", "top_up"]


def test_what_was_spent_of_a_reversed_top_up_is_owed(
    hub: Hub, staff: Actor, owner: Actor, source: Source, top_up: TopUp
) -> None:
    entry = top_up("4.5")["entry"]
    submit(hub, source, 600)
    hub.call(staff, "billing.reverse", entry=entry, note="The cheque bounced")
    assert held(hub, owner.account_id) == (0, -600 * PRICE, 0, 600 * PRICE)
    with pytest.raises(outbox.Short) as caught:
        submit(hub, source, 1, 1000)
    assert caught.value.room == 0
    top_up("2.7045")
    submit(hub, source, 1, 1000)
    assert hub.call(staff, "billing.check")["right"]


def test_a_gift_is_not_money_that_was_paid(hub: Hub, owner: Actor, top_up: TopUp) -> None:
    top_up("100", unit="mails", free=True)
    rows = sql("SELECT book, amount FROM billing_balances WHERE account_id = ? ORDER BY book", (owner.account_id,))
    assert rows.fetchall() == [("available", 100), ("given", -100)]


def test_entries_and_lines_cannot_be_changed_or_deleted(hub: Hub, top_up: TopUp) -> None:
    top_up("5")
    for statement in (
        "UPDATE billing_lines SET amount = 1", "DELETE FROM billing_lines",
        "UPDATE billing_entries SET note = ''", "DELETE FROM billing_entries",
    ):  # fmt: skip
        with pytest.raises(peewee.DatabaseError, match="only ever added to"), transaction():
            sql(statement)
