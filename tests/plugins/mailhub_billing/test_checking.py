"""The check finds what differs: each of these is spoilt on purpose."""

from collections.abc import Callable
from typing import Any

import pytest

from mailhub import Hub
from mailhub.db import is_postgres, sql
from mailhub.messages import FINISHED, Queued, Source
from mailhub.permissions import Actor
from tests.plugins.mailhub_billing.conftest import settle, submit, tick

TopUp = Callable[..., dict[str, Any]]


@pytest.fixture
def delivered(hub: Hub, source: Source, top_up: TopUp) -> Source:
    top_up("10")
    submit(hub, source, 20)
    settle(hub, source, "delivered", 10)
    tick(hub)
    return source


def _unlock(table: str) -> None:
    if is_postgres():
        sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    else:
        sql(f"DROP TRIGGER {table}_no_update")


def test_it_finds_nothing_while_mail_is_under_way(hub: Hub, staff: Actor, delivered: Source) -> None:
    assert hub.call(staff, "billing.check")["differences"] == []


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("UPDATE billing_lines SET amount = amount + 1 WHERE id = 1", "its sides differ by 1 EUR"),
        ("UPDATE billing_balances SET amount = amount - 7 WHERE book = 'available'", "its lines sum to"),
        ("UPDATE billing_lots SET waiting = waiting + 1", "its sources account for"),
        ("UPDATE billing_lots SET charged = charged + 1", "11 mails were charged, and 10 delivered"),
        ("UPDATE counters SET count = count + 3 WHERE kind = 'delivered'", "10 mails were charged, and 13 delivered"),
    ],
)
def test_it_finds(hub: Hub, staff: Actor, delivered: Source, statement: str, sentence: str) -> None:
    hub.call(staff, "billing.check")
    _unlock("billing_lines")
    sql(statement)
    found = hub.call(staff, "billing.check")
    assert not found["right"]
    assert any(sentence in each for each in found["differences"]), found


def test_it_finds_what_is_left_of_a_source_that_ended(hub: Hub, staff: Actor, delivered: Source) -> None:
    Queued.delete().execute()
    Source.update(state=FINISHED).where(Source.id == delivered.id).execute()
    assert hub.call(staff, "billing.check")["differences"] == [
        f"Source {delivered.id} of account {delivered.account_id} has ended, and 10 mails of it are still reserved."
    ]
