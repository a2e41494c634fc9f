"""Routes, rules, pools and warm-ups under /api/v1: the operator's whole work with them, and nobody else's."""

import pytest

from mailhub.hub import Hub
from mailhub.testing import make_owner

from .keyed import Ask, asking


@pytest.fixture
def ask(hub: Hub) -> Ask:
    return asking(hub, make_owner(hub)[2])


def test_routes_and_rules(ask: Ask) -> None:
    made = ask("POST", "/routes", 201, name="Été", host="smtp.example.net", username="me", password="secret")
    assert (made["name"], made["has_password"]) == ("Été", True)
    assert "secret" not in str(made)
    ask("POST", "/routes", 409, name="Été", host="smtp.example.net")
    assert ask("PATCH", "/routes/Été", enabled=False)["enabled"] is False
    rule = ask("POST", "/route-rules", 201, routes=["Été=2@1"], recipient_domain="example.org")
    assert rule["routes"] == [{"name": "Été", "weight": 2, "order": 1}]
    second = ask("POST", "/route-rules", 201, routes="Été", stream="bulk")["rule"]
    assert ask("PATCH", f"/route-rules/{second}", stream="transactional")["stream"] == "transactional"
    assert ask("POST", f"/route-rules/{second}/move", position=1) == {"rule": second, "position": 1}
    told = ask("GET", "/routes")
    assert [each["rule"] for each in told["rules"]] == [second, rule["rule"]]
    assert (told["configuration"], [each["name"] for each in told["routes"]]) == ("sandbox", ["Été"])
    ask("DELETE", "/routes/Été", 409)
    for number in (second, rule["rule"]):
        assert ask("DELETE", f"/route-rules/{number}") == {"rule": number}
    assert ask("DELETE", "/routes/Été") == {"name": "Été"}
    ask("PATCH", "/routes/Été", 404, enabled=True)


def test_a_trial_is_begun_and_followed(ask: Ask) -> None:
    number = ask("POST", "/route-trials", 202, recipient="you@there.example", sender="me@here.example")["trial"]
    told = ask("GET", f"/route-trials/{number}")
    assert (told["trial"], told["state"], told["lines"]) == (number, "waiting", [])
    ask("POST", "/route-trials", 422, recipient="nobody")
    ask("GET", "/route-trials/99", 404)


def test_pools_addresses_and_warm_ups(ask: Ask) -> None:
    assert ask("POST", "/pools", 201, name="bulk") == {"name": "bulk", "addresses": []}
    added = ask("POST", "/pools/bulk/addresses", 201, address="127.0.0.5", helo="mail.example.com")
    assert added == {"address": "127.0.0.5", "pool": "bulk", "helo": "mail.example.com", "weight": 1}
    assert ask("PATCH", "/pool-addresses/127.0.0.5", weight=3)["weight"] == 3
    path = "/pool-addresses/127.0.0.5/warm-up"
    assert ask("GET", path)["today"] == []
    begun = ask("PUT", path, plan="careful", caps=["google=7"])
    assert (begun["first"], begun["caps"]) == (20, {"google": 7})
    assert {each["provider"]: each["cap"] for each in ask("GET", path)["today"]} == {"": 20, "google": 7}
    assert ask("GET", "/routes")["pools"][0]["addresses"][0]["warming_up"] is True
    assert ask("DELETE", path) == {"address": "127.0.0.5"}
    assert ask("PATCH", "/pools/bulk", name="mass")["name"] == "mass"
    assert ask("DELETE", "/pool-addresses/127.0.0.5") == {"address": "127.0.0.5"}
    assert ask("DELETE", "/pools/mass") == {"name": "mass"}


def test_it_is_the_operators_and_needs_the_permission(hub: Hub, ask: Ask) -> None:
    tenant = asking(hub, make_owner(hub)[2])
    asked = (
        ("GET", "/routes"), ("POST", "/routes"), ("PATCH", "/routes/a"), ("DELETE", "/routes/a"), ("POST", "/route-trials"),
        ("GET", "/route-trials/1"), ("POST", "/route-rules"), ("PATCH", "/route-rules/1"), ("POST", "/route-rules/1/move"),
        ("DELETE", "/route-rules/1"), ("POST", "/pools"), ("PATCH", "/pools/a"), ("DELETE", "/pools/a"),
        ("POST", "/pools/a/addresses"), ("PATCH", "/pool-addresses/127.0.0.5"), ("DELETE", "/pool-addresses/127.0.0.5"),
        ("GET", "/pool-addresses/127.0.0.5/warm-up"), ("PUT", "/pool-addresses/127.0.0.5/warm-up"),
        ("DELETE", "/pool-addresses/127.0.0.5/warm-up"),
    )  # fmt: skip
    for method, path in asked:
        tenant(method, path, 403)
