"""Reserving a page: packs first, then money; a part of it when that is all credit reaches for; never more than there is."""

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mailhub import Hub, Quote, outbox
from mailhub.db import bulk, close_database, sql
from mailhub.messages import Queued, Source
from mailhub.permissions import Actor
from mailhub.testing import make_hub, make_owner
from mailhub.vocabulary import Recipient
from mailhub_billing.models import Entry
from mailhub_billing.reserving import REASON
from tests.plugins.mailhub_billing.conftest import CHARGING, PRICE, charged, held, new_source, settle, submit, tick

TopUp = Callable[..., dict[str, Any]]


def test_packs_of_mails_go_first_then_money(hub: Hub, source: Source, owner: Actor, top_up: TopUp) -> None:
    top_up("300", unit="mails")
    top_up("10")
    submit(hub, source, 1000)
    assert held(hub, owner.account_id) == (0, 10_000_000 - 700 * PRICE, 300, 700 * PRICE)


def test_without_enough_credit_the_page_is_refused_with_what_it_reaches_for(
    hub: Hub, source: Source, top_up: TopUp, owner: Actor
) -> None:
    top_up("4.5")
    with pytest.raises(outbox.Short, match="credit is used up") as caught:
        submit(hub, source, 1001)
    assert caught.value.room == 1000
    assert held(hub, owner.account_id) == (0, 4_500_000, 0, 0)
    assert not Queued.select().exists()
    submit(hub, source, 1000)
    with pytest.raises(outbox.Short) as caught:
        submit(hub, source, 1, 2000)
    assert caught.value.room == 0
    assert held(hub, owner.account_id) == (0, 0, 0, 4_500_000)


def test_who_is_refused_at_submit_costs_nothing(hub: Hub, source: Source, owner: Actor, top_up: TopUp) -> None:
    hub.call(owner, "suppressions.add", addresses=["p1@example.org", "p2@example.org"])
    top_up("1", unit="mails")
    assert submit(hub, source, 3).queued == 1
    assert submit(hub, source, 2).refused == 2, "none of this page leaves, so no credit is asked for"
    assert held(hub, owner.account_id) == (0, 0, 1, 0)
    settle(hub, source, "delivered", 5)
    tick(hub)
    assert held(hub, owner.account_id) == (0, 0, 0, 0)
    assert charged(owner.account_id, "mails") == 1


def test_one_page_is_one_entry_whatever_its_size(hub: Hub, source: Source, top_up: TopUp) -> None:
    top_up("10")
    for page in range(3):
        submit(hub, source, 500, 1 + page * 500)
    assert [each.count for each in Entry.select().where(Entry.kind == "reserve")] == [500, 500, 500]


def test_a_price_of_nothing_needs_no_credit(hub: Hub, source: Source, owner: Actor, staff: Actor) -> None:
    hub.call(staff, "billing.price", account=owner.account_id, price="0")
    submit(hub, source, 2000)
    settle(hub, source, "delivered", 2000)
    tick(hub)
    assert held(hub, owner.account_id) == (0, 0, 0, 0)
    assert hub.call(staff, "billing.check")["right"]


def test_what_is_reserved_keeps_its_price(hub: Hub, source: Source, owner: Actor, staff: Actor, top_up: TopUp) -> None:
    top_up("10")
    submit(hub, source, 100)
    hub.call(staff, "billing.price", account=owner.account_id, price="0.01")
    submit(hub, source, 100, 101)
    settle(hub, source, "delivered", 150)
    settle(hub, source, "bounced", 50)
    tick(hub)
    assert charged(owner.account_id) == 100 * PRICE + 50 * 10_000
    assert held(hub, owner.account_id) == (0, 10_000_000 - 100 * PRICE - 50 * 10_000, 0, 0)


def test_what_was_submitted_before_charging_began_is_not_charged(tmp_path: Path, database_url: str) -> None:
    """The same database, first with charging off: three wait, and go when it is on."""
    at: dict[str, Any] = {"database": {"url": database_url}}
    with make_hub(tmp_path / "data", **at) as off:
        account_id = make_owner(off, "Operator")[2].account_id
        source = new_source(off, account_id)
        submit(off, source, 3)
        assert not Entry.select().exists()
    with make_hub(tmp_path / "data", **at, billing={**CHARGING, "free_mails": 10}) as on:
        submit(on, source, 2, 4)
        settle(on, source, "delivered", 5)
        tick(on)
        assert charged(account_id, "mails") == 2
        assert held(on, account_id) == (8, 0, 0, 0)


