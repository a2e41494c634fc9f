"""The first screen: what runs, what comes next, and today's numbers of this account alone."""

from collections.abc import Callable

from mailhub.counting import HOUR
from mailhub.db import sql
from mailhub.hub import Hub
from mailhub.testing import make_owner, make_source

from .conftest import Phone, Team

Make, Come = Callable[..., int], Callable[..., Phone]


def test_what_runs_and_what_comes_next(hub: Hub, phone: Come, campaign: Make, team: Team) -> None:
    sending, paused, later = campaign("sending"), campaign("paused"), campaign("scheduled")
    sooner = campaign("validated")
    hub.call(team.owner, "campaigns.schedule", which=str(sooner), at="in 1 hours")
    campaign("draft")
    seen = phone().get("/overview").json
    assert [each["number"] for each in seen["running"]] == [sending, paused]
    assert [each["can"] for each in seen["running"]] == [["pause"], ["resume"]]
    assert [each["number"] for each in seen["coming"]] == [sooner, later]
    assert seen["last"] == []
    assert seen["more"] is False


def test_todays_numbers_begin_at_midnight_in_the_accounts_zone(hub: Hub, phone: Come, team: Team) -> None:
    from mailhub.accounts import Account

    Account.update(time_zone="Europe/Paris").where(Account.id == team.account.id).execute()
    midnight = (hub.ms() - 8 * HOUR - HOUR) // HOUR  # the clock stands at 08:00 UTC, in Paris at 09:00
    other, _, _ = make_owner(hub, "Beta")
    for account, hour, count in (
        (team.account, midnight, 5),
        (team.account, midnight + 3, 2),
        (team.account, midnight - 1, 100),
        (other, midnight + 3, 1000),
    ):
        source = make_source(hub, account, [])
        sql(
            "INSERT INTO counters (source_id, hour, kind, count) VALUES (?, ?, ?, ?)",
            (source.id, hour, "delivered", count),
        )
    assert phone("read").get("/overview").json["today"]["delivered"] == 7


def test_an_unchanged_overview_is_not_sent_again(phone: Come, campaign: Make) -> None:
    campaign("paused")
    there = phone()
    first = there.get("/overview")
    assert there.get("/overview", If_None_Match=first.headers["ETag"]).status_code == 304
    campaign("scheduled")
    assert there.get("/overview", If_None_Match=first.headers["ETag"]).status_code == 200
