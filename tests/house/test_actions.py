"""Every action is tried by someone without permission, and with what exists only in another account."""

from typing import Any

import marshmallow
import pytest

from mailhub.errors import Forbidden, Invalid, NotFound
from mailhub.hub import Hub
from mailhub.permissions import Actor
from mailhub.speech import voice
from mailhub.testing import make_owner
from tests.house.foreign import foreign_things


def test_nobody_without_the_permission_runs_an_action(sqlite_hub: Hub) -> None:
    account, user, _ = make_owner(sqlite_hub)
    for action in sqlite_hub.actions.values():
        others = frozenset(sqlite_hub.permissions) - {action.permission}
        actor = Actor(account.id, "web", user.id, "Eve", others)
        with pytest.raises(Forbidden, match=action.permission):
            action.perform(sqlite_hub, actor, {})


def test_server_permissions_count_in_the_operators_account_alone(sqlite_hub: Hub) -> None:
    make_owner(sqlite_hub, "Operator")
    _, _, tenant = make_owner(sqlite_hub, "Tenant")
    server = [each.name for each in sqlite_hub.permissions.values() if each.area == "Server"]
    assert {"server.view", "billing.record", "sms.configure"} <= set(server)
    for action in sqlite_hub.actions.values():
        if action.permission in server:
            with pytest.raises(Forbidden, match="operator's account alone"):
                action.perform(sqlite_hub, tenant, {})


def test_what_exists_only_in_another_account_is_not_found(sqlite_hub: Hub) -> None:
    """Each action that takes a thing by number or name is given a thing of somebody else's."""
    make_owner(sqlite_hub, "Operator")
    _, _, theirs = make_owner(sqlite_hub, "Theirs")
    _, _, mine = make_owner(sqlite_hub, "Mine")
    things = foreign_things(sqlite_hub, theirs)
    for name, given in things.items():
        sqlite_hub.action(name)
        before = _fingerprint(sqlite_hub)
        with pytest.raises((NotFound, Invalid)) as caught:
            sqlite_hub.call(mine, name, **given)
        assert not isinstance(caught.value, Invalid) or "There is no" in str(caught.value), f"{name}: {caught.value}"
        assert _fingerprint(sqlite_hub) == before, f"{name} changed something of another account"
    takers = {
        action.name
        for action in sqlite_hub.actions.values()
        if {"which", "number", "list", "login"} & set(action.arguments().fields)
    }
    assert takers <= set(things), f"not tried with another account's things: {takers - set(things)}"


def test_what_an_argument_may_be_is_said_in_a_sentence_that_is_french(sqlite_hub: Hub) -> None:
    """A validator's own words are put together from numbers, and so are nobody's language but English."""
    said = {
        (action.name, name): str(check.error or "")
        for action in sqlite_hub.actions.values()
        for name, each in action.arguments().fields.items()
        for check in each.validators
        if isinstance(check, marshmallow.validate.Range)
    }
    assert ("campaigns.create", "rate") in said
    french = voice(sqlite_hub, "fr", "UTC").say
    unsaid = {where: text for where, text in said.items() if not text or french(text) == text}
    assert not unsaid
    assert french(said["campaigns.create", "rate"]) == "Le débit est un nombre entier de 0 à 10\u202f000\u202f000."


def _fingerprint(hub: Hub) -> Any:
    from mailhub.db import sql

    tables = [row[0] for row in sql("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall()]
    return {
        table: sorted(map(repr, sql(f'SELECT * FROM "{table}"').fetchall()))
        for table in tables
        if table != "activity" and not table.startswith("sqlite_")
    }
