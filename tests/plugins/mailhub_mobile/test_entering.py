"""Who comes in from a phone, for how long, and what ends it."""

import time
from collections.abc import Callable

import pytest

from mailhub import Forbidden, NotFound, UserError, people
from mailhub.accounts import Membership, User
from mailhub.activity import Activity
from mailhub.hub import Hub
from mailhub.people import LOCK_AFTER, Locked
from mailhub.testing import Clock, make_owner
from mailhub_mobile import connectors
from mailhub_mobile.entering import ACCESS_FOR, GRACE, REFRESH_FOR, REUSED, Entrance
from mailhub_mobile.models import Connector
from mobile_api.access import Keys, SignedOut

from .conftest import PASSWORD, Team

Come = Callable[..., Keys]


def test_a_password_opens_the_users_connector(hub: Hub, entrance: Entrance, come: Come, team: Team) -> None:
    keys = come()
    device = entrance.read(keys.access)
    assert (device.email, device.account, device.privilege) == ("bob@example.com", "Acme", "write")
    assert device.actor.user_id == team.bob.id
    assert device.activated_at == hub.ms()
    logged = Activity.of(team.account).where(Activity.action == "connectors.sign_in").get()
    assert (logged.door, logged.user_id) == ("phone", team.bob.id)


def test_a_code_opens_it_once(hub: Hub, entrance: Entrance, team: Team, give: Callable[..., int]) -> None:
    made = hub.call(team.owner, "connectors.pair", number=give("ada@example.com"))
    assert made["url"].endswith(f"/m/#pair={made['code']}")
    keys = entrance.pair(made["code"].lower(), "iphone", "")
    assert entrance.read(keys.access).email == "ada@example.com"
    with pytest.raises(NotFound, match="was used already"):
        entrance.pair(made["code"], "iphone", "")


def test_an_old_code_another_kind_and_a_wrong_one_open_nothing(
    hub: Hub, clock: Clock, entrance: Entrance, team: Team, give: Callable[..., int]
) -> None:
    made = hub.call(team.owner, "connectors.pair", number=give("ada@example.com"))
    with pytest.raises(NotFound):
        entrance.pair("ABCD-EFGH-JKLM", "iphone", "")
    with pytest.raises(NotFound):
        entrance.pair("", "iphone", "")
    with pytest.raises(Forbidden, match="another kind"):
        entrance.pair(made["code"], "android", "")
    clock.move(connectors.CODE_FOR / 1000 + 1)
    with pytest.raises(Forbidden, match="too old"):
        entrance.pair(made["code"], "iphone", "")


def test_a_password_without_a_fitting_connector(
    hub: Hub, entrance: Entrance, team: Team, give: Callable[..., int]
) -> None:
    with pytest.raises(Forbidden, match="no mobile connector"):
        entrance.sign_in("bob@example.com", PASSWORD, "iphone", "", None)
    give(kind="ipad")
    with pytest.raises(Forbidden, match="another kind"):
        entrance.sign_in("bob@example.com", PASSWORD, "iphone", "", None)
    with pytest.raises(Forbidden, match="no mobile connector"):
        entrance.sign_in("bob@example.com", PASSWORD, "ipad", "", team.account.id + 1)
    give(kind="other")
    assert entrance.sign_in("bob@example.com", PASSWORD, "iphone", "", team.account.id).device.kind == "other"
    connectors.switch(hub, team.account.id, False)
    with pytest.raises(Forbidden, match="switched off"):
        entrance.sign_in("bob@example.com", PASSWORD, "ipad", "", None)


def test_one_that_waits_is_taken_before_one_in_use(entrance: Entrance, come: Come) -> None:
    first, second = come(), come()
    assert first.device.number != second.device.number
    assert entrance.read(first.access).number == first.device.number
    third = entrance.sign_in("bob@example.com", PASSWORD, "iphone", "", None)
    assert third.device.number == first.device.number
    with pytest.raises(SignedOut):
        entrance.read(first.access)


def test_five_wrong_passwords_lock_as_on_the_web(entrance: Entrance, come: Come) -> None:
    come()
    for _ in range(LOCK_AFTER):
        with pytest.raises(Forbidden, match="do not belong together"):
            entrance.sign_in("bob@example.com", "wrong", "iphone", "", None)
    with pytest.raises(Locked):
        entrance.sign_in("bob@example.com", PASSWORD, "iphone", "", None)


