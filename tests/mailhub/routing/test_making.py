"""Routes are made, changed and deleted; what is wrong is said in one sentence; passwords stay sealed."""

from typing import Any

import pytest

from mailhub.activity import Activity
from mailhub.db import sql
from mailhub.errors import Conflict, Invalid, NotFound
from mailhub.hub import Hub
from mailhub.routes import RouteChange, RouteRow
from mailhub.routing.making import find, used_by

from .conftest import Ask

SMART: dict[str, Any] = {"name": "main", "host": "smtp.example.com", "tls": "required", "username": "me"}


def test_a_smart_host_is_made_with_its_usual_port(ask: Ask) -> None:
    assert ask("routes.create", **SMART, password="secret-word") == {
        "name": "main", "kind": "smart_host", "host": "smtp.example.com", "port": 587, "tls": "required",
        "username": "me", "has_password": True, "pool": "", "enabled": True,
    }  # fmt: skip
    made = ask("routes.create", name="mx", kind="direct", host="ignored.example.com", username="ignored")
    assert (made["port"], made["host"], made["username"]) == (25, "", "")


def test_the_password_is_sealed_and_told_nowhere(sqlite_core: Hub, ask: Ask) -> None:
    ask("routes.create", **SMART, password="secret-word")
    ask("routes.change", route="main", enabled=False)
    assert sqlite_core.keyring.decrypt(find("main").password) == b"secret-word", "left alone where none is given"
    told = repr(ask("routes.list")) + repr([row.personal for row in Activity.select()])
    assert "secret-word" not in told
    dump = "".join(repr(row) for table in ("routes", "activity", "events") for row in sql(f"SELECT * FROM {table}"))
    assert "secret-word" not in dump
    ask("routes.change", route="main", password="another")
    assert sqlite_core.keyring.decrypt(find("main").password) == b"another"
    ask("routes.change", route="main", username="")
    assert find("main").password is None, "with the login it goes"


@pytest.mark.parametrize(
    "moved", [{"host": "thief.example.net"}, {"port": 2599}, {"username": "you"}, {"tls": "opportunistic"}]
)
def test_a_kept_password_goes_to_no_other_server(sqlite_core: Hub, ask: Ask, moved: dict[str, Any]) -> None:
    ask("routes.create", **SMART, password="secret-word")
    with pytest.raises(Invalid) as caught:
        ask("routes.change", route="main", **moved)
    assert "smtp.example.com, port 587" in caught.value.fields["password"]
    assert find("main").host == "smtp.example.com"
    ask("routes.change", route="main", **moved, password="another")
    assert sqlite_core.keyring.decrypt(find("main").password) == b"another"


@pytest.mark.parametrize(
    ("given", "field", "sentence"),
    [
        ({"name": "a=b"}, "name", "cannot be a route’s name"),
        ({"name": "Configuration"}, "name", "its own route"),
        ({"kind": "pigeon"}, "kind", "pigeon is no kind of route"),
        ({"host": ""}, "host", "has no host"),
        ({"host": "no host"}, "host", "no host is no host"),
        ({"port": 70000}, "port", "70000 is no port"),
        ({"port": -1}, "port", "-1 is no port"),
        ({"tls": "some"}, "tls", "some is no TLS mode"),
        ({"tls": "none"}, "tls", "could read the password"),
        ({"kind": "direct", "tls": "implicit"}, "tls", "begins without TLS"),
        ({"pool": "nobody"}, "pool", "There is no pool nobody"),
        ({"username": "a\x07b"}, "username", "copy it again"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(ask: Ask, given: dict[str, Any], field: str, sentence: str) -> None:
    with pytest.raises(Invalid) as caught:
        ask("routes.create", **{**SMART, **given})
    assert sentence in caught.value.fields[field]
    assert not RouteRow.select().exists()


def test_a_login_may_go_in_clear_to_this_machine_alone(ask: Ask) -> None:
    ask("routes.create", **{**SMART, "name": "a", "host": "localhost", "tls": "none"})
    ask("routes.create", **{**SMART, "name": "b", "host": "127.0.0.1", "tls": "none"})
    assert RouteRow.select().count() == 2


def test_an_empty_pool_cannot_be_left_from(ask: Ask) -> None:
    ask("pools.create", name="empty")
    with pytest.raises(Invalid, match="has no address yet"):
        ask("routes.create", **SMART, pool="empty")


def test_names_are_taken_once(ask: Ask) -> None:
    ask("routes.create", **SMART)
    ask("routes.create", **{**SMART, "name": "other"})
    for action, given in (("routes.create", SMART), ("routes.change", {"route": "other", "name": "main"})):
        with pytest.raises(Conflict, match="There is a route main already"):
            ask(action, **given)
    assert ask("routes.change", route="main", name="main", port=25)["port"] == 25


def test_a_route_in_use_stays_until_no_rule_has_it(ask: Ask) -> None:
    ask("routes.create", **SMART)
    rule = ask("route_rules.create", routes="main")["rule"]
    ask("route_rules.create", routes=["main"], stream="bulk")
    assert used_by(find("main")) == [1, 2]
    with pytest.raises(Conflict, match="is used by rule 1, 2"):
        ask("routes.delete", route="main")
    ask("route_rules.delete", rule=rule)
    ask("route_rules.delete", rule=rule + 1)
    ask("routes.delete", route="main")
    with pytest.raises(NotFound, match="There is no route main"):
        find("main")


def test_every_change_makes_the_processes_read_again(ask: Ask) -> None:
    def number() -> int:
        return int(RouteChange.select(RouteChange.number).scalar())

    for action, given in (
        ("routes.create", SMART),
        ("routes.change", {"route": "main", "enabled": False}),
        ("routes.delete", {"route": "main"}),
    ):
        before = number()
        ask(action, **given)
        assert number() > before, action
