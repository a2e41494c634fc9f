"""The campaign's pages: what they show, what their buttons do, who may see them."""

from datetime import UTC, datetime

import pytest

from mailhub import Hub, outbox
from mailhub.db import transaction
from mailhub.messages import CLICKED
from mailhub.people import add_user
from mailhub.testing import make_owner
from mailhub_sending.models import Campaign, source_of
from tests.plugins.mailhub_sending.sent import fill, see, settle

TABS = ("", "/ledger", "/ledger.csv", "/links", "/log", "/live?state=draft", "/chart", "/preview")


def test_an_empty_list_says_what_to_do_first(browser) -> None:
    page = browser.get("/campaigns").text
    assert "Write the first campaign" in page
    assert "/campaigns/new" in page


def test_the_list_filters_and_pages(browser, make, monkeypatch) -> None:
    monkeypatch.setattr("mailhub_sending.routes.PAGE", 2)
    make("sending", name="First"), make(name="Second"), make(name="Third")
    page = browser.get("/campaigns").text
    assert "Third" in page
    assert "First" not in page
    assert "First" in browser.get("/campaigns?before=2").text
    assert "First" in browser.get("/campaigns?state=sending").text
    assert "Third" not in browser.get("/campaigns?state=sending").text
    assert "Second" in browser.get("/campaigns?q=seco").text
    assert "No campaign fits" in browser.get("/campaigns?q=nothing").text


@pytest.mark.parametrize("state", ["draft", "validated", "scheduled", "sending", "paused", "finished", "cancelled"])
def test_every_tab_in_every_state(browser, make, state: str) -> None:
    campaign = make(state, name="A <b>name</b>")
    for tab in TABS:
        answer = browser.get(f"/campaigns/{campaign.number}{tab}")
        assert answer.status_code == 200, tab
        assert "<b>name" not in answer.text


@pytest.mark.parametrize("tab", [*TABS, "/edit", "/schedule"])
def test_another_accounts_pages_do_not_exist(hub: Hub, browse, make, tab: str) -> None:
    make()
    make_owner(hub, "Other", "eve@example.com")
    assert browse("eve@example.com").get(f"/campaigns/1{tab}").status_code == 404


def test_an_analyst_sees_no_button_and_may_press_none(hub: Hub, team, browse, make) -> None:
    make("sending")
    with transaction():
        add_user(hub, team.account, "Ann", "ann@example.com", "a long password", "analyst")
    analyst = browse("ann@example.com")
    page = analyst.get("/campaigns/1").text
    assert "/campaigns/1/pause" not in page
    assert analyst.post("/campaigns/1/pause").status_code == 403
    assert analyst.get("/campaigns/1/edit").status_code == 403
    assert Campaign.get().state == "sending"


def test_the_big_button_says_how_many(browser, make) -> None:
    make("validated", audience="people:5000")
    assert "Send to 5,000 people" in browser.get("/campaigns/1").text
    assert browser.post("/campaigns/1/start").headers["Location"] == "/campaigns/1"
    page = browser.get("/campaigns/1").text
    assert "/campaigns/1/pause" in page
    assert 'hx-get="/campaigns/1/live?state=sending"' in page


def test_numbers_come_anew_and_a_new_state_reloads_the_page(hub: Hub, browser, make) -> None:
    campaign = make("sending")
    fill(hub, campaign)
    settle(hub, campaign, "delivered", "bounced")
    part = browser.get("/campaigns/1/live?state=sending")
    assert "2 of 3" in part.text
    assert 'hx-swap-oob="true"' in part.text
    browser.post("/campaigns/1/pause")
    assert browser.get("/campaigns/1/live?state=sending").headers["HX-Refresh"] == "true"
    assert "every 10s" in browser.get("/campaigns/1/live?state=paused").text
    browser.post("/campaigns/1/cancel")
    assert "hx-get" not in browser.get("/campaigns/1/live?state=cancelled").text


