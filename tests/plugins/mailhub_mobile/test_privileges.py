"""A phone never may more than its user, nor more than its privilege."""

from collections.abc import Callable

import pytest

from mailhub.accounts import Membership, Role
from mailhub.hub import Hub
from mailhub_mobile.models import Connector
from mailhub_mobile.privileges import USE, holder, phone_actor

from .conftest import Team

LOOKS = {"campaigns.view", USE}
ACTS = LOOKS | {"campaigns.validate", "campaigns.start", "campaigns.pause"}


@pytest.mark.parametrize(("privilege", "expected"), [("read", LOOKS), ("write", ACTS)])
def test_the_privilege_cuts_the_users_permissions(
    hub: Hub, team: Team, give: Callable[..., int], privilege: str, expected: set[str]
) -> None:
    for email, user in (("ada@example.com", team.ada), ("bob@example.com", team.bob)):
        actor = phone_actor(hub, Connector.get_by_id(give(email, privilege)), user)
        assert actor is not None
        assert actor.door == "phone"
        assert actor.user_id == user.id
        assert actor.permissions == expected


def test_the_users_role_cuts_the_privilege(hub: Hub, team: Team, give: Callable[..., int]) -> None:
    connector = Connector.get_by_id(give())
    analyst = Role.of(team.account).where(Role.name == "analyst").get()
    Membership.update(role=analyst).where(Membership.user == team.bob).execute()
    actor = phone_actor(hub, connector, team.bob)
    assert actor is not None
    assert actor.permissions == LOOKS


def test_who_left_the_account_is_nobody(hub: Hub, team: Team, give: Callable[..., int]) -> None:
    connector = Connector.get_by_id(give())
    Membership.delete().where(Membership.user == team.bob).execute()
    assert phone_actor(hub, connector, team.bob) is None


def test_a_holder_gains_the_use_and_nothing_else(team: Team) -> None:
    assert holder(team.marketer).permissions == team.marketer.permissions | {USE}
