"""What users choose: defaults until then, their own in each account, nobody else's without the right."""

import pytest

from mailhub.errors import Forbidden, Invalid, NotFound
from mailhub.permissions import console_actor, user_actor
from mailhub.testing import make_hub, make_owner
from mailhub_alerts import choices


def test_without_a_choice_the_defaults_hold(hub, team) -> None:
    held = choices.of_user(hub, team.account.id, team.user.id)
    assert {name: each.channels for name, each in held.items() if each.channels} == dict.fromkeys(
        ("campaign.paused", "campaign.held", "campaign.bounces", "credit.low", "domain.broken", "lane.blocked"),
        ("mail",),
    )
    assert held["campaign.bounces"].threshold == 5.0


def test_a_choice_is_kept_for_its_user_and_account(hub, team, pigeons, colleague) -> None:
    bob = colleague("marketer")
    hub.call(team.owner, "alerts.change", rule="campaign.started", channels=["pigeon", "mail"])
    hub.call(team.owner, "alerts.change", rule="campaign.started", channels=["pigeon"])
    hub.call(team.owner, "alerts.change", rule="campaign.paused", channels=[])
    mine = choices.of_user(hub, team.account.id, team.user.id)
    assert mine["campaign.started"].channels == ("pigeon",)
    assert mine["campaign.paused"].channels == ()
    assert choices.of_user(hub, team.account.id, bob.id)["campaign.started"].channels == ()


def test_a_rule_or_channel_that_is_not_there_is_named_with_those_that_are(hub, team) -> None:
    with pytest.raises(NotFound, match=r"no alert campaign\.eaten: choose one of campaign\.started"):
        hub.call(team.owner, "alerts.change", rule="campaign.eaten", channels="mail")
    with pytest.raises(Invalid, match="fax is no channel: write any of mail"):
        hub.call(team.owner, "alerts.change", rule="campaign.paused", channels="mail,fax")
    with pytest.raises(Invalid, match="has no threshold"):
        hub.call(team.owner, "alerts.change", rule="campaign.paused", channels="mail", threshold=3)
    for threshold in (0, 101, "many"):
        with pytest.raises(Invalid, match="threshold"):
            hub.call(team.owner, "alerts.change", rule="campaign.bounces", channels="mail", threshold=threshold)


def test_others_alerts_need_their_permission_and_are_of_the_account(hub, team, colleague) -> None:
    bob = colleague("marketer")
    marketer = user_actor(bob.id, team.account.id, "web", "Bob")
    assert hub.call(marketer, "alerts.show", user="BOB@example.com")["user"] == "bob@example.com"
    with pytest.raises(Forbidden, match=r"alerts\.assign"):
        hub.call(marketer, "alerts.change", user=team.user.email, rule="campaign.paused")
    _, stranger, _ = make_owner(hub, "Other")
    for who in (stranger.email, "nobody@example.com"):
        with pytest.raises(NotFound, match="no user"):
            hub.call(team.owner, "alerts.show", user=who)
        with pytest.raises(Forbidden):
            hub.call(marketer, "alerts.show", user=who)
    with pytest.raises(Invalid, match="say whose"):
        hub.call(console_actor(team.account.id), "alerts.show")


def test_a_kind_that_nobody_tells_is_not_offered(tmp_path) -> None:
    with make_hub(
        tmp_path / "alone", plugins={"disabled": ["sending", "billing", "webhooks", "slack", "mobile"]}
    ) as hub:
        account, user, _ = make_owner(hub)
        assert set(choices.of_user(hub, account.id, user.id)) == {"domain.broken", "lane.blocked"}
