"""Actions of routes are the operator's, and take what a shell or a form can write."""

import pytest

from mailhub.errors import Forbidden, Invalid
from mailhub.hub import Hub
from mailhub.routing import ACTIONS
from mailhub.testing import make_owner

from .conftest import Ask


def test_another_account_sees_and_changes_nothing(sqlite_core: Hub, ask: Ask) -> None:
    ask("routes.create", name="main", host="smtp.example.com")
    tenant = make_owner(sqlite_core, "Tenant")[2]
    assert len(ACTIONS) == 19
    for action in ACTIONS:
        with pytest.raises(Forbidden):
            action.perform(sqlite_core, tenant, {})


def test_texts_come_as_a_list_or_with_commas_and_lines(ask: Ask) -> None:
    for name in ("a", "b", "c"):
        ask("routes.create", name=name, kind="direct")
    made = ask("route_rules.create", routes="a, b@2\nc=3")
    assert [each["name"] for each in made["routes"]] == ["c", "a", "b"]
    assert len(ask("route_rules.create", routes=["a", "b"])["routes"]) == 2
    for wrong in ([1], 7, {"a": 1}):
        with pytest.raises(Invalid, match="commas between them"):
            ask("route_rules.create", routes=wrong)


def test_the_list_tells_the_configurations_route(ask: Ask) -> None:
    assert ask("routes.list") == {"configuration": "sandbox", "routes": [], "rules": [], "pools": []}
