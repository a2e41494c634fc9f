"""Numbers that agree with the ledger, the present rate, and one sentence for each thing that can happen."""

import pytest

from mailhub import Hub
from mailhub.errors import Sentence
from mailhub.messages import CLICKED, Source
from mailhub.permissions import console_actor
from mailhub.testing import Clock
from mailhub_sending import statistics
from mailhub_sending.models import Campaign
from tests.plugins.mailhub_sending.sent import fill, see, settle


def stats(hub: Hub, team, campaign: Campaign) -> dict:
    return hub.call(team.owner, "campaigns.stats", which=str(campaign.number))


def test_counts_everything(hub: Hub, clock: Clock, team, make) -> None:
    campaign = make("sending")
    fill(hub, campaign)
    settle(hub, campaign, "delivered", "bounced", "deferred")
    see(hub, campaign, "p1@example.org")
    see(hub, campaign, "p1@example.org")
    see(hub, campaign, "p1@example.org", CLICKED)
    told = stats(hub, team, campaign)
    expected = {"planned": 3, "submitted": 3, "waiting": 1, "delivered": 1, "bounced": 1, "deferred": 1, "refused": 0,
                "expired": 0, "cancelled": 0, "opened": 1, "clicked": 1, "unsubscribed": 0}  # fmt: skip
    assert {name: told[name] for name in expected} == expected
    assert statistics.overview([campaign])[campaign.id]["settled"] == 2
    assert statistics.overview([make()]) == {}


def test_rate_and_time_left(hub: Hub, clock: Clock, team, make) -> None:
    campaign = make("sending", audience="people:5000")
    fill(hub, campaign)
    clock.move(5)
    settle(hub, campaign, *["delivered"] * 100)
    told = stats(hub, team, campaign)
    assert told["rate"] == 1200
    assert told["seconds_left"] == 245
    assert told["sentence"] == "Sending 1,200 a minute, done at about 08:04."
    clock.move(11)
    assert stats(hub, team, campaign)["rate"] == 0


def sentence(hub: Hub, team, campaign: Campaign) -> str:
    told = stats(hub, team, campaign)["sentence"]
    assert isinstance(told, Sentence)
    return told


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("draft", "A draft: write it, test it, then validate it."),
        ("validated", "Checked and ready: start it now or schedule it."),
        ("scheduled", "Starts on 15 January 2027, 10:00 (UTC)."),
        ("sending", "Starting: the first messages are about to leave."),
        ("paused", "Paused by Ada Owner on the web."),
        ("finished", "Finished on 15 January 2027, 08:00."),
        ("cancelled", "Cancelled on 15 January 2027, 08:00: what had not left never will."),
    ],
)
def test_a_sentence_for_each_state(hub: Hub, clock: Clock, team, make, state: str, words: str) -> None:
    assert sentence(hub, team, make(state)) == words


def test_who_paused_from_where(hub: Hub, clock: Clock, team, make) -> None:
    campaign = make("sending")
    hub.call(console_actor(team.account.id), "campaigns.pause")
    assert sentence(hub, team, campaign) == "Paused by console from the command line."


def test_why_nothing_leaves(hub: Hub, clock: Clock, team, make) -> None:
    campaign = make("sending")
    source = fill(hub, campaign)
    clock.move(11)
    assert (
        sentence(hub, team, campaign)
        == "Nothing has left for ten seconds: check that a worker is running (`mailhub worker`)."
    )
    settle(hub, campaign, "deferred", "deferred", "deferred")
    clock.move(11)
    assert sentence(hub, team, campaign) == "Only further attempts are left (3), the next at 08:10."
    Source.update(state="held", held_reason="the day's limit is reached", held_until=hub.ms() + 3_600_000).execute()
    assert sentence(hub, team, campaign) == "Held until 09:00: the day's limit is reached"
    assert Source.get_by_id(source.id).planned == 3


def test_the_first_seconds_are_not_told_as_more_than_the_limit(hub: Hub, clock: Clock, team, make) -> None:
    campaign = make("sending", audience="people:5000", rate=10)
    fill(hub, campaign)
    clock.move(1)
    settle(hub, campaign, "delivered")
    assert stats(hub, team, campaign)["rate"] == 10


def test_limited_by_its_rate(hub: Hub, clock: Clock, team, make) -> None:
    campaign = make("sending", rate=1)
    fill(hub, campaign)
    clock.move(11)
    assert sentence(hub, team, campaign) == "Sending 1 a minute at most, as its limit says."
