"""Who got it, who did not and why; pages; links; CSV."""

import csv
import io

import pytest

from mailhub import Hub
from mailhub.messages import CLICKED, Message
from mailhub_sending import ledger
from mailhub_sending.models import Campaign
from mailhub_sending.statistics import stats
from tests.mailhub.inbound.coming import bounce, come, complaint, return_path, work
from tests.plugins.mailhub_sending.sent import fill, see, settle

BODY = "[a](https://example.com/a) [b](https://example.com/b)"


@pytest.fixture
def campaign(hub: Hub, make) -> Campaign:
    made = make("sending", body=BODY)
    fill(hub, made)
    settle(hub, made, "delivered", "bounced", "deferred")
    return made


def found(campaign: Campaign, **filters) -> list[str]:
    return [line.address.partition("@")[0] for line in ledger.lines(campaign.source_id, **filters)]


def test_filters_and_search(hub: Hub, campaign: Campaign) -> None:
    see(hub, campaign, "p1@example.org", CLICKED)
    assert found(campaign) == ["p2", "p1"]
    assert found(campaign, outcome="bounced") == ["p2"]
    assert found(campaign, outcome="clicked") == ["p1"]
    assert found(campaign, outcome="opened") == []
    assert found(campaign, outcome="waiting") == ["p3"]
    assert found(campaign, search="P1@EXAMPLE.org") == ["p1"]
    assert found(campaign, search="p2") == ["p2"]
    assert found(campaign, outcome="waiting", search="p2") == []


def test_answers_of_the_server(campaign: Campaign) -> None:
    bounced = ledger.lines(campaign.source_id, "bounced")[0]
    assert (bounced.code, bounced.enhanced, bounced.answer, bounced.attempts) == (550, "5.1.1", "No such user", 1)
    waiting = ledger.lines(campaign.source_id, "waiting")[0]
    assert (waiting.code, waiting.answer, waiting.attempts) == (421, "Later", 1)


def test_pages_by_number(hub: Hub, campaign: Campaign) -> None:
    first = ledger.lines(campaign.source_id, limit=1)
    second = ledger.lines(campaign.source_id, before=first[0].id, limit=1)
    assert [first[0].address, second[0].address] == ["p2@example.org", "p1@example.org"]
    assert ledger.lines(campaign.source_id, before=second[0].id) == []


def test_clicks_per_link(hub: Hub, campaign: Campaign) -> None:
    for link in (1, 1, 0):
        see(hub, campaign, "p1@example.org", CLICKED, link)
    see(hub, campaign, "p2@example.org", CLICKED, 1)
    assert ledger.clicks(campaign.source_id, campaign.content_id) == [
        ("https://example.com/b", 3, 2),
        ("https://example.com/a", 1, 1),
    ]


def test_csv_has_all_pages_and_no_formula(campaign: Campaign, monkeypatch) -> None:
    monkeypatch.setattr(ledger, "CSV_PAGE", 1)
    Message.update(text="=cmd()").where(Message.address == "p2@example.org").execute()
    rows = list(csv.DictReader(io.StringIO("".join(ledger.as_csv(campaign, "", "")).removeprefix("\ufeff"))))
    assert [row["address"] for row in rows] == ["p2@example.org", "p1@example.org"]
    assert rows[0]["answer"] == "'=cmd()"
    assert (rows[1]["code"], rows[1]["answer"]) == ("250", "OK")


def test_what_came_back_of_what_was_delivered(hub: Hub, campaign: Campaign) -> None:
    first = Message.get(Message.address == "p1@example.org")
    path = return_path(hub, first.id)
    for mail in (complaint(f"Return-Path: <{path}>"), bounce("p1@example.org", "5.2.2", "552 5.2.2 Mailbox full")):
        come(hub, mail, path)
    work(hub)
    assert found(campaign, outcome="complained") == ["p1"]
    assert found(campaign, outcome="bounced") == ["p2", "p1"]
    second, line = ledger.lines(campaign.source_id, "bounced")
    assert (line.bounce, line.reason, line.code, line.complained_at is not None) == ("soft", "mailbox_full", 552, True)
    assert (second.bounce, second.reason) == ("hard", "no_such_user")
    told = stats(hub, campaign)
    counted = {name: told[name] for name in ("delivered", "bounced", "bounced_hard", "bounced_soft", "complained")}
    assert counted == {"delivered": 0, "bounced": 2, "bounced_hard": 1, "bounced_soft": 1, "complained": 1}
