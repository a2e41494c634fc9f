"""Pools and warm-ups on pages."""

import re
from collections.abc import Callable

import pytest

from mailhub.accounts import Role
from mailhub.hub import Hub
from mailhub.routes import PoolAddress, WarmCount, WarmUp, today
from mailhub.routing import pools

from .conftest import Browser

ADDRESS = "/server/pools/address/127.0.0.2"


@pytest.fixture
def pool(owner: Browser) -> Browser:
    """A pool with one address."""
    owner.get("/server/pools/new")
    assert owner.post("/server/pools/new", name="bulk").headers["Location"] == "/server/pools/pool/bulk"
    owner.post("/server/pools/pool/bulk", address="127.0.0.2", helo="mail1.example.com", weight="3")
    return owner


def _words(browser: Browser, path: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", browser.get(path).text).split())


def test_at_first_the_page_says_who_needs_one(owner: Browser) -> None:
    assert "A server with one address needs none." in owner.get("/server/pools").text


def test_a_pool_is_filled(pool: Browser) -> None:
    assert "127.0.0.2 mail1.example.com 100% no caps" in _words(pool, "/server/pools/pool/bulk")
    assert "bulk 127.0.0.2 no route" in _words(pool, "/server/pools")
    wrong = pool.post("/server/pools/pool/bulk", address="192.0.2.10", helo="", weight="")
    assert wrong.status_code == 422
    assert "is not an address of this machine" in wrong.text
    assert 'value="192.0.2.10"' in wrong.text
    assert "already" in pool.post("/server/pools/pool/bulk", address="127.0.0.2").text
    assert "already" in pool.post("/server/pools/new", name="bulk").text
    assert pool.get("/server/pools/pool/nobody").status_code == 404


def test_an_address_is_changed_and_removed(pool: Browser) -> None:
    assert pool.post(ADDRESS, helo="mail2.example.com", weight="5").status_code == 303
    assert pools.find_address("127.0.0.2").helo == "mail2.example.com"
    assert 'id="error-weight"' in pool.post(ADDRESS, helo="", weight="0").text
    pool.post(f"{ADDRESS}/remove")
    assert not PoolAddress.select().exists()
    assert pool.get(ADDRESS).status_code == 404
    pool.post("/server/pools/pool/bulk/delete")
    assert "No pool yet" in pool.get("/server/pools").text


def test_what_a_route_uses_stays(pool: Browser) -> None:
    pool.post("/server/routes/new", name="main", kind="direct", tls="opportunistic", pool="bulk", enabled="1")
    pool.post("/server/pools/pool/bulk/delete")
    assert "is used by the route main" in pool.get("/server/pools/pool/bulk").text
    pool.post(f"{ADDRESS}/remove")
    assert "is the last address" in pool.get("/server/pools/pool/bulk").text
    assert PoolAddress.select().count() == 1


def test_providers_with_the_same_caps_share_a_column(pool: Browser, hub: Hub) -> None:
    caps = "google=20, outlook=20, orange=20, free=50"
    pool.post(f"{ADDRESS}/warm-up", plan="usual", start="", first="", growth="", most="400", caps=caps)
    text = pool.get(ADDRESS).text
    head = text[text.index('<th scope="col">Day</th>') :].partition("</tr>")[0]
    assert head.count("<th") == 3
    pool.post("/language/fr", next="/")
    assert "connaît encore\u00a0: 50" in pool.get(ADDRESS).text


def test_a_warm_up_shows_today_against_its_caps_and_the_plan_ahead(pool: Browser, hub: Hub) -> None:
    plan = {"plan": "usual", "start": "", "first": "", "growth": "", "most": "400", "caps": "google=20"}
    assert pool.post(f"{ADDRESS}/warm-up", **plan).status_code == 303
    WarmCount.create(address_id=1, provider="google", day=today(hub.ms()), used=5)
    words = _words(pool, ADDRESS)
    assert "Gmail and Google Workspace 5 of 20 25%" in words
    assert "Domains elsewhere, together 0 of 50 0%" in words
    assert re.search(
        r"Day Each other provider Gmail and Google Workspace [^ ]+ [^ ]+ \d{4} 50 20 [^ ]+ [^ ]+ \d{4} 100 40", words
    )
    assert words.count("no cap") >= 3
    text = pool.get(ADDRESS).text
    assert '<td class="text-nowrap">' in text  # a day on three lines is no day
    assert "data-chart" in text
    assert '"Each other provider", "blue", [50, 100, 200, 400' in text
    assert "warming up" in _words(pool, "/server/pools/pool/bulk")
    pool.post(f"{ADDRESS}/warm")
    assert "Sends as much as there is." in pool.get(ADDRESS).text
    assert not WarmUp.select().exists()


def test_a_plan_with_mistakes_keeps_what_was_written(pool: Browser) -> None:
    wrong = {"plan": "careful", "start": "2040-01-01", "first": "x", "growth": "", "most": "", "caps": ""}
    answer = pool.post(f"{ADDRESS}/warm-up", **wrong)
    assert answer.status_code == 422
    assert 'id="error-first"' in answer.text
    assert re.search(r'<option value="careful" selected', answer.text)
    late = pool.post(f"{ADDRESS}/warm-up", **{**wrong, "first": ""})
    assert 'id="error-start"' in late.text
    assert 'value="2040-01-01"' in late.text


def test_who_may_only_look_is_offered_nothing_to_change(pool: Browser, colleague: Callable[[str], Browser]) -> None:
    Role.update(permissions=["routes.view"]).where(Role.name == "analyst").execute()
    looking = colleague("analyst")
    for path, change in (("pool/bulk", "Add the address"), ("address/127.0.0.2", "Begin"), ("", "Make a pool")):
        assert change in pool.get(f"/server/pools/{path}".rstrip("/")).text
        assert change not in looking.get(f"/server/pools/{path}".rstrip("/")).text
    assert looking.get("/server/pools/new").status_code == 403
    assert looking.post(f"{ADDRESS}/remove").status_code == 403
    assert PoolAddress.select().count() == 1


def test_another_account_finds_none_of_it(pool: Browser, stranger: Browser) -> None:
    for path in ("/server/pools/pool/bulk", ADDRESS):
        assert stranger.get(path).status_code == 403
