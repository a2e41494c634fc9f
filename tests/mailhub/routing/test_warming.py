"""Plans of warm-ups: begun from ready-made ones, told with their progress, ended."""

from typing import Any

import pytest

from mailhub.delivery.shaping import load
from mailhub.errors import Invalid, NotFound
from mailhub.hub import Hub
from mailhub.routes import DAY, WarmCount, WarmUp, day_of, iso
from mailhub.routing import pools, warming
from mailhub.testing import Clock

from .conftest import Ask

TODAY = day_of("2027-03-01")


@pytest.fixture
def address(sqlite_core: Hub, ask: Ask) -> str:
    sqlite_core.clock = Clock((TODAY * DAY + 3_600_000) / 1000)
    ask("pools.create", name="bulk")
    ask("pool_addresses.add", pool="bulk", address="127.0.0.2")
    return "127.0.0.2"


def test_a_plan_begins_today_as_it_is_ready_made(address: str, ask: Ask) -> None:
    told = ask("warm_ups.begin", address=address)
    assert (told["start"], told["first"], told["growth"], told["most"]) == ("2027-03-01", 50, 2.0, 50_000)
    assert {"provider": "outlook", "used": 0, "cap": 20} in told["today"]
    assert told["today"][-1] == {"provider": "", "used": 0, "cap": 50}
    assert ask("routes.list")["pools"][0]["addresses"][0]["warming_up"]


def test_numbers_of_ones_own_count_and_a_second_plan_takes_the_firsts_place(address: str, ask: Ask) -> None:
    ask("warm_ups.begin", address=address, plan="quick")
    told = ask(
        "warm_ups.begin", address=address, first=10, growth="1.5", most=0, caps="google=5, Orange=7", start="2027-04-01"
    )
    assert told["caps"] == {"google": 5, "orange": 7}
    assert (told["start"], told["first"], told["growth"], told["most"]) == ("2027-04-01", 10, 1.5, 0)
    assert [each["cap"] for each in told["today"]] == [0, 0, 0], "before its first day nothing leaves"
    assert WarmUp.select().count() == 1


def test_ready_made_plans_name_providers_that_dns_can_find() -> None:
    known = load().names
    assert [each for plan in warming.PLANS.values() for each in plan.caps if each not in known] == []


@pytest.mark.parametrize("name", list(warming.PLANS))
def test_every_ready_made_plan_ends_within_a_month(sqlite_core: Hub, address: str, ask: Ask, name: str) -> None:
    ask("warm_ups.begin", address=address, plan=name)
    plan = warming.plan_of(pools.find_address(address))
    assert plan is not None
    steps = warming.ahead(sqlite_core, plan)
    assert 5 < len(steps) < warming.AHEAD
    assert set(steps[-1].caps.values()) == {None}
    assert None not in steps[0].caps.values()


@pytest.mark.parametrize(
    ("given", "field", "sentence"),
    [
        ({"plan": "hasty"}, "plan", "There is no plan hasty"),
        ({"first": 0}, "first", "The first day’s cap is 0"),
        ({"growth": 0.5}, "growth", "The growth is 0.5"),
        ({"growth": 11}, "growth", "The growth is 11"),
        ({"most": -1}, "most", "The last cap is -1"),
        ({"start": "tomorrow"}, "start", "tomorrow is no day"),
        ({"start": "2040-01-01"}, "start", "2040-01-01 is no day of this year"),
        ({"caps": "google"}, "caps", "google is no cap of a provider"),
        ({"caps": "google=0"}, "caps", "google=0 is no cap"),
        ({"caps": "gmail=5"}, "caps", "gmail is no mailbox provider: there are google, outlook, "),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    address: str, ask: Ask, given: dict[str, Any], field: str, sentence: str
) -> None:
    with pytest.raises(Invalid) as caught:
        ask("warm_ups.begin", address=address, **given)
    assert sentence in caught.value.fields[field]
    assert not WarmUp.select().exists()


def test_progress_is_told_by_provider(address: str, ask: Ask) -> None:
    ask("warm_ups.begin", address=address, caps="google=5")
    row = pools.find_address(address)
    for provider, day, used in (("google", TODAY, 3), ("yahoo", TODAY, 7), ("google", TODAY - 1, 2)):
        WarmCount.create(address_id=row.id, provider=provider, day=day, used=used)
    assert ask("warm_ups.show", address=address)["today"] == [
        {"provider": "google", "used": 3, "cap": 5},
        {"provider": "yahoo", "used": 7, "cap": 50},
        {"provider": "", "used": 0, "cap": 50},
    ]


def test_the_plan_ahead_begins_on_its_first_day(sqlite_core: Hub, address: str, ask: Ask) -> None:
    ask("warm_ups.begin", address=address, start="2027-03-05", most=400, caps=[])
    plan = warming.plan_of(pools.find_address(address))
    assert plan is not None
    steps = warming.ahead(sqlite_core, plan)
    assert [(iso(step.day), step.caps[""]) for step in steps] == [
        ("2027-03-05", 50), ("2027-03-06", 100), ("2027-03-07", 200), ("2027-03-08", None),
    ]  # fmt: skip


def test_a_plan_is_ended_once(address: str, ask: Ask) -> None:
    ask("warm_ups.begin", address=address)
    ask("warm_ups.end", address=address)
    assert ask("warm_ups.show", address=address) == {"address": address, "today": []}
    with pytest.raises(NotFound, match="There is no warm-up of 127.0.0.2"):
        ask("warm_ups.end", address=address)


def test_old_counts_are_forgotten(sqlite_core: Hub, address: str) -> None:
    for day in (TODAY, TODAY - 59, TODAY - 61):
        WarmCount.create(address_id=1, provider="", day=day, used=1)
    warming.forget_old(sqlite_core)
    assert {row.day for row in WarmCount.select()} == {TODAY, TODAY - 59}