def test_a_conflict_is_told_on_the_page_one_came_from(browser, make) -> None:
    make()
    answer = browser.post("/campaigns/1/pause", headers={"Referer": "http://localhost/campaigns/1"})
    assert answer.headers["Location"] == "/campaigns/1"
    assert "Campaign 1 is a draft" in browser.get("/campaigns/1").text


def test_validation_that_fails_opens_the_editor_with_each_sentence(browser, make) -> None:
    make(subject="", audience="")
    answer = browser.post("/campaigns/1/validate")
    assert answer.status_code == 422
    assert 'id="error-subject_en"' in answer.text
    assert "choose who receives it" in answer.text


def test_scheduling(browser, make) -> None:
    make("validated")
    assert "3 people" in browser.get("/campaigns/1/schedule").text
    bad = browser.post("/campaigns/1/schedule", data={"at": "2020-01-01T09:00"})
    assert (bad.status_code, "is over already" in bad.text) == (422, True)
    year = datetime.now(UTC).year + 2
    assert browser.post("/campaigns/1/schedule", data={"at": f"{year}-01-01T09:00"}).status_code == 303
    assert browser.post("/campaigns/1/schedule", data={"at": f"{year}-02-01T09:00"}).status_code == 303
    assert Campaign.get().scheduled_at == datetime(year, 2, 1, 9, tzinfo=UTC).timestamp() * 1000
    assert f'value="{year}-02-01T09:00"' in browser.get("/campaigns/1/schedule").text


def test_ledger_links_log_and_csv(hub: Hub, browser, make) -> None:
    campaign = make("sending", body="[a](https://example.com/a)")
    fill(hub, campaign)
    settle(hub, campaign, "delivered", "bounced", "deferred")
    see(hub, campaign, "p1@example.org", CLICKED)
    assert "No such user" in browser.get("/campaigns/1/ledger?outcome=bounced").text
    assert "p3@example.org" in browser.get("/campaigns/1/ledger?outcome=waiting").text
    assert "Nobody here" in browser.get("/campaigns/1/ledger?q=nobody").text
    assert "https://example.com/a" in browser.get("/campaigns/1/links").text
    assert "started it on the web" in " ".join(browser.get("/campaigns/1/log").text.split())
    answer = browser.get("/campaigns/1/ledger.csv?outcome=bounced")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="campaign-1.csv"'
    assert answer.text.count("\n") == 2
    chart = browser.get("/campaigns/1/chart").json
    assert [words for words, _, _ in chart["series"]] == ["Delivered", "Opened", "Clicked"]
    assert sum(value or 0 for value in chart["series"][0][2]) == 1


def test_delete_and_copy(browser, make) -> None:
    make()
    assert browser.post("/campaigns/1/copy").headers["Location"] == "/campaigns/2"
    assert browser.post("/campaigns/1/delete").headers["Location"] == "/campaigns"
    assert [row.number for row in Campaign.select()] == [2]


def test_the_dashboard_shows_what_runs(browser, make) -> None:
    make("sending", name="Running"), make("scheduled", name="Coming"), make("finished", name="Past")
    page = browser.get("/").text
    assert all(name in page for name in ("Running", "Coming", "Past"))


def test_in_french(browser, make) -> None:
    make("sending")
    browser.post("/language/fr")
    page = browser.get("/campaigns/1").text
    assert "Interrompre" in page
    assert "Démarrage\u00a0: les premiers messages vont partir." in page


def test_a_campaign_in_trouble_says_so_beside_its_state_and_why(hub: Hub, clock, browser, make) -> None:
    campaign = make("sending")
    fill(hub, campaign)
    calm = browser.get("/campaigns/1/live?state=sending").text
    assert "standing still" not in calm
    assert "Starting: the first messages are about to leave." in calm
    clock.move(20)
    part = browser.get("/campaigns/1/live?state=sending").text
    assert "standing still" in part
    assert "check that a worker is running" in part
    with transaction():
        outbox.hold(hub, source_of(campaign), "the credit is used up.", hub.ms() + 60_000)
    assert "Held until" in browser.get("/campaigns/1/live?state=sending").text
