"""What stands above every tab of a campaign."""

from mailhub import Hub
from mailhub.accounts import Role
from mailhub.counting import count_events
from tests.plugins.mailhub_sending.answers import arrive, reply_address, sent, written


def test_the_replies_are_a_tab_for_those_who_may_read_them(hub: Hub, team, make, browser) -> None:
    arrive(hub, reply_address(hub, sent(hub, make)), written("Merci"))
    for path in (
        "/campaigns/1",
        "/campaigns/1/ledger",
        "/campaigns/1/links",
        "/campaigns/1/log",
        "/campaigns/1/replies",
    ):
        assert "Replies (1)" in browser.get(path).text
    Role.update(permissions=["campaigns.view"]).where(Role.account == team.account.id).execute()
    assert "Replies" not in browser.get("/campaigns/1").text
    assert browser.get("/campaigns/1/replies").status_code == 403


def test_the_numbers_tell_replies_once_there_are_any(hub: Hub, team, make, browser) -> None:
    address = reply_address(hub, sent(hub, make))
    assert "Replied" not in browser.get("/campaigns/1").text
    arrive(hub, address, written("Merci"))
    arrive(hub, address, written("Absent", "Auto-Submitted: auto-replied", Message_ID="<2@x>"))
    count_events(hub)
    page = browser.get("/campaigns/1").text
    assert "Replied" in page
    assert "automatic: 1" in page
    stats = hub.call(team.owner, "campaigns.stats", which="1")
    assert (stats["replied"], stats["autoreplied"]) == (1, 1)
