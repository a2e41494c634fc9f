"""The actions as every door gives them."""

from mailhub_alerts.models import AlertChoice


def test_channels_come_as_a_list_or_as_one_text(hub, team, pigeons) -> None:
    told = hub.call(team.owner, "alerts.change", rule="campaign.bounces", channels=" mail, pigeon ,", threshold="2.5")
    assert told == {"rule": "campaign.bounces", "channels": ["mail", "pigeon"], "threshold": 2.5}
    assert hub.call(team.owner, "alerts.change", rule="campaign.bounces")["channels"] == []
    assert AlertChoice.select().count() == 1


def test_showing_says_which_channels_reach_the_user(hub, team, pigeons) -> None:
    shown = hub.call(team.owner, "alerts.show")
    assert shown["channels"] == {"mail": True, "pigeon": False}
    assert shown["alerts"]["campaign.bounces"] == {"channels": ["mail"], "threshold": 5.0}
    pigeons.lofts.add(team.user.id)
    assert hub.call(team.owner, "alerts.show")["channels"]["pigeon"] is True
