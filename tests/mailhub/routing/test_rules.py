"""Rules keep their order, and take nothing that makes no sense."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mailhub.delivery.shaping import load
from mailhub.errors import Invalid, NotFound
from mailhub.hub import Hub
from mailhub.routing import making, rules

from .conftest import Ask


@pytest.fixture
def two(ask: Ask) -> None:
    for name in ("main", "spare"):
        ask("routes.create", name=name, host=f"{name}.example.com")


def _order() -> list[tuple[int, str]]:
    return [(row.position, row.sender_domain) for row in rules.ordered()]


def test_a_route_of_a_rule_is_read_with_its_share_and_order() -> None:
    assert rules.read("main") == ("main", 1, 1)
    assert rules.read("main=3") == ("main", 3, 1)
    assert rules.read("main@2") == ("main", 1, 2)
    assert rules.read(" smart host.example:587 = 30 @ 2 ") == ("smart host.example:587", 30, 2)
    assert rules.read(str(rules.Chosen("a", 2, 3))) == ("a", 2, 3)
    for wrong in ("", "=3", "main=0", "main=1001", "main@0", "main@10", "main=x", "main=1=2"):
        with pytest.raises(Invalid, match="is no route of a rule"):
            rules.read(wrong)


def test_a_rule_is_told_as_it_was_made(two: None, ask: Ask) -> None:
    made = ask(
        "route_rules.create", stream="bulk", account=1, sender_domain="News.Example.org",
        recipient_domain="*.example.net", provider="Google", routes="spare@2, main=3",
    )  # fmt: skip
    assert made == {
        "rule": made["rule"], "position": 1, "stream": "bulk", "account": 1, "sender_domain": "news.example.org",
        "recipient_domain": "*.example.net", "provider": "google",
        "routes": [{"name": "main", "weight": 3, "order": 1}, {"name": "spare", "weight": 1, "order": 2}],
    }  # fmt: skip
    assert ask("routes.list")["rules"] == [made]
    changed = ask("route_rules.change", rule=made["rule"], stream="", account=0)
    assert (changed["stream"], changed["account"], changed["provider"]) == ("", None, "google")
    assert changed["routes"] == made["routes"], "what is not given stays"
    assert ask("route_rules.change", rule=made["rule"], routes=["spare"])["routes"] == [
        {"name": "spare", "weight": 1, "order": 1}
    ]


@pytest.mark.parametrize(
    ("given", "field", "sentence"),
    [
        ({"stream": "slow"}, "stream", "slow is no stream"),
        ({"account": 99}, "account", "There is no account 99"),
        ({"sender_domain": "nonsense"}, "sender_domain", "nonsense is no domain"),
        ({"recipient_domain": "a b.example"}, "recipient_domain", "is no domain"),
        ({"provider": "gmail"}, "provider", "gmail is no mailbox provider: there are google, outlook, "),
        ({"routes": []}, "routes", "has no route"),
        ({"routes": ["nobody"]}, "routes", "There is no route nobody"),
        ({"routes": ["main", "main@2"]}, "routes", "chosen twice"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    two: None, ask: Ask, given: dict[str, Any], field: str, sentence: str
) -> None:
    with pytest.raises(Invalid) as caught:
        ask("route_rules.create", **{"routes": ["main"], **given})
    assert sentence in caught.value.fields[field]
    assert rules.ordered() == []


def test_rules_are_moved_and_close_their_ranks(two: None, ask: Ask) -> None:
    numbers = [
        ask("route_rules.create", sender_domain=f"{each}.example", routes="main")["rule"] for each in ("a", "b", "c")
    ]
    ask("route_rules.create", sender_domain="d.example", routes="main", position=1)
    assert _order() == [(1, "d.example"), (2, "a.example"), (3, "b.example"), (4, "c.example")]
    assert ask("route_rules.move", rule=numbers[2], position=1)["position"] == 1
    assert [name for _, name in _order()] == ["c.example", "d.example", "a.example", "b.example"]
    assert ask("route_rules.move", rule=numbers[2], position=99)["position"] == 4
    ask("route_rules.delete", rule=numbers[0])
    assert _order() == [(1, "d.example"), (2, "b.example"), (3, "c.example")]


def test_a_rule_that_is_not_there_is_not_found(sqlite_core: Hub) -> None:
    with pytest.raises(NotFound, match="There is no rule 5"):
        rules.find(5)


def test_rules_work_on_both_databases(core: Hub) -> None:
    making.create(core, {"name": "main", "kind": "direct"})
    first = rules.create(core, {}, [rules.Chosen("main")])
    second = rules.create(core, {"stream": "bulk"}, [rules.Chosen("main")], 1)
    assert [row.id for row in rules.ordered()] == [second.id, first.id]
    rules.delete(second)
    assert [(row.id, row.position) for row in rules.ordered()] == [(first.id, 1)]


def test_the_short_names_of_providers_are_those_of_the_shaping_files(sqlite_core: Hub, two: None, ask: Ask) -> None:
    own = sqlite_core.config.data / "own.toml"
    own.write_text('[village]\nname = "The village"\nmx = ["mx.village.example"]\n', "utf-8")
    sqlite_core.config = replace(sqlite_core.config, delivery=replace(sqlite_core.config.delivery, shaping=str(own)))
    for slug in ["", "Village", *load().names]:
        assert ask("route_rules.create", provider=slug, routes=["main"])["provider"] == slug.lower()


def test_the_manual_lists_them() -> None:
    text = (Path(__file__).parents[3] / "docs" / "routes.md").read_text("utf-8")
    assert dict(re.findall(r"^\| `(\w+)` \| ([^|]+) \|$", text, re.MULTILINE)) == load().names