def test_a_quote_says_what_packs_pay_and_what_is_missing(hub: Hub, owner: Actor, top_up: TopUp) -> None:
    top_up("100", unit="mails")
    top_up("0.9")
    asked: dict[str, Any] = {"hub": hub, "account": owner.account_id, "channel": "mail"}
    assert hub.hook.quote(**asked, count=50) == Quote(0, "EUR", 50, 0)
    assert hub.hook.quote(**asked, count=300) == Quote(200 * PRICE, "EUR", 100, 0)
    assert hub.hook.quote(**asked, count=12_431) == Quote(12_331 * PRICE, "EUR", 100, 12_131)
    assert hub.hook.quote(**{**asked, "channel": "sms"}, count=1) is None


def test_charging_nothing_reserves_and_quotes_nothing(tmp_path: Path) -> None:
    with make_hub(tmp_path / "data") as off:
        _, _, actor = make_owner(off)
        source = new_source(off, actor.account_id)
        submit(off, source, 10)
        settle(off, source, "delivered", 10)
        tick(off)
        assert off.hook.quote(hub=off, account=actor.account_id, channel="mail", count=10) is None
        for table in ("terms", "entries", "lots", "sources", "balances"):
            assert not sql(f"SELECT count(*) FROM billing_{table}").fetchone()[0]
        assert not sql("SELECT count(*) FROM cursors WHERE name = 'billing'").fetchone()[0]


OVERDRAW = """
import sys
from pathlib import Path
from mailhub import outbox
from mailhub.messages import Source
from mailhub.testing import make_hub
from tests.plugins.mailhub_billing.conftest import CHARGING, submit
with make_hub(Path(sys.argv[1]), database={"url": sys.argv[2]}, billing=CHARGING) as hub:
    source, taken = Source.get_by_id(int(sys.argv[3])), 0
    print("ready", flush=True)
    sys.stdin.readline()
    size = 7
    while size:
        try:
            taken += submit(hub, source, size, taken + 1).queued
        except outbox.Short as short:
            size = short.room
    print(taken, flush=True)
"""


def test_two_processes_never_spend_more_than_there_is(hub: Hub, owner: Actor, top_up: TopUp, tmp_path: Path) -> None:
    top_up("1", unit="mails")
    top_up("9")
    sources = [new_source(hub, owner.account_id) for _ in range(2)]
    close_database()
    programs = [
        subprocess.Popen(
            [sys.executable, "-c", OVERDRAW, str(tmp_path / "data"), hub.config.database.url, str(each.id)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3],
            env={"PYTHONPATH": "plugins:.", "PATH": "/usr/bin:/bin"},
        )
        for each in sources
    ]  # fmt: skip
    for each in programs:
        assert each.stdout
        assert each.stdout.readline() == "ready\n"
    for each in programs:
        assert each.stdin
        each.stdin.write("go\n")
        each.stdin.flush()
    taken = [int(each.communicate(timeout=60)[0]) for each in programs]
    assert sum(taken) == 2001
    assert min(taken) > 0, "both were at it"
    assert Queued.select().count() == 2001
    assert held(hub, owner.account_id) == (0, 0, 1, 9_000_000)


def test_two_threads_never_spend_more_than_there_is(hub: Hub, owner: Actor, top_up: TopUp) -> None:
    top_up("100", unit="mails")
    sources = [new_source(hub, owner.account_id) for _ in range(3)]
    taken: list[int] = []

    def spend(source: Source) -> None:
        try:
            for number in range(100):
                try:
                    taken.append(submit(hub, source, 1, number + 1).queued)
                except outbox.Short:
                    break
        finally:
            close_database()

    threads = [threading.Thread(target=spend, args=(each,)) for each in sources]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    assert sum(taken) == 100
    assert held(hub, owner.account_id) == (0, 0, 100, 0)


def test_a_page_that_is_rolled_back_gives_back_what_it_reserved(
    hub: Hub, source: Source, owner: Actor, top_up: TopUp
) -> None:
    top_up("10", unit="mails")
    with pytest.raises(ZeroDivisionError), bulk():
        outbox.submit(hub, source, [Recipient(1, "p1@example.org")])
        raise ZeroDivisionError
    assert held(hub, owner.account_id) == (10, 0, 0, 0)


def test_the_reason_says_what_to_do() -> None:
    assert "top-up" in REASON
