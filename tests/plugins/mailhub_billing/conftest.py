"""Accounts with credit, sources that submit to them, and outcomes, without a delivery: the outbox by hand."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mailhub import Hub, outbox
from mailhub.accounts import OPERATOR, Account
from mailhub.db import bulk, sql, transaction
from mailhub.messages import Outcome, Source
from mailhub.permissions import Actor
from mailhub.testing import Clock, make_hub, make_owner
from mailhub.vocabulary import Recipient
from mailhub_billing import jobs, showing

PRICE = 4500
CHARGING: dict[str, Any] = {"charge": True, "price": PRICE, "free_mails": 0}


@pytest.fixture
def hub(tmp_path: Path, database_url: str) -> Iterator[Hub]:
    with make_hub(tmp_path / "data", database={"url": database_url}, billing=CHARGING) as made:
        yield made


@pytest.fixture
def clock(hub: Hub) -> Clock:
    hub.clock = Clock()
    return hub.clock


@pytest.fixture
def staff(hub: Hub) -> Actor:
    """The operator's owner."""
    account, _, actor = make_owner(hub, "Operator")
    assert account.id == OPERATOR
    return actor


@pytest.fixture
def owner(hub: Hub, staff: Actor) -> Actor:
    """The owner of an account that is charged."""
    return make_owner(hub)[2]


@pytest.fixture
def top_up(hub: Hub, staff: Actor, owner: Actor) -> Callable[..., dict[str, Any]]:
    """`top_up("12.50")` or `top_up("300", unit="mails")`."""

    def recorded(amount: str, **more: Any) -> dict[str, Any]:
        given = {"account": owner.account_id, "note": "Transfer 7", **more}
        answer: dict[str, Any] = hub.call(staff, "billing.top_up", amount=amount, **given)
        return answer

    return recorded


@pytest.fixture
def source(hub: Hub, owner: Actor) -> Source:
    return new_source(hub, owner.account_id)


def new_source(hub: Hub, account_id: int, **columns: Any) -> Source:
    account = Account.get_by_id(account_id)
    with transaction():
        return outbox.open_source(hub, account.id, columns.pop("kind", "campaign"), "Spring", **columns)


def submit(hub: Hub, source: Source, count: int, first: int = 1) -> outbox.Submitted:
    with bulk():
        recipients = [Recipient(number, f"p{number}@example.org") for number in range(first, first + count)]
        return outbox.submit(hub, source, recipients)


def settle(hub: Hub, source: Source, kind: str, count: int) -> int:
    """Claim that many and settle them."""
    with bulk():
        batch = outbox.claim(source, hub.node.number, count, hub.ms() + 1)
    with bulk():
        return outbox.settle(hub.node.number, [Outcome(each.id, 1, kind, hub.ms(), 250) for each in batch])


def tick(hub: Hub) -> None:
    jobs.follow(hub)


def held(hub: Hub, account_id: int) -> tuple[int, int, int, int]:
    """Mails and money that may be spent, and that are reserved."""
    told = showing.balance(hub, account_id)
    return told["mails"], told["money"], told["reserved_mails"], told["reserved_money"]


def charged(account_id: int, unit: str = "EUR") -> int:
    query = "SELECT coalesce(sum(amount), 0) FROM billing_lines WHERE account_id = ? AND book = 'charged' AND unit = ?"
    return int(sql(query, (account_id, unit)).fetchone()[0])
