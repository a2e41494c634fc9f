"""API keys: shown once, never worth more than their maker is now, stopped at once, and no faster than their rate."""

import hashlib
from dataclasses import replace

import pytest

from mailhub import people
from mailhub.accounts import ApiKey, Membership, User
from mailhub.api_keys import BURST, DAY, Rates, check
from mailhub.db import transaction
from mailhub.errors import Conflict, Forbidden, Invalid, NotFound
from mailhub.hub import Hub
from mailhub.permissions import Actor, console_actor, user_actor
from mailhub.testing import Clock, make_owner


@pytest.fixture
def owner(core: Hub) -> Actor:
    core.clock = Clock()
    return make_owner(core)[2]


def _colleague(core: Hub, owner: Actor, role: str) -> Actor:
    with transaction():
        user = people.add_user(
            core, people.find_account(owner.account_id), "Bob", f"{role}@example.com", "a long password", role
        )
    return user_actor(user.id, owner.account_id, "web", user.name)


def _acts(core: Hub, made: dict[str, str]) -> Actor | None:
    found = check(core, made["key"], made["secret"])
    return found[1] if found else None


def test_a_key_acts_for_its_maker_through_the_api(core: Hub, owner: Actor) -> None:
    made = core.call(owner, "api_keys.create", name="Shop", scopes="messages.view, users.view", days=0)
    assert made["token"] == f"{made['key']}.{made['secret']}"
    row = ApiKey.get()
    assert row.secret_hash == hashlib.sha256(made["secret"].encode()).hexdigest()
    assert made["secret"] not in repr(row.__data__)
    actor = _acts(core, made)
    assert actor is not None
    assert (actor.account_id, actor.door, actor.user_id) == (owner.account_id, "api", owner.user_id)
    assert actor.permissions == {"messages.view", "users.view"}
    assert "Ada Owner" in actor.name
    assert "Shop" in actor.name
    assert "secret" not in core.call(owner, "api_keys.list")[0]


def test_a_form_sent_twice_makes_one_key(core: Hub, owner: Actor) -> None:
    made = core.call(owner, "api_keys.create", name="Shop", scopes="messages.view")
    with pytest.raises(Invalid) as refused:
        core.call(owner, "api_keys.create", name="Shop", scopes="messages.view")
    assert f"Shop has the key {made['key']} already" in refused.value.fields["name"]
    core.call(_colleague(core, owner, "administrator"), "api_keys.create", name="Shop", scopes="messages.view")
    core.call(owner, "api_keys.revoke", key=made["key"])
    assert core.call(owner, "api_keys.create", name="Shop", scopes="messages.view")["key"] != made["key"]


def test_everything_else_opens_nothing(core: Hub, owner: Actor) -> None:
    made = core.call(owner, "api_keys.create", name="Shop")
    other = core.call(owner, "api_keys.create", name="Other")
    for key, secret in (
        (made["key"], ""), (made["key"], other["secret"]), (made["key"], made["secret"].swapcase()),
        ("mk_nobody", made["secret"]), ("", ""), (made["key"], "\udcff"),
    ):  # fmt: skip
        assert check(core, key, secret) is None


def test_a_key_cannot_have_what_its_maker_has_not(core: Hub, owner: Actor) -> None:
    admin = _colleague(core, owner, "administrator")
    core.call(admin, "api_keys.create", name="x", scopes="users.create")
    with pytest.raises(Invalid, match=r"owners\.create"):
        core.call(admin, "api_keys.create", name="x", scopes="owners.create")
    with pytest.raises(Invalid, match="There is no permission birds"):
        core.call(owner, "api_keys.create", name="x", scopes=["birds.watch"])
    with pytest.raises(Invalid, match="may do nothing"):
        core.call(owner, "api_keys.create", name="x", scopes="")
    with pytest.raises(Invalid, match="has no name"):
        core.call(owner, "api_keys.create", name="")
    with pytest.raises(Forbidden, match="belongs to a user"):
        core.call(console_actor(owner.account_id), "api_keys.create", name="x")


