"""The page of alerts."""

from mailhub_alerts import choices
from mailhub_alerts.following import follow


def test_the_page_shows_what_holds_and_saves_what_changed(hub, team, browse, pigeons, happen, source) -> None:
    happen("campaign.paused", source, reason="")
    follow(hub)
    browser = browse(team.user)
    page = browser.get("/settings/alerts").text
    assert 'name="campaign.paused" value="mail" checked' in page
    assert 'name="campaign.started" value="mail"' in page
    assert "Pigeon cannot reach Ada Owner yet" in page
    assert "was paused by Bob" in page
    form = {"campaign.started": ["mail", "pigeon"], "campaign.bounces": ["mail"], "campaign.bounces.threshold": "2,5"}
    assert browser.post("/settings/alerts", data=form).status_code == 303
    held = choices.of_user(hub, team.account.id, team.user.id)
    assert held["campaign.started"].channels == ("mail", "pigeon")
    assert held["campaign.bounces"].threshold == 2.5
    assert held["campaign.paused"].channels == ()


def test_a_threshold_that_is_none_is_said_at_its_field(hub, team, browse) -> None:
    answer = browse(team.user).post("/settings/alerts", data={"campaign.bounces.threshold": "500"})
    assert answer.status_code == 422
    assert "One thing is not right yet" in answer.text


def test_others_are_set_by_who_may(hub, team, browse, colleague) -> None:
    bob = colleague("marketer")
    owner = browse(team.user)
    assert "What Bob is told" in owner.get(f"/settings/alerts?user={bob.email}").text
    form = {"user": bob.email, "campaign.started": "mail", "campaign.bounces.threshold": "5"}
    assert owner.post("/settings/alerts", data=form).status_code == 303
    assert choices.of_user(hub, team.account.id, bob.id)["campaign.started"].channels == ("mail",)
    assert choices.of_user(hub, team.account.id, team.user.id)["campaign.started"].channels == ()
    marketer = browse(bob)
    assert marketer.get("/settings/alerts").status_code == 200
    assert marketer.get(f"/settings/alerts?user={team.user.email}").status_code == 403
    assert marketer.post("/settings/alerts", data={"user": team.user.email}).status_code == 403
