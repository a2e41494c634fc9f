"""What is shown of credit: an account's own entries, page by page, newest first."""

from collections.abc import Callable
from typing import Any

from mailhub import Hub
from mailhub.messages import Source
from mailhub.permissions import Actor
from tests.plugins.mailhub_billing.conftest import PRICE, submit

TopUp = Callable[..., dict[str, Any]]


def test_entries_come_newest_first_and_go_on_where_a_page_ended(hub: Hub, owner: Actor, top_up: TopUp) -> None:
    numbers = [top_up("1")["entry"] for _ in range(5)][::-1]
    first = hub.call(owner, "billing.entries", limit=2)
    assert [each["number"] for each in first["entries"]] == numbers[:2]
    rest = hub.call(owner, "billing.entries", before=first["next"], limit=3)
    assert [each["number"] for each in rest["entries"]] == numbers[2:]
    assert rest["next"] is None


def test_an_entry_says_what_it_moved(hub: Hub, owner: Actor, source: Source, top_up: TopUp) -> None:
    top_up("1")
    submit(hub, source, 10)
    newest = hub.call(owner, "billing.entries")["entries"][0]
    assert (newest["kind"], newest["source"], newest["count"]) == ("reserve", source.id, 10)
    assert newest["moved"] == [
        {"book": "available", "unit": "EUR", "amount": -10 * PRICE},
        {"book": "reserved", "unit": "EUR", "amount": 10 * PRICE},
    ]
