"""Connectors are given, changed, revoked and paired, each by who may."""

from collections.abc import Callable

import pytest

from mailhub import Conflict, Forbidden, Invalid, NotFound
from mailhub.accounts import User
from mailhub.hub import Hub
from mailhub.testing import make_owner
from mailhub_mobile import connectors
from mailhub_mobile.models import Connector

from .conftest import Team


def test_phones_are_off_until_they_are_switched_on(hub: Hub) -> None:
    account, user, owner = make_owner(hub)
    assert not connectors.is_on(hub, account.id)
    with pytest.raises(Conflict, match="switch them on first"):
        connectors.add(hub, owner, user.email, "iphone", "read", "")
    connectors.switch(hub, account.id, True)
    assert connectors.is_on(hub, account.id)
    connectors.switch(hub, account.id, False)
    assert not connectors.is_on(hub, account.id)


def test_an_option_is_of_one_account(hub: Hub, team: Team) -> None:
    other, _, _ = make_owner(hub)
    assert connectors.is_on(hub, team.account.id)
    assert not connectors.is_on(hub, other.id)


@pytest.mark.parametrize(
    ("email", "kind", "privilege", "name", "field"),
    [
        ("nobody@example.com", "iphone", "read", "", "user"),
        ("bob@example.com", "toaster", "read", "", "kind"),
        ("bob@example.com", "iphone", "all", "", "privilege"),
        ("bob@example.com", "iphone", "read", "x" * 61, "name"),
    ],
)
def test_what_a_connector_cannot_be(
    hub: Hub, team: Team, email: str, kind: str, privilege: str, name: str, field: str
) -> None:
    with pytest.raises(Invalid) as caught:
        connectors.add(hub, team.owner, email, kind, privilege, name)
    assert set(caught.value.fields) == {field}


def test_a_user_of_another_account_gets_none_here(hub: Hub, team: Team) -> None:
    make_owner(hub, email="eve@example.com")
    with pytest.raises(Invalid, match="no user eve@example.com"):
        connectors.add(hub, team.owner, "eve@example.com", "iphone", "read", "")


def test_who_was_deactivated_gets_none(hub: Hub, team: Team) -> None:
    User.update(disabled_at=hub.ms()).where(User.id == team.bob.id).execute()
    with pytest.raises(Invalid, match="no user bob@example.com"):
        connectors.add(hub, team.owner, "bob@example.com", "iphone", "read", "")


def test_a_change_keeps_what_it_does_not_name(team: Team, give: Callable[..., int]) -> None:
    connector = Connector.get_by_id(give(privilege="read"))
    connectors.change(connector, "write", None)
    connectors.change(connector, None, "Bob’s phone")
    now = Connector.get_by_id(connector.id)
    assert (now.privilege, now.name) == ("write", "Bob’s phone")
    with pytest.raises(Invalid, match="is no privilege"):
        connectors.change(connector, "all", None)


def test_a_revoked_one_stays_so(hub: Hub, give: Callable[..., int], team: Team) -> None:
    connector = connectors.find(team.account.id, give())
    connectors.revoke(hub, connector, "lost")
    now = Connector.get_by_id(connector.id)
    assert (now.state, now.revoked_for, now.revoked_at) == ("revoked", "lost", hub.ms())
    for act in (
        lambda: connectors.revoke(hub, now),
        lambda: connectors.change(now, "read", None),
        lambda: connectors.make_code(hub, now),
    ):
        with pytest.raises(Conflict, match="was revoked"):
            act()
    assert connectors.own(team.account.id, team.bob.id) == []


def test_a_code_is_kept_as_its_hash_and_read_as_people_type(hub: Hub, give: Callable[..., int]) -> None:
    connector = Connector.get_by_id(give())
    code = connectors.make_code(hub, connector)
    kept = Connector.get_by_id(connector.id)
    assert len(code) == 14
    assert kept.code_hash == connectors.code_hash(code) == connectors.code_hash(f" {code.lower().replace('-', ' ')} ")
    assert code not in repr(kept.__data__)
    assert kept.code_until == hub.ms() + connectors.CODE_FOR
    assert connectors.code_hash(connectors.make_code(hub, connector)) != kept.code_hash


def test_no_code_while_phones_are_off(hub: Hub, team: Team, give: Callable[..., int]) -> None:
    connector = Connector.get_by_id(give())
    connectors.switch(hub, team.account.id, False)
    with pytest.raises(Conflict, match="switched off"):
        connectors.make_code(hub, connector)


def test_nobody_reaches_anothers_connector(hub: Hub, team: Team, give: Callable[..., int]) -> None:
    number = give("ada@example.com")
    assert connectors.find_own(team.owner, number).user_id == team.ada.id
    with pytest.raises(NotFound):
        connectors.find_own(team.marketer, number)
    with pytest.raises(Forbidden, match="not yours"):
        connectors.find_own(team.owner, give("bob@example.com"))
    with pytest.raises(NotFound):
        connectors.find(team.account.id + 1, number)


def test_the_page_lists_the_revoked_last(hub: Hub, team: Team, give: Callable[..., int]) -> None:
    first, second, third = give(), give("ada@example.com"), give()
    connectors.revoke(hub, Connector.get_by_id(third))
    assert [each.number for each in connectors.every(team.account.id)] == [second, first, third]
    assert [each.number for each in connectors.own(team.account.id, team.bob.id)] == [first]
