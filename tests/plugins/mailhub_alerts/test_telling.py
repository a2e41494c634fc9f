"""Who is told, by what, in which words."""

import pytest

from mailhub.accounts import Membership, User
from mailhub.alarm import Alarm
from mailhub.db import transaction
from mailhub.people import add_user
from mailhub.testing import make_owner
from mailhub_alerts.following import follow
from mailhub_alerts.models import ToldAlert


def _choose(hub, team, user, rule: str, channels: str) -> None:
    hub.call(team.owner, "alerts.change", user=user.email, rule=rule, channels=channels)


def test_a_channel_of_another_plugin_gets_the_words_and_how_to_answer(hub, team, happen, source, pigeons) -> None:
    pigeons.lofts.add(team.user.id)
    _choose(hub, team, team.user, "campaign.started", "pigeon")
    happen("campaign.started", source, planned=12431)
    follow(hub)
    (notice,) = pigeons.taken
    assert notice.text == "Campaign 12 (Spring) started: 12,431 recipients. Answer PAUSE 12 to pause it."
    assert (notice.account_id, notice.user_id) == (team.account.id, team.user.id)
    assert notice.key.startswith("campaign.started ")
    assert Alarm.select().count() == 0


def test_in_french_with_its_separators(hub, team, happen, source, pigeons) -> None:
    User.update(language="fr").execute()
    pigeons.lofts.add(team.user.id)
    _choose(hub, team, team.user, "campaign.started", "pigeon,mail")
    happen("campaign.started", source, planned=12431)
    follow(hub)
    expected = "La campagne 12 (Spring) démarre\u00a0: 12\u202f431 destinataires."
    assert pigeons.taken[0].text == f"{expected} Répondez PAUSE 12 pour l’interrompre."
    assert Alarm.get().subject == expected


def test_who_may_not_pause_is_not_asked_to(hub, team, happen, source, pigeons, colleague) -> None:
    ann = colleague("analyst", "Ann")
    pigeons.lofts.add(ann.id)
    _choose(hub, team, ann, "campaign.started", "pigeon")
    happen("campaign.started", source, planned=3)
    follow(hub)
    assert pigeons.taken[0].text == "Campaign 12 (Spring) started: 3 recipients."


def test_who_may_not_see_campaigns_left_or_was_disabled_is_not_told(hub, team, happen, source, colleague) -> None:
    teller, leaver, disabled = colleague("billing", "Tess"), colleague("marketer", "Lea"), colleague("marketer", "Dan")
    with transaction():
        Membership.delete().where(Membership.user == leaver.id).execute()
        User.update(disabled_at=1).where(User.id == disabled.id).execute()
    happen("campaign.paused", source, who="system", reason="x")
    follow(hub)
    assert [each.user_id for each in ToldAlert.select()] == [team.user.id]
    assert teller.id != team.user.id


def test_another_accounts_users_are_not_told(hub, team, happen, source) -> None:
    make_owner(hub, "Other")
    happen("campaign.paused", source, reason="")
    follow(hub)
    assert [each.account_id for each in ToldAlert.select()] == [team.account.id]


def test_whom_a_channel_cannot_reach_misses_it_alone(hub, team, happen, source, pigeons) -> None:
    _choose(hub, team, team.user, "campaign.paused", "pigeon,mail")
    happen("campaign.paused", source, reason="")
    follow(hub)
    assert [each.channel for each in ToldAlert.select()] == ["mail"]
    assert not pigeons.taken


def test_a_channel_that_fails_keeps_nobody_else_from_being_told(hub, team, happen, source, pigeons, caplog) -> None:
    pigeons.lofts.add(team.user.id)
    pigeons.ill = True
    _choose(hub, team, team.user, "campaign.paused", "pigeon,mail")
    happen("campaign.paused", source, reason="")
    follow(hub)
    assert Alarm.select().count() == 1
    assert "the channel pigeon" in caplog.text


def test_a_channel_that_is_gone_is_left_out(hub, team, happen, source, pigeons) -> None:
    pigeons.lofts.add(team.user.id)
    _choose(hub, team, team.user, "campaign.paused", "pigeon,mail")
    hub.manager.unregister(pigeons)
    happen("campaign.paused", source, reason="")
    follow(hub)
    assert [each.channel for each in ToldAlert.select()] == ["mail"]


def test_who_has_several_accounts_hears_which_one(hub, team, happen, source, pigeons) -> None:
    other, _, _ = make_owner(hub, "Other")
    with transaction():
        add_user(hub, other, "Ada Owner", team.user.email, "", "owner")
    pigeons.lofts.add(team.user.id)
    _choose(hub, team, team.user, "campaign.paused", "pigeon,mail")
    happen("campaign.paused", source, reason="")
    follow(hub)
    assert pigeons.taken[0].text.startswith("Acme: Campaign 12 (Spring)")
    assert "Account: Acme" in Alarm.get().body


@pytest.mark.parametrize("names", [("Bob", "Bob"), ("Bob", "Zoe")])
def test_only_the_one_who_did_it_is_not_told_whatever_their_names(hub, team, happen, source, names) -> None:
    with transaction():
        bobs = [
            add_user(hub, team.account, name, f"{number}@example.com", "a long password", "marketer")
            for number, name in enumerate(names)
        ]
    happen("campaign.paused", source, who="Bob (Shop)", user=bobs[0].id, reason="")
    follow(hub)
    assert {row.user_id for row in ToldAlert.select()} == {team.user.id, bobs[1].id}
