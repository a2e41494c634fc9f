"""What each command answers: in the linked user's language and account, with buttons where nothing was named."""

from collections.abc import Callable

import pytest

from mailhub import Hub
from mailhub.accounts import Membership, User
from mailhub.people import add_user
from mailhub.permissions import user_actor
from mailhub.testing import make_owner
from mailhub_slack.models import Card, SlackLink, Workspace
from tests.flows.slack_server import Slack, button, buttons, wait, words
from tests.plugins.mailhub_slack.team import Team, link, make_campaign, state

pytestmark = pytest.mark.usefixtures("served")
Make = Callable[..., int]


def _ask(slack: Slack, text: str, user: str = "U1") -> str:
    return words(slack.command(text, user).answer())


def test_help_and_what_is_no_command(slack: Slack, linked: SlackLink) -> None:
    assert "`/mailhub resume [12]`" in _ask(slack, "")
    assert "There is no command" not in _ask(slack, "help")
    assert "There is no command fly." in _ask(slack, "fly 12")


def test_it_answers_in_the_users_language(hub: Hub, slack: Slack, team: Team, linked: SlackLink) -> None:
    User.update(language="fr").where(User.id == team.user.id).execute()
    assert "Rien n’est en cours d’envoi dans Acme." in _ask(slack, "statut")
    assert "Interrompre une campagne" in _ask(slack, "aide")
    assert "Il n’y a pas de campagne 99" in _ask(slack, "pause 99")


def test_campaigns_are_listed_newest_first(slack: Slack, linked: SlackLink, campaign: Make) -> None:
    assert "There is no campaign in Acme yet." in _ask(slack, "campaigns")
    campaign("Spring")
    campaign("Summer", start=False)
    told = _ask(slack, "campaigns")
    assert told.index("*2 Summer*") < told.index("*1 Spring*")


def test_without_a_name_the_running_ones_come_with_buttons(
    hub: Hub, slack: Slack, team: Team, linked: SlackLink, campaign: Make
) -> None:
    assert "No campaign in Acme is in a state for this now." in _ask(slack, "pause")
    campaign("Spring")
    campaign("Summer")
    shown = slack.command("pause").answer()
    assert [each["value"] for each in buttons(shown)] == [f"{team.account.id}:2", f"{team.account.id}:1"]
    assert (state(hub, team, 1), state(hub, team, 2)) == ("sending", "sending"), "a list pauses nobody"
    hub.call(team.actor, "campaigns.pause", which="1")
    assert [each["action_id"] for each in buttons(slack.command("resume").answer())] == ["campaign.resume"]
    assert {each["action_id"] for each in buttons(slack.command("stats").answer())} == {
        "campaign.pause",
        "campaign.resume",
    }


def test_stats_shows_a_card_that_goes_on(slack: Slack, linked: SlackLink, campaign: Make) -> None:
    campaign("Spring")
    shown = slack.command("stats").answer()
    assert "0 of 3" in words(shown), "the only one that runs needs no name"
    assert button(shown, "campaign.share")
    wait(lambda: Card.select().count() == 1, 5)
    card = Card.get()
    assert (card.number, card.channel, card.edits) == (1, "", 0)
    assert b"/respond/" not in card.response_url


def test_a_name_that_fits_several_is_asked_about(slack: Slack, linked: SlackLink, campaign: Make) -> None:
    campaign("Spring one")
    campaign("Spring two")
    assert "Several campaigns fit (2 Spring two, 1 Spring one): say which one by its number." in _ask(
        slack, "pause spring"
    )


def test_a_number_is_never_a_part_of_a_name(
    hub: Hub, slack: Slack, team: Team, linked: SlackLink, campaign: Make
) -> None:
    number = campaign("Summer 2012")
    for command in ("pause 12", "resume 12", "stats 12"):
        assert "There is no campaign 12: the Campaigns page lists those there are." in _ask(slack, command), command
    assert state(hub, team, number) == "sending"
    assert "Summer 2012" in _ask(slack, f"pause {number}")
    assert state(hub, team, number) == "paused"


def test_to_resume_by_name_asks_before_mail_leaves(
    hub: Hub, slack: Slack, team: Team, linked: SlackLink, campaign: Make
) -> None:
    number = campaign()
    hub.call(team.actor, "campaigns.pause", which=str(number))
    shown = slack.command(f"resume {number}").answer()
    assert state(hub, team, number) == "paused"
    assert slack.press(shown, "campaign.resume").status == 200
    wait(lambda: state(hub, team, number) == "sending", 5)


def test_who_may_not_is_told_the_permission(
    hub: Hub, slack: Slack, team: Team, workspace: Workspace, campaign: Make
) -> None:
    number = campaign()
    bob = add_user(hub, team.account, "Bob", "bob@example.com", "a long password", "analyst")
    link(hub, workspace, Team(team.account, bob, user_actor(bob.id, team.account.id, "web", "Bob")), "U2")
    assert "This needs the permission campaigns.pause" in _ask(slack, f"pause {number}", "U2")
    assert "This needs the permission campaigns.start" in _ask(slack, f"resume {number}", "U2")
    assert "0 of 3" in _ask(slack, f"stats {number}", "U2")
    assert state(hub, team, number) == "sending"


def test_another_accounts_number_is_not_found(hub: Hub, slack: Slack, team: Team, workspace: Workspace) -> None:
    tenant = Team(*make_owner(hub, "Tenant", "tess@example.com"))
    make_campaign(hub, tenant, "Theirs")
    link(hub, workspace, team)
    for command in ("stats 1", "pause 1", "resume 1", "pause theirs"):
        told = _ask(slack, command)
        assert "There is no campaign" in told, command
        assert "Tenant" not in told
    assert state(hub, tenant, 1) == "sending"


def test_the_account_can_be_changed(hub: Hub, slack: Slack, team: Team, linked: SlackLink) -> None:
    tenant = Team(*make_owner(hub, "Tenant", "tess@example.com"))
    make_campaign(hub, tenant, "Theirs")
    assert "Tenant" not in _ask(slack, "account")
    Membership.create(
        account=tenant.account, user=team.user, role=Membership.of(tenant.account).get().role, created_at=1
    )
    shown = slack.command("account").answer()
    slack.press(shown, "account.switch")
    wait(lambda: SlackLink.get().account_id == tenant.account.id, 5)
    assert "*1 Theirs*" in _ask(slack, "status")
    assert "You work in Acme." in _ask(slack, "account acme")


def test_link_and_unlink(slack: Slack, linked: SlackLink) -> None:
    assert "You are linked to Ada Owner and work in Acme." in _ask(slack, "link")
    assert "The link is taken away" in _ask(slack, "unlink")
    assert SlackLink.select().count() == 0
    assert "MailHub does not know you yet" in _ask(slack, "status")
