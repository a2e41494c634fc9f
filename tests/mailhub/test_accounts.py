"""Rows that belong to an account are never found from another one."""

import peewee
import pytest

from mailhub.accounts import OPERATOR, ROLES, AccountSetting, Domain, Membership, OwnedModel, Role, accounts_of
from mailhub.hub import Hub
from mailhub.permissions import CORE
from mailhub.testing import make_owner


def test_the_first_account_is_the_operators(core: Hub) -> None:
    assert make_owner(core)[0].id == OPERATOR


def test_a_query_that_starts_with_its_account_finds_its_own_rows_only(core: Hub) -> None:
    one, two = make_owner(core)[0], make_owner(core)[0]
    AccountSetting.create(account=one, key="k", value="one")
    AccountSetting.create(account=two, key="k", value="two")
    assert [row.value for row in AccountSetting.of(one)] == ["one"]
    assert [row.value for row in AccountSetting.of(two.id).where(AccountSetting.key == "k")] == ["two"]
    assert AccountSetting.of(99).count() == 0


@pytest.mark.parametrize("model", [Role, Domain, AccountSetting, Membership])
def test_owned_rows_know_their_account(model: type[OwnedModel]) -> None:
    assert model._meta.fields["account"].column_name == "account_id"


def test_names_are_unique_in_an_account(core: Hub) -> None:
    one, two = make_owner(core)[0], make_owner(core)[0]
    Domain.create(account=one, name="example.org", created_at=1)
    Domain.create(account=two, name="example.org", created_at=1)
    with pytest.raises(peewee.IntegrityError):
        Domain.create(account=one, name="example.org", created_at=1)


def test_a_user_is_found_in_all_their_accounts_by_name(core: Hub) -> None:
    one, user, _ = make_owner(core, "Zebra")
    two, _, _ = make_owner(core, "Ant")
    make_owner(core, "Stranger")
    for name in ("analyst", "billing"):
        Membership.create(account=two, user=user, role=Role.of(two).where(Role.name == name).get(), created_at=1)
    assert [account.name for account in accounts_of(user)] == ["Ant", "Zebra"]
    assert [account.id for account in accounts_of(user.id)] == [two.id, one.id]


def test_every_new_account_has_the_ready_made_roles(core: Hub) -> None:
    account, _, _ = make_owner(core)
    assert {role.name: role.permissions for role in Role.of(account)} == ROLES


def test_the_cores_names_in_ready_made_roles_exist() -> None:
    areas = {each.name.split(".")[0] for each in CORE}
    named = {name for names in ROLES.values() for name in names if name.split(".")[0] in areas}
    assert named <= {each.name for each in CORE}
