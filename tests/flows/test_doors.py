"""One campaign through every door: Slack, SMS, phones, credit, webhooks, and whoever looks into the log afterwards."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from mailhub.messages import Event
from tests.flows.conftest import Start
from tests.flows.doors import Arrivals, Doors, Receiver, Visitor, ask, log_of, mail_of, reading
from tests.flows.server import wait_until
from tests.flows.slack_server import Slack, words
from tests.flows.story import import_contacts, start_campaign, stats, wait_finished, write_contacts
from tests.flows.twilio_server import TwilioServer

COUNT, CREDIT = 5000, 3000


@pytest.fixture
def slack() -> Iterator[Slack]:
    server = Slack()
    yield server
    server.stop()


@pytest.fixture
def twilio() -> Iterator[TwilioServer]:
    with TwilioServer() as server:
        yield server


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as taking:
        yield taking


@pytest.fixture
def doors(start: Start, slack: Slack, twilio: TwilioServer) -> Iterator[Doors]:
    with Arrivals() as sink:
        server = start(
            sink,
            SLACK_API_URL=slack.url,
            MAILHUB_BILLING__CHARGE="true",
            MAILHUB_BILLING__FREE_MAILS=str(CREDIT),
            MAILHUB_WEBHOOKS__ALLOW_PRIVATE="true",
        )
        opened = Doors(server, sink, slack, twilio)
        opened.open_account()
        opened.connect_slack("Dan")
        opened.confirm_phone("Ben")
        server.do("connectors.switch", "on=true")
        yield opened


@pytest.mark.alone
@pytest.mark.timeout(240)
@pytest.mark.parametrize("database_url", ["sqlite", pytest.param("postgres", marks=pytest.mark.long)], indirect=True)
def test_one_campaign_through_every_door(doors: Doors, receiver: Receiver) -> None:
    server = doors.server
    made = server.do("webhooks.create", f"url={receiver.url}", "kinds=delivered", "batch=100")
    receiver.secret = made["secret"]
    server.do("alerts.change", "rule=campaign.started", "channels=sms", "--as", mail_of("Ben"))
    looking, acting = doors.pair("Cleo", "ipad", "read"), doors.pair("Cleo", "android", "write")
    import_contacts(server, COUNT)
    number = start_campaign(server, rate="6000")
    card = _card(doors, "Sending")
    _pause_by_sms(doors, card)
    _resume_by_phone(doors, number, looking, acting)
    _card(doors, "Sending")
    doors.sink.wait_more(200)
    doors.hold(lambda: doors.slack.press(card, "campaign.pause"))
    assert "Paused by Dan from Slack." in words(card)
    doors.slack.press(card, "campaign.resume")
    _run_dry_and_go_on(doors, number, card)
    figures = wait_finished(server, number)
    assert (figures["delivered"], figures["planned"]) == (COUNT, COUNT)
    arrived = [recipient for _, recipient in doors.sink.mails]
    assert len(arrived) == len(set(arrived)) == COUNT, "nobody has it twice"
    assert server.do("billing.check")["differences"] == []
    _webhooks_told_all(doors, receiver)
    _log_names_everybody(doors, number)


def _card(doors: Doors, said: str) -> dict[str, Any]:
    """The one card there is, once it says this."""
    wait_until(lambda: doors.slack.posted("Cnews"), 10, "a card")
    (card,) = doors.slack.posted("Cnews")
    wait_until(lambda: said in words(card), 15, f"the card to say {said}")
    return card


def _pause_by_sms(doors: Doors, card: dict[str, Any]) -> None:
    """The alert says what to answer, and that is answered."""
    alert = doors.twilio.wait_for(2, 15)[1]
    assert f"started: {COUNT:,} recipients." in alert["body"]
    answer = re.search(r"PAUSE \d+", alert["body"])
    assert answer
    doors.sink.wait_more(200)
    doors.hold(lambda: doors.text(answer[0]))
    assert "is paused. Answer RESUME" in doors.twilio.wait_for(3)[2]["body"]
    wait_until(lambda: "Paused by Ben by SMS." in words(card), 5, "the card to say who paused")


def _resume_by_phone(doors: Doors, number: int, looking: str, acting: str) -> None:
    """A token that may read looks and changes nothing; the one that may write resumes."""
    left = len(doors.sink.mails)
    status, seen = doors.phone(looking, f"/campaigns/{number}", "GET")
    assert (status, seen["sentence"]) == (200, "Paused by Ben by SMS.")
    status, problem = doors.phone(looking, f"/campaigns/{number}/resume")
    assert (status, problem["status"]) == (403, 403)
    assert "may look and change nothing" in problem["detail"]
    assert len(doors.sink.mails) == left
    status, resumed = doors.phone(acting, f"/campaigns/{number}/resume")
    assert (status, resumed["state"]) == (200, "sending")


def _run_dry_and_go_on(doors: Doors, number: int, card: dict[str, Any]) -> None:
    """It is held when the credit is used up, after the last mail that was paid for; a top-up opens it."""
    wait_until(lambda: stats(doors.server, number)["standing"] == "held", 60, "the campaign to be held")
    wait_until(lambda: stats(doors.server, number)["delivered"] >= CREDIT, 30, "the paid mails to be counted")
    assert len(doors.sink.mails) == stats(doors.server, number)["delivered"] == CREDIT
    wait_until(lambda: "credit is used up" in words(card), 10, "the card to say why it waits")
    rest = ["account=1", f"amount={COUNT - CREDIT}", "unit=mails", "note=Transfer 77", "key=77"]
    assert doors.server.do("billing.top_up", *rest, "--as", mail_of("Ada"))
    doors.sink.wait_more(100, 10)


def _webhooks_told_all(doors: Doors, receiver: Receiver) -> None:
    """Each delivery was told at least once, in the order of the events."""
    wait_until(lambda: len(receiver.first_seen()) >= COUNT, 30, "every delivery told")
    seen = receiver.first_seen()
    assert receiver.forged == 0
    assert {each["type"] for each in seen} == {"delivered"}
    assert {each["data"]["address"] for each in seen} == {f"person{n}@example.com" for n in range(COUNT)}
    with reading(doors.server):
        delivered = Event.select(Event.id).where(Event.kind == "delivered").order_by(Event.id)
        assert [each["id"] for each in seen] == [f"evt_{each.id}" for each in delivered]


def _log_names_everybody(doors: Doors, number: int) -> None:
    """Who did what through which door, in order; what was refused or held by itself is nobody's act."""
    told = [each for each in log_of(doors.server, "campaigns") if each[2].endswith(("start", "pause", "resume"))]
    assert told == [
        ("cli", "console", "campaigns.start"),
        ("sms", "Ben", "campaigns.pause"),
        ("phone", "Cleo", "campaigns.resume"),
        ("slack", "Dan", "campaigns.pause"),
        ("slack", "Dan", "campaigns.resume"),
    ]
    assert ("cli", "Ada", "billing.top_up") in log_of(doors.server, "billing")


