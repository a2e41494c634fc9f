"""Who may ask for what of credit, and what is said where nothing is charged."""

from pathlib import Path

import pytest

from mailhub import Conflict, Hub, Invalid, NotFound
from mailhub.permissions import Actor
from mailhub.testing import make_hub, make_owner


def test_without_charging_an_account_is_told_so_and_staff_may_prepare(tmp_path: Path) -> None:
    with make_hub(tmp_path / "data") as hub:
        staff, owner = make_owner(hub, "Operator")[2], make_owner(hub)[2]
        for name, given in (("billing.balance", {}), ("billing.entries", {}), ("billing.threshold", {"mails": 5})):
            with pytest.raises(Conflict, match="charges nothing"):
                hub.call(owner, name, **given)
        told = hub.call(staff, "billing.top_up", account=owner.account_id, amount="50", note="Transfer")
        assert (told["money"], told["mails"], told["charging"]) == (50_000_000, 500, False)


def test_a_balance_says_everything_a_door_shows(hub: Hub, staff: Actor, owner: Actor) -> None:
    hub.call(staff, "billing.top_up", account=owner.account_id, amount="0.9045", note="Transfer")
    assert hub.call(owner, "billing.balance") == {
        "account": owner.account_id, "mails": 0, "money": 904_500, "money_text": "0.9045", "currency": "EUR",
        "reserved_mails": 0, "reserved_money": 0, "price": 4500, "price_text": "0.0045", "reach": 201,
        "threshold": 200, "low": False, "charging": True,
    }  # fmt: skip


def test_a_price_is_taken_back_by_an_empty_one(hub: Hub, staff: Actor, owner: Actor) -> None:
    assert hub.call(staff, "billing.price", account=owner.account_id, price="0.004")["price"] == 4000
    assert hub.call(staff, "billing.price", account=owner.account_id)["price"] == 4500
    for wrong in ("-1", "1001", "free"):
        with pytest.raises(Invalid, match="price|too much|no amount"):
            hub.call(staff, "billing.price", account=owner.account_id, price=wrong)


def test_an_account_that_is_not_there_is_named(hub: Hub, staff: Actor) -> None:
    with pytest.raises(NotFound, match="no account 77"):
        hub.call(staff, "billing.top_up", account=77, amount="1", note="Transfer")