def test_an_unknown_address_takes_as_long_as_a_wrong_password(
    entrance: Entrance, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = type(people._hasher)(time_cost=2, memory_cost=4096, parallelism=1)
    monkeypatch.setattr(people, "_hasher", slow)
    people._nobody.cache_clear()
    User.update(password_hash=slow.hash(PASSWORD)).where(User.id == team.bob.id).execute()

    def took(email: str) -> float:
        began = time.perf_counter()
        with pytest.raises(Forbidden, match="do not belong together"):
            entrance.sign_in(email, "wrong", "iphone", "", None)
        return time.perf_counter() - began

    known = min(took("bob@example.com") for _ in range(3))
    unknown = min(took("nobody@example.com") for _ in range(3))
    people._nobody.cache_clear()
    assert unknown > known / 3


def test_an_access_token_lasts_ten_minutes(clock: Clock, entrance: Entrance, come: Come) -> None:
    keys = come()
    assert keys.seconds == 600
    clock.move(ACCESS_FOR / 1000 - 1)
    entrance.read(keys.access)
    clock.move(2)
    with pytest.raises(SignedOut, match="too old"):
        entrance.read(keys.access)
    assert entrance.read(entrance.refresh(keys.refresh).access).email == "bob@example.com"


def test_a_phone_that_never_asks_has_to_sign_in_again(clock: Clock, entrance: Entrance, come: Come) -> None:
    keys = come()
    clock.move(REFRESH_FOR / 1000 + 1)
    with pytest.raises(SignedOut, match="too old"):
        entrance.refresh(keys.refresh)


def test_a_replayed_refresh_token_ends_the_connector_and_is_logged(
    clock: Clock, entrance: Entrance, come: Come, team: Team
) -> None:
    first = come()
    second = entrance.refresh(first.refresh)
    entrance.read(second.access)
    clock.move(GRACE / 1000 + 1)
    with pytest.raises(SignedOut, match="revoked"):
        entrance.refresh(first.refresh)
    for end in (lambda: entrance.read(second.access), lambda: entrance.refresh(second.refresh)):
        with pytest.raises(SignedOut, match="revoked"):
            end()
    assert Connector.get_by_id(first.device.number).revoked_for == REUSED
    logged = Activity.of(team.account).where(Activity.action == "connectors.revoke").get()
    assert logged.door == "system"
    assert logged.personal["reason"] == REUSED


def test_a_much_older_one_ends_it_at_once(entrance: Entrance, come: Come) -> None:
    first = come()
    entrance.refresh(entrance.refresh(first.refresh).refresh)
    with pytest.raises(SignedOut, match="revoked"):
        entrance.refresh(first.refresh)


def test_a_lost_answer_may_be_asked_for_again(clock: Clock, entrance: Entrance, come: Come) -> None:
    first = come()
    lost = entrance.refresh(first.refresh)
    clock.move(3600)
    again = entrance.refresh(first.refresh)
    assert Connector.get_by_id(first.device.number).generation == 2
    assert entrance.read(again.access)
    assert entrance.refresh(lost.refresh)


def test_two_pages_that_refresh_at_once_both_go_on(entrance: Entrance, come: Come) -> None:
    first = come()
    one = entrance.refresh(first.refresh)
    entrance.read(one.access)
    other = entrance.refresh(first.refresh)
    assert entrance.read(other.access)
    assert entrance.read(one.access)


def test_forged_and_foreign_tokens_are_nobodys(entrance: Entrance, come: Come) -> None:
    keys, other = come(), come("ada@example.com")
    forged = keys.access[:28] + other.access[28:]  # what it says, and another signature
    for token in ("", "x", forged, keys.refresh, keys.access[:-1] + ("A" if keys.access[-1] != "A" else "B"), "A" * 56):
        with pytest.raises(SignedOut, match="not signed in"):
            entrance.read(token)
    with pytest.raises(SignedOut, match="not signed in"):
        entrance.refresh(keys.access)


def test_what_ends_a_device_at_its_next_request(hub: Hub, entrance: Entrance, come: Come, team: Team) -> None:
    def refused(keys: Keys, words: str) -> None:
        for end in (lambda: entrance.read(keys.access), lambda: entrance.refresh(keys.refresh)):
            with pytest.raises(SignedOut, match=words):
                end()

    keys = come()
    hub.call(team.owner, "connectors.revoke", number=keys.device.number)
    refused(keys, "revoked")
    keys = come()
    connectors.switch(hub, team.account.id, False)
    refused(keys, "switched off")
    connectors.switch(hub, team.account.id, True)
    assert entrance.read(keys.access)
    User.update(disabled_at=hub.ms()).where(User.id == team.bob.id).execute()
    refused(keys, "no user of this account")
    User.update(disabled_at=None).where(User.id == team.bob.id).execute()
    assert entrance.read(keys.access)
    entrance.sign_out(entrance.read(keys.access))
    refused(keys, "not signed in")
    Membership.delete().where(Membership.user == team.bob).execute()
    with pytest.raises(UserError):
        entrance.sign_in("bob@example.com", PASSWORD, "iphone", "", None)


def test_a_deactivated_user_cannot_use_a_code(
    hub: Hub, entrance: Entrance, team: Team, give: Callable[..., int]
) -> None:
    made = hub.call(team.owner, "connectors.pair", number=give("ada@example.com"))
    User.update(disabled_at=hub.ms()).where(User.id == team.ada.id).execute()
    with pytest.raises(SignedOut, match="no user"):
        entrance.pair(made["code"], "iphone", "")


def test_a_privilege_that_was_changed_counts_at_the_next_request(
    hub: Hub, entrance: Entrance, come: Come, team: Team
) -> None:
    keys = come()
    hub.call(team.owner, "connectors.change", number=keys.device.number, privilege="read")
    device = entrance.read(keys.access)
    assert device.privilege == "read"
    assert not device.actor.may("campaigns.pause")


def test_a_user_of_two_accounts_says_which(hub: Hub, entrance: Entrance, team: Team, give: Callable[..., int]) -> None:
    give()
    account, _, owner = make_owner(hub, "Beta")
    people.add_user(hub, account, "Bob", "bob@example.com", "", "marketer")
    hub.call(owner, "connectors.switch", on=True)
    hub.call(owner, "connectors.add", user="bob@example.com", kind="iphone")
    assert entrance.sign_in("bob@example.com", PASSWORD, "iphone", "", account.id).device.account == "Beta"
    assert entrance.sign_in("bob@example.com", PASSWORD, "iphone", "", team.account.id).device.account == "Acme"