@pytest.mark.long
@pytest.mark.timeout(390)
def test_every_door_pauses_a_campaign_at_full_speed_within_two_seconds(doors: Doors) -> None:
    server, count = doors.server, 50_000
    server.do("billing.top_up", "account=1", f"amount={count}", "unit=mails", "note=Pack")
    token, visitor = doors.pair("Cleo", "android", "write"), Visitor(server, "Ada")
    key = server.do("api_keys.create", "name=Shop", "--as", mail_of("Ada"))["token"]
    sheet = write_contacts(server.folder / "contacts.csv", count)
    server.do("contacts.import", f"file=@{sheet}", "lists=Spring", "--wait")
    number = start_campaign(server)
    card, page, api = _card(doors, "Sending"), f"/campaigns/{number}", f"{server.url}/api/v1/campaigns/{number}"
    pauses: dict[str, Callable[[], object]] = {
        "slack": lambda: doors.slack.press(card, "campaign.pause"),
        "web": lambda: visitor.post(page, f"{page}/pause"),
        "sms": lambda: doors.text(f"PAUSE {number}"),
        "phone": lambda: doors.phone(token, f"{page}/pause"),
        "api": lambda: ask(f"{api}/pause", "POST", key),
    }
    for door, press in pauses.items():
        doors.sink.wait_more(500)
        print(f"{door}: the last mail came {doors.hold(press):.2f} s after the press")
        assert stats(server, number)["state"] == "paused"
        assert ask(f"{api}/resume", "POST", key)[0] == 200
    assert len(doors.sink.mails) < count, "all were paused before the end"
    figures = wait_finished(server, number, 200)
    arrived = [recipient for _, recipient in doors.sink.mails]
    assert figures["delivered"] == len(set(arrived)) == len(arrived) == count
    assert [door for door, _, action in log_of(server, "campaigns") if action == "campaigns.pause"] == list(pauses)
