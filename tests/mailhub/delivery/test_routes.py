"""The router answers with routes in order and with addresses that may send, and notices changes."""

import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from mailhub.delivery import routes
from mailhub.delivery.routes import Egress, Route, Router, configured
from mailhub.hub import Hub
from mailhub.routes import DAY
from mailhub.routing import making, pools, rules, warming
from mailhub.testing import Clock, make_hub

MAIL = ("bulk", 1, "news.example.org", "example.net")
SMART = {
    "route": "smart_host",
    "smart_host": "mx.example",
    "smart_host_port": 25,
    "smart_host_tls": "required",
    "smart_host_user": "me",
    "smart_host_password": "secret",
}


def _rule(hub: Hub, *names: str, **given: Any) -> None:
    rules.create(hub, given, [rules.read(each) for each in names])


def _route(hub: Hub, name: str, **given: Any) -> None:
    making.create(hub, {"name": name, "kind": "smart_host", "host": f"{name}.example.com", **given})


def _router(hub: Hub) -> Router:
    return Router(hub, random.Random(11))


def _names(found: tuple[Route, ...]) -> list[str]:
    return [route.name for route in found]


def test_without_a_rule_mail_takes_the_configurations_route(tmp_path: Path, no_plugins: dict[str, list[str]]) -> None:
    own = (Egress(0, "", "localhost"),)
    with make_hub(tmp_path / "a", plugins=no_plugins, delivery=SMART) as hub:
        route = Route(0, "mx.example:25", "smart_host", "mx.example", 25, "required", "me", "secret", own)
        assert _router(hub).routes_for(*MAIL) == (route,)
    with make_hub(tmp_path / "b", plugins=no_plugins, delivery={"route": "direct"}) as hub:
        assert configured(hub) == Route(0, "direct", "direct", egresses=own)


def test_the_first_rule_that_fits_decides_and_no_rule_means_the_configuration(sqlite_core: Hub) -> None:
    for name in ("one", "two", "three"):
        _route(sqlite_core, name)
    _rule(sqlite_core, "one", recipient_domain="*.example.net")
    _rule(sqlite_core, "two", "three@2", stream="bulk")
    _rule(sqlite_core, "one", stream="bulk")
    router = _router(sqlite_core)
    for _ in range(2):  # the second time from memory
        assert _names(router.routes_for(*MAIL)) == ["two", "three"]
        assert _names(router.routes_for("bulk", 1, "news.example.org", "mail.example.net")) == ["one"]
        assert _names(router.routes_for("system", 1, "news.example.org", "example.net")) == ["sandbox"]


def test_a_rule_for_a_provider_fits_domains_that_are_known_to_be_there(sqlite_core: Hub) -> None:
    _route(sqlite_core, "gentle")
    _rule(sqlite_core, "gentle", provider="google")
    router = _router(sqlite_core)
    assert _names(router.routes_for(*MAIL)) == ["sandbox"]
    router.learn("example.net", "google")
    assert _names(router.routes_for(*MAIL)) == ["gentle"]


def test_dns_is_asked_only_where_a_rule_depends_on_it(sqlite_core: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("gentle", "rest"):
        _route(sqlite_core, name)
    assert not _router(sqlite_core).is_unsure(*MAIL)
    _rule(sqlite_core, "rest", stream="system")
    _rule(sqlite_core, "gentle", stream="transactional", provider="google")
    _rule(sqlite_core, "rest", sender_domain="*.example.org")
    _rule(sqlite_core, "gentle", provider="google")
    router = _router(sqlite_core)
    assert not router.is_unsure(*MAIL), "a rule before decides"
    other = ("bulk", 1, "other.example", "example.net")
    assert router.is_unsure(*other)
    assert _names(router.choose(None, *other)) == ["sandbox"]
    assert not router.is_unsure(*other), "it is not asked about again at once"
    now = routes.time.monotonic()
    monkeypatch.setattr(routes.time, "monotonic", lambda: now + routes.UNANSWERED + 1)
    assert router.is_unsure(*other)
    assert _names(router.choose("google", *other)) == ["gentle"]
    assert not router.is_unsure(*other)


def test_shares_decide_the_first_by_chance(sqlite_core: Hub) -> None:
    _route(sqlite_core, "big")
    _route(sqlite_core, "small")
    _rule(sqlite_core, "big=3", "small=1")
    router = _router(sqlite_core)
    first = Counter(router.routes_for(*MAIL)[0].name for _ in range(4000))
    assert 2880 < first["big"] < 3120


def test_changes_are_noticed_after_a_while(sqlite_core: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    router = _router(sqlite_core)
    _route(sqlite_core, "new")
    _rule(sqlite_core, "new")
    router.refresh()
    assert _names(router.routes_for(*MAIL)) == ["sandbox"], "asked less than two seconds ago"
    monkeypatch.setattr(routes, "FRESH", 0.0)
    router.refresh()
    assert _names(router.routes_for(*MAIL)) == ["new"]
    making.change(sqlite_core, making.find("new"), {"enabled": False})
    router.refresh()
    assert _names(router.routes_for(*MAIL)) == []
    rules.delete(rules.ordered()[0])
    router.refresh()
    assert _names(router.routes_for(*MAIL)) == ["sandbox"]


@pytest.fixture
def warm(sqlite_core: Hub) -> Hub:
    """A route over two addresses, shares 3 and 1; the first may send 50 messages to each provider today."""
    sqlite_core.clock = Clock(20_833 * DAY / 1000)
    pool = pools.create(sqlite_core, "bulk")
    first = pools.add(pool, "127.0.0.2", "", 3)
    pools.add(pool, "127.0.0.3", "", 1)
    warming.begin(sqlite_core, first, {"plan": "usual", "caps": []})
    _route(sqlite_core, "main", pool="bulk")
    _rule(sqlite_core, "main")
    return sqlite_core


def test_addresses_share_by_weight_and_one_without_a_cap_left_is_passed_over(warm: Hub) -> None:
    router = _router(warm)
    (route,) = router.routes_for(*MAIL)
    seen: Counter[str] = Counter()
    for _ in range(100):
        egress, granted, wait = router.egress_for(route, "google", 1)
        assert (granted, wait) == (1, 0)
        assert egress is not None
        seen[egress.address] += 1
    assert seen == {"127.0.0.2": 50, "127.0.0.3": 50}
    free = Counter(router.egress_for(route, each, 1)[0].address for each in map(str, range(400)))  # type: ignore[union-attr]
    assert 270 < free["127.0.0.2"] < 330, "as long as both may, three in four leave from the first"


def test_when_no_address_may_send_it_is_said_until_when(warm: Hub) -> None:
    router = _router(warm)
    (route,) = router.routes_for(*MAIL)
    cold = route.egresses[:1]
    assert router.egress_for(route, "google", 80, cold) == (cold[0], 50, DAY)
    assert router.egress_for(route, "google", 1, cold) == (None, 0, DAY)
    router.put_back(cold[0], "google", 2, 20_833)
    assert router.egress_for(route, "google", 1, cold) == (cold[0], 1, 0)
    assert router.take(cold[0], "google", 5) == (1, DAY)


def test_what_a_router_did_not_use_is_there_for_the_next(warm: Hub) -> None:
    first = _router(warm)
    (route,) = first.routes_for(*MAIL)
    assert first.take(route.egresses[0], "google", 10) == (10, 0)
    first.put_back(route.egresses[0], "google", 10, 20_833)
    first.close()
    assert _router(warm).take(route.egresses[0], "google", 50) == (50, 0)
