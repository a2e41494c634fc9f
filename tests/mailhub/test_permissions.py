"""Who may what: exactly what their roles say, and the server's own permissions in the operator's account alone."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailhub.accounts import OPERATOR, ROLES, Membership, Role
from mailhub.errors import Forbidden
from mailhub.hub import Hub
from mailhub.permissions import CORE, Actor, console_actor, know, recipient_actor, system_actor, user_actor
from mailhub.testing import make_owner
from mailhub.vocabulary import Permission

SERVER = sorted(each.name for each in CORE if each.area == "Server")
OTHERS = [*sorted({each.name for each in CORE} - set(SERVER)), "campaigns.start", "contacts.view"]
_HELD = st.frozensets(st.sampled_from([*SERVER, *OTHERS, "*"]))


@given(_HELD, st.integers(2, 10_000), st.sampled_from(SERVER))
def test_the_servers_permissions_count_in_the_operators_account_only(
    held: frozenset[str], account: int, name: str
) -> None:
    assert not Actor(account, "web", 1, "x", held).may(name)
    assert Actor(OPERATOR, "web", 1, "x", held).may(name) == (name in held or "*" in held)


@pytest.mark.parametrize("held", ["lighthouses.light", "*", "administer"])
def test_a_plugins_own_ones_of_the_server_count_there_only_too(held: str) -> None:
    know([Permission("lighthouses.light", "Server", "Light"), Permission("lighthouses.see", "Coast", "See")])
    tenant = Actor(2, "web", 1, "x", frozenset({held, "lighthouses.see"}))
    assert not tenant.may("lighthouses.light")
    assert tenant.may("lighthouses.see")
    assert replace(tenant, account_id=OPERATOR).may("lighthouses.light")
    with pytest.raises(Forbidden, match="lighthouses.light counts in the operator's account alone"):
        tenant.require("lighthouses.light")


@given(_HELD, st.integers(1, 10_000), st.sampled_from(OTHERS))
def test_the_others_count_as_they_are_held(held: frozenset[str], account: int, name: str) -> None:
    actor = Actor(account, "web", 1, "x", held)
    assert actor.may(name) == (name in held or "*" in held)
    if actor.may(name):
        actor.require(name)
    else:
        with pytest.raises(Forbidden, match=name):
            actor.require(name)


@given(st.text(max_size=20))
def test_whoever_holds_nothing_may_nothing(name: str) -> None:
    assert not Actor(1, "web").may(name)
    assert not recipient_actor(1, "a@b.example").may(name)


def test_users_have_what_their_roles_give_in_that_account_only(core: Hub) -> None:
    account, user, actor = make_owner(core)
    other, _, _ = make_owner(core)
    assert actor.permissions == {"*"}
    assert user_actor(user.id, other.id, "web", "x").permissions == frozenset()
    for name in ("analyst", "billing"):
        role = Role.of(other).where(Role.name == name).get()
        Membership.create(account=other, user=user, role=role, created_at=1)
    assert user_actor(user.id, other.id, "web", "x").permissions == {*ROLES["analyst"], *ROLES["billing"]}
    assert user_actor(user.id, account.id, "web", "x").permissions == {"*"}


def test_console_and_clock_may_do_all_in_one_account() -> None:
    assert console_actor(2).may("campaigns.start")
    assert not console_actor(2).may("accounts.create")
    assert console_actor(1).may("accounts.create")
    assert (system_actor(3).door, system_actor(3).user_id, system_actor(3).may("campaigns.pause")) == (
        "system",
        None,
        True,
    )


def test_names_are_plural_dot_verb_and_each_is_there_once() -> None:
    assert len({each.name for each in CORE}) == len(CORE)
    assert all(each.name.count(".") == 1 and each.title for each in CORE)


def test_an_administrator_may_everything_but_make_owners() -> None:
    actor = Actor(OPERATOR, "web", 1, "x", frozenset({"administer"}))
    assert actor.may("campaigns.start")
    assert actor.may("server.view")
    assert not actor.may("owners.create")
    assert not replace(actor, account_id=2).may("server.view")