def test_what_the_maker_loses_the_key_loses(core: Hub, owner: Actor) -> None:
    admin = _colleague(core, owner, "administrator")
    narrow = core.call(admin, "api_keys.create", name="x", scopes="users.create,messages.view")
    wide = core.call(admin, "api_keys.create", name="y")
    analyst = people.Role.of(owner.account_id).where(people.Role.name == "analyst").get()
    Membership.update(role=analyst).where(Membership.user == admin.user_id).execute()
    first, second = _acts(core, narrow), _acts(core, wide)
    assert first is not None
    assert second is not None
    assert first.permissions == {"messages.view"}
    assert not second.may("users.create")
    assert second.may("messages.view")
    Membership.delete().where(Membership.user == admin.user_id).execute()
    assert _acts(core, narrow) is None
    assert _acts(core, wide) is None


def test_a_disabled_user_has_no_key(core: Hub, owner: Actor) -> None:
    made = core.call(owner, "api_keys.create", name="x")
    User.update(disabled_at=core.ms()).where(User.id == owner.user_id).execute()
    assert _acts(core, made) is None
    User.update(disabled_at=None).where(User.id == owner.user_id).execute()
    assert _acts(core, made) is not None


def test_a_key_expires(core: Hub, owner: Actor) -> None:
    made = core.call(owner, "api_keys.create", name="x", days=2)
    core.clock.move(2 * DAY / 1000 - 1)  # type: ignore[attr-defined]
    assert _acts(core, made) is not None
    core.clock.move(1)  # type: ignore[attr-defined]
    assert _acts(core, made) is None
    for days in (-1, 4000):
        with pytest.raises(Invalid):
            core.call(owner, "api_keys.create", name="x", days=days)


def test_revoking(core: Hub, owner: Actor) -> None:
    made = core.call(owner, "api_keys.create", name="x")
    with pytest.raises(NotFound):
        core.call(make_owner(core, "Other")[2], "api_keys.revoke", key=made["key"])
    assert _acts(core, made) is not None
    assert core.call(owner, "api_keys.revoke", key=made["key"])["revoked_at"]
    assert _acts(core, made) is None
    with pytest.raises(Conflict, match="revoked already"):
        core.call(owner, "api_keys.revoke", key=made["key"])


def test_keys_of_one_rate_share_nothing_and_processes_share_one(core: Hub, owner: Actor) -> None:
    core.config = replace(core.config, web=replace(core.config.web, api_rate=50))
    for name in ("a", "b"):
        core.call(owner, "api_keys.create", name=name)
    first, second = ApiKey.select().order_by(ApiKey.id)
    processes = [Rates(core), Rates(core)]
    granted = [processes[n % 2].take(first) == 0 for n in range(100)]
    assert sum(granted) == 50
    assert processes[0].take(second) == 0
    core.clock.move(BURST / 1000 / 5)  # type: ignore[attr-defined]
    assert sum(processes[n % 2].take(first) == 0 for n in range(40)) == 10
    core.clock.move(60)  # type: ignore[attr-defined]
    assert sum(processes[0].take(first) == 0 for _ in range(100)) == 50, "what was not used is not saved up"


def test_use_is_noted_once_in_ten_requests(core: Hub, owner: Actor) -> None:
    core.call(owner, "api_keys.create", name="a")
    key, rates = ApiKey.get(), Rates(core)
    rates.take(key)
    first = ApiKey.get().used_at
    assert first == core.ms()
    core.clock.move(5)  # type: ignore[attr-defined]
    for _ in range(9):
        rates.take(key)
    assert ApiKey.get().used_at == first
    rates.take(key)
    assert ApiKey.get().used_at == core.ms()


def test_without_a_rate_a_key_may_ask_as_often_as_it_likes(core: Hub, owner: Actor) -> None:
    core.config = replace(core.config, web=replace(core.config.web, api_rate=0))
    core.call(owner, "api_keys.create", name="a")
    key, rates = ApiKey.get(), Rates(core)
    assert [rates.take(key) for _ in range(200)] == [0] * 200
