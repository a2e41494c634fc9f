"""A link is signed, short-lived and used once; who acts from Slack is asked anew each time."""

import pytest

from mailhub import Forbidden, Hub, NotFound
from mailhub.accounts import Membership, User
from mailhub.people import add_user
from mailhub.permissions import console_actor, user_actor
from mailhub.testing import Clock, make_owner
from mailhub_slack import linking, workspaces
from mailhub_slack.models import SlackLink, Workspace
from tests.flows.slack_server import SECRET
from tests.plugins.mailhub_slack.team import Team, connect, link


def _token(hub: Hub, workspace: Workspace) -> str:
    return linking.offer(hub, workspace, "U1", "somebody").rpartition("/")[2]


def test_a_link_is_made_once(hub: Hub, workspace: Workspace, team: Team) -> None:
    token = _token(hub, workspace)
    made = hub.call(team.actor, "slack_links.create", token=token)
    assert made["slack_name"] == "somebody"
    with pytest.raises(NotFound, match="it works once"):
        hub.call(team.actor, "slack_links.create", token=token)
    assert SlackLink.select().count() == 1


def test_a_link_used_at_once_twice_is_used_once(hub: Hub, workspace: Workspace, team: Team) -> None:
    """Also when the link it made is gone again: who kept the address cannot come back by it."""
    token = _token(hub, workspace)
    made = hub.call(team.actor, "slack_links.create", token=token)
    hub.call(team.actor, "slack_links.delete", number=made["number"])
    with pytest.raises(NotFound, match="it works once"):
        hub.call(team.actor, "slack_links.create", token=token)


@pytest.mark.parametrize("spoil", [lambda t: t[:-2] + "xx", lambda t: "", lambda t: t[1:], lambda t: "x" * 40])
def test_a_forged_link_is_refused(hub: Hub, workspace: Workspace, team: Team, spoil) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(NotFound, match="Write /mailhub link in Slack again"):
        hub.call(team.actor, "slack_links.create", token=spoil(_token(hub, workspace)) or "-")


def test_a_token_of_another_purpose_is_refused(hub: Hub, workspace: Workspace, team: Team) -> None:
    other = hub.tokens.sign_until("something else", b"1", int(hub.clock()) + 600)
    _token(hub, workspace)
    with pytest.raises(NotFound):
        linking.read(hub, other)


def test_a_link_expires(hub: Hub, workspace: Workspace, team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(hub.clock())
    monkeypatch.setattr(hub, "clock", clock)
    token = _token(hub, workspace)
    clock.move(599)
    assert linking.read(hub, token).slack_user == "U1"
    clock.move(2)
    with pytest.raises(NotFound, match="it works for ten minutes"):
        linking.read(hub, token)


def test_who_was_linked_before_is_no_more(hub: Hub, workspace: Workspace, team: Team, linked: SlackLink) -> None:
    bob = add_user(hub, team.account, "Bob", "bob@example.com", "a long password", "analyst")
    hub.call(user_actor(bob.id, team.account.id, "web", "Bob"), "slack_links.create", token=_token(hub, workspace))
    found = linking.who(workspace, "U1")
    assert found
    assert found.user == bob


def test_the_console_is_nobody_to_link(hub: Hub, workspace: Workspace, team: Team) -> None:
    with pytest.raises(Forbidden, match="Only a user can be linked"):
        hub.call(console_actor(team.account.id), "slack_links.create", token=_token(hub, workspace))


def test_an_accounts_own_workspace_serves_that_account_alone(hub: Hub, slack: object, team: Team) -> None:
    """Its administrators have the signing secret: what they sign must never act elsewhere."""
    tenant = Team(*make_owner(hub, "Tenant", "tess@example.com"))
    theirs = connect(hub, tenant, secret="theirs")
    with pytest.raises(NotFound, match="no such workspace in this account"):
        hub.call(team.actor, "slack_links.create", token=_token(hub, theirs))
    link(hub, theirs, tenant)
    found = linking.who(theirs, "U1")
    assert found
    operator_role = Membership.of(team.account).get().role
    Membership.create(account=team.account, user=tenant.user, role=operator_role, created_at=1)
    assert [each.name for each in linking.reachable(theirs, tenant.user)] == ["Tenant"]
    with pytest.raises(Forbidden, match="an account in which you cannot work"):
        linking.within(theirs, found, team.account.id)


def test_the_operators_workspace_serves_every_account_of_its_people(hub: Hub, workspace: Workspace, team: Team) -> None:
    tenant = Team(*make_owner(hub, "Tenant", "tess@example.com"))
    made = link(hub, workspace, tenant, "U2")
    found = linking.who(workspace, "U2")
    assert found
    assert (found.account.name, found.actor.door) == ("Tenant", "slack")
    with pytest.raises(Forbidden):
        linking.within(workspace, found, team.account.id)
    Membership.create(account=team.account, user=tenant.user, role=Membership.of(team.account).get().role, created_at=1)
    assert linking.within(workspace, found, team.account.id).account_id == team.account.id
    hub.call(found.actor, "slack_links.switch", number=made.id, account=team.account.id)
    found = linking.who(workspace, "U2")
    assert found
    assert found.account == team.account


def test_who_left_or_was_disabled_is_nobody(hub: Hub, workspace: Workspace, team: Team, linked: SlackLink) -> None:
    User.update(disabled_at=1).where(User.id == team.user.id).execute()
    assert linking.who(workspace, "U1") is None
    User.update(disabled_at=None).where(User.id == team.user.id).execute()
    assert linking.who(workspace, "U1")
    Membership.delete().where(Membership.user == team.user).execute()
    assert linking.who(workspace, "U1") is None
    assert linking.who(workspace, "U9") is None


def test_nobody_unlinks_or_moves_another_one(hub: Hub, workspace: Workspace, team: Team, linked: SlackLink) -> None:
    bob = add_user(hub, team.account, "Bob", "bob@example.com", "a long password", "owner")
    actor = user_actor(bob.id, team.account.id, "web", "Bob")
    with pytest.raises(NotFound, match=f"There is no link {linked.id} of yours"):
        hub.call(actor, "slack_links.delete", number=linked.id)
    with pytest.raises(NotFound):
        hub.call(actor, "slack_links.switch", number=linked.id, account=team.account.id)
    with pytest.raises(NotFound, match="There is no account 999"):
        hub.call(team.actor, "slack_links.switch", number=linked.id, account=999)
    assert [each.id for each in linking.links_of(team.user.id)] == [linked.id]


def test_a_disconnected_workspace_takes_its_links_along(
    hub: Hub, workspace: Workspace, team: Team, linked: SlackLink
) -> None:
    token = _token(hub, workspace)
    hub.call(team.actor, "slack_workspaces.disconnect")
    assert SlackLink.select().count() == 0
    with pytest.raises(NotFound):
        linking.read(hub, token)
    assert workspaces.signer(hub, b"", {}) is None
    assert SECRET
