"""Accounts are opened, users added, passwords checked and doors locked after too many tries."""

from dataclasses import replace
from typing import Any

import pytest

from mailhub import people
from mailhub.accounts import ROLES, Account, Membership, User
from mailhub.db import db, transaction
from mailhub.errors import Conflict, Forbidden, Invalid, NotFound
from mailhub.hub import Hub
from mailhub.people import LOCK_AFTER, LOCK_FOR, Locked, add_user, make_password, open_account, sign_in
from mailhub.permissions import console_actor
from mailhub.testing import Clock, make_owner

PASSWORD = "a long password"


def test_an_account_opens_with_the_servers_language_and_zone(core: Hub) -> None:
    with transaction():
        account = open_account(core, "  Acme ", company="Acme Ltd")
    read = Account.get_by_id(account.id)
    assert (read.name, read.company, read.language, read.time_zone) == ("Acme", "Acme Ltd", "en", "UTC")


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [({"name": " "}, "name"), ({"name": "a", "language": "tlh"}, "language"),
     ({"name": "a", "time_zone": "Mars/Base"}, "time_zone"), ({"name": "a", "time_zone": "../etc/passwd"}, "time_zone")],
)  # fmt: skip
def test_an_account_that_cannot_be_is_refused_by_field(sqlite_core: Hub, fields: dict[str, Any], wrong: str) -> None:
    with pytest.raises(Invalid) as caught:
        open_account(sqlite_core, **fields)
    assert set(caught.value.fields) == {wrong}
    assert Account.select().count() == 0


def test_a_user_signs_in_however_the_address_is_typed(core: Hub) -> None:
    _, user, _ = make_owner(core, email="Ada@Example.com")
    assert user.email == "ada@example.com"
    assert sign_in(core, " ADA@example.COM ", PASSWORD).id == user.id
    assert PASSWORD not in user.password_hash


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [({"email": "none"}, {"email"}), ({"name": " "}, {"name"}), ({"password": "short"}, {"password"}),
     ({"email": "", "name": "", "password": ""}, {"email", "name", "password"}), ({"role": "king"}, {"role"})],
)  # fmt: skip
def test_a_user_that_cannot_be_is_refused_by_field(sqlite_core: Hub, fields: dict[str, Any], wrong: set[str]) -> None:
    account, _, _ = make_owner(sqlite_core)
    given = {"name": "Bo", "email": "bo@example.com", "password": PASSWORD, **fields}
    with pytest.raises(Invalid) as caught:
        add_user(sqlite_core, account, **given)
    assert set(caught.value.fields) == wrong
    assert User.select().count() == 1


def test_somebody_known_joins_and_keeps_their_password(core: Hub) -> None:
    _, user, _ = make_owner(core, email="ada@example.com")
    other, _, _ = make_owner(core)
    with transaction():
        assert add_user(core, other, "Other", "ada@example.com", "another password", "analyst").id == user.id
    assert sign_in(core, "ada@example.com", PASSWORD).id == user.id
    with pytest.raises(Conflict, match="in this account already"):
        add_user(core, other, "Other", "ada@example.com", "", "billing")
    assert Membership.of(other).where(Membership.user == user).count() == 1


def test_unknown_and_wrong_sound_alike(core: Hub) -> None:
    make_owner(core, email="ada@example.com")
    sentences = set()
    broken = (("ada@example.com\0", PASSWORD), ("ada@example.com\ud800", PASSWORD), ("ada@example.com", "\udfff"))
    for email, password in (("ada@example.com", "wrong"), ("nobody@example.com", PASSWORD), ("", ""), *broken):
        with pytest.raises(Forbidden) as caught:
            sign_in(core, email, password)
        sentences.add(str(caught.value))
    assert len(sentences) == 1


def test_too_many_wrong_passwords_lock_for_five_minutes(core: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(core, "clock", clock)
    make_owner(core, email="ada@example.com")
    for _ in range(LOCK_AFTER):
        with pytest.raises(Forbidden, match="do not belong together"):
            sign_in(core, "ada@example.com", "wrong")
    with pytest.raises(Locked, match="locked for five minutes"):
        sign_in(core, "ada@example.com", PASSWORD)
    clock.move(LOCK_FOR / 1000 + 1)
    assert sign_in(core, "ada@example.com", PASSWORD).failed_logins == 0


def test_a_right_password_forgives_the_wrong_ones_before(core: Hub) -> None:
    make_owner(core, email="ada@example.com")
    for _ in range(2):
        for _ in range(LOCK_AFTER - 1):
            with pytest.raises(Forbidden):
                sign_in(core, "ada@example.com", "wrong")
        sign_in(core, "ada@example.com", PASSWORD)


def test_a_disabled_user_and_one_without_password_stay_out(core: Hub) -> None:
    _, user, _ = make_owner(core, email="ada@example.com")
    User.update(password_hash="").where(User.id == user.id).execute()
    with pytest.raises(Forbidden):
        sign_in(core, "ada@example.com", "")
    User.update(password_hash=user.password_hash, disabled_at=1).where(User.id == user.id).execute()
    with pytest.raises(Forbidden):
        sign_in(core, "ada@example.com", PASSWORD)


def test_who_is_not_there_is_said_so(sqlite_core: Hub) -> None:
    with pytest.raises(NotFound, match="no user a@example.com"):
        people.find_user("a@example.com")
    with pytest.raises(NotFound, match="no account 7"):
        people.find_account(7)


def test_made_passwords_are_long_and_never_the_same() -> None:
    made = {make_password() for _ in range(100)}
    assert len(made) == 100
    assert all(len(each) == 29 and each.count("-") == 5 for each in made)


def test_users_are_created_with_a_password_shown_once(core: Hub) -> None:
    account, _, actor = make_owner(core)
    made = core.call(actor, "users.create", name="Bo", email="bo@example.com")
    assert made["role"] == "marketer"
    assert sign_in(core, "bo@example.com", made["password"]).name == "Bo"
    given = core.call(actor, "users.create", name="Cy", email="cy@example.com", password=PASSWORD)
    assert given["password"] == ""
    assert Membership.of(account).count() == 3


def test_nobody_gives_what_they_do_not_have(core: Hub) -> None:
    _, _, owner = make_owner(core)

    def give(permissions: set[str], role: str) -> None:
        actor = replace(owner, permissions=frozenset(permissions))
        with db.atomic() as undone:
            core.call(actor, "users.create", name="Bo", email="bo@example.com", role=role)
            undone.rollback()

    for permissions, role in (
        ({"users.create"}, "analyst"),
        ({"administer"}, "owner"),
        ({"users.create"}, "administrator"),
    ):
        with pytest.raises(Forbidden, match=f"The role {role} may do more than you"):
            give(permissions, role)
    give({"administer"}, "administrator")
    give({"*"}, "owner")
    give({"users.create", *ROLES["analyst"]}, "analyst")


def test_an_account_is_changed_where_it_was_asked(core: Hub) -> None:
    account, _, actor = make_owner(core)
    core.call(actor, "accounts.change", language="fr", postal_address="1 rue X")
    read = Account.get_by_id(account.id)
    assert (read.name, read.language, read.postal_address) == ("Acme", "fr", "1 rue X")
    with pytest.raises(Invalid):
        core.call(actor, "accounts.change", time_zone="Mars")
    assert core.call(console_actor(1), "accounts.create", name="Two")["number"] == account.id + 1
