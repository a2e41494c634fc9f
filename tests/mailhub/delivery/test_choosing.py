"""Rules fit by their conditions; what is off or cannot be opened is left out; shares are kept to."""

import random
from collections import Counter
from typing import Any

import pytest

from mailhub.accounts import Account
from mailhub.delivery.choosing import Egress, Route, Target, domain_fits, last_change, ordered, read
from mailhub.hub import Hub
from mailhub.routes import RouteRow
from mailhub.routing import making, pools, rules


def _route(hub: Hub, name: str, **given: Any) -> RouteRow:
    return making.create(hub, {"name": name, "kind": "smart_host", "host": f"{name}.example.com", **given})


def _rule(hub: Hub, *routes: str, **given: Any) -> None:
    rules.create(hub, given, [rules.read(each) for each in routes])


@pytest.mark.parametrize(
    ("pattern", "domain", "fits"),
    [
        ("", "example.com", True),
        ("example.com", "example.com", True),
        ("example.com", "mail.example.com", False),
        ("*.example.com", "mail.example.com", True),
        ("*.example.com", "a.b.example.com", True),
        ("*.example.com", "example.com", False),
        ("*.example.com", "badexample.com", False),
    ],
)
def test_a_domain_fits_its_pattern(pattern: str, domain: str, fits: bool) -> None:
    assert domain_fits(pattern, domain) is fits


@pytest.mark.parametrize(
    ("condition", "other"),
    [
        ({"stream": "bulk"}, ("system", 7, "a.example", "b.example", "google")),
        ({"account": 1}, ("bulk", 8, "a.example", "b.example", "google")),
        ({"sender_domain": "a.example"}, ("bulk", 1, "c.example", "b.example", "google")),
        ({"recipient_domain": "b.example"}, ("bulk", 1, "a.example", "c.example", "google")),
        ({"provider": "google"}, ("bulk", 1, "a.example", "b.example", "")),
    ],
)
def test_each_condition_counts(
    sqlite_core: Hub, condition: dict[str, Any], other: tuple[str, int, str, str, str]
) -> None:
    Account.create(name="Acme", created_at=0)
    _route(sqlite_core, "main")
    _rule(sqlite_core, "main", **condition)
    (rule,) = read(sqlite_core).rules
    assert rule.fits("bulk", 1, "a.example", "b.example", "google")
    assert not rule.fits(*other)


def test_everything_is_read_on_both_databases(core: Hub) -> None:
    pool = pools.create(core, "bulk")
    pools.add(pool, "127.0.0.2", "mail.example.com", 3)
    pools.add(pool, "127.0.0.3", "", 1)
    _route(core, "main", pool="bulk", port=2525, tls="required", username="me", password="secret")
    _route(core, "spare")
    _rule(core, "main", "spare@2")
    book = read(core)
    assert book.number == last_change()
    (first,), (second,) = book.rules[0].ranks
    assert first.route == Route(
        first.route.id, "main", "smart_host", "main.example.com", 2525, "required", "me", "secret",
        (Egress(1, "127.0.0.2", "mail.example.com"), Egress(2, "127.0.0.3", "localhost")),
    )  # fmt: skip
    assert second.route.egresses == (Egress(0, "", "localhost"),)
    assert book.weights == {1: 3, 2: 1}


def test_a_password_is_not_in_what_is_printed_of_a_route() -> None:
    assert "secret" not in repr(Route(1, "main", "smart_host", password="secret-word"))


def test_a_route_that_is_off_is_left_out_and_a_rule_without_another_one_leads_nowhere(sqlite_core: Hub) -> None:
    _route(sqlite_core, "on")
    _route(sqlite_core, "off", enabled=False)
    _rule(sqlite_core, "off")
    _rule(sqlite_core, "off", "on@2")
    shut, rule = read(sqlite_core).rules
    assert shut.ranks == ()
    assert [[target.route.name for target in rank] for rank in rule.ranks] == [["on"]]


def test_a_route_whose_password_cannot_be_opened_is_left_out(
    sqlite_core: Hub, caplog: pytest.LogCaptureFixture
) -> None:
    row = _route(sqlite_core, "main", tls="required", username="me", password="secret")
    _rule(sqlite_core, "main")
    RouteRow.update(password=b"\x01" + bytes(40)).where(RouteRow.id == row.id).execute()
    assert [rule.ranks for rule in read(sqlite_core).rules] == [()]
    assert "route main is left out" in caplog.text


def _target(name: str, weight: int) -> Target:
    return Target(Route(1, name, "direct"), weight)


def test_within_a_rank_each_comes_first_as_often_as_its_weight_says() -> None:
    chance = random.Random(7)
    ranks = [[_target("a", 6), _target("b", 3), _target("c", 1)], [_target("d", 1)]]
    drawn = [[route.name for route in ordered(ranks, chance)] for _ in range(5000)]
    assert all(set(each[:3]) == {"a", "b", "c"} and each[3] == "d" for each in drawn)
    first = Counter(each[0] for each in drawn)
    assert 2850 < first["a"] < 3150
    assert 1380 < first["b"] < 1620
    assert 420 < first["c"] < 580
    second = Counter(each[1] for each in drawn if each[0] == "a")
    assert 2.4 < second["b"] / second["c"] < 3.7, "who steps in does so by weight too"
