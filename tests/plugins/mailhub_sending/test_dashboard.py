"""The dashboard's panel."""

from mailhub import Hub
from mailhub.permissions import Actor
from mailhub_sending.dashboard import panels


def test_running_coming_and_last(hub: Hub, team, app, make) -> None:
    make("paused", name="Paused one"), make("scheduled", name="Coming one"), make("cancelled", name="Past one")
    make(name="A draft")
    with app.test_request_context():
        [(_, html)] = panels(hub, team.owner)
    assert all(name in html for name in ("Paused one", "Coming one", "Past one", "Paused by Ada Owner on the web."))
    assert "A draft" not in html


def test_nothing_for_whoever_may_not_see_campaigns(hub: Hub, team) -> None:
    assert panels(hub, Actor(team.account.id, "web")) == []
