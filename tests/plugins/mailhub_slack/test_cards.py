"""A card says state, progress and five numbers, offers what the state allows, and is made harmless for Slack's markup."""

from typing import Any

import pytest

from mailhub import Hub
from mailhub.errors import Sentence
from mailhub.sentences import Count
from mailhub_slack.cards import card, digest, summary
from mailhub_slack.voice import voice
from tests.flows.slack_server import buttons, words

STATS: dict[str, Any] = {
    "number": 12, "name": "Spring", "state": "sending", "planned": 12_431, "delivered": 6000, "bounced": 200,
    "refused": 15, "expired": 0, "cancelled": 0, "opened": 1500, "clicked": 30, "unsubscribed": 2, "rate": 1240,
    "seconds_left": 301, "sentence": Sentence("Sending {rate} a minute, done soon.", rate=Count(1240)),
}  # fmt: skip


def _card(hub: Hub, language: str = "en", private: bool = False, **changed: Any) -> dict[str, Any]:
    speaks = voice(hub, language)
    stats = {**STATS, **changed}
    return {
        "text": summary(speaks, stats),
        "blocks": card(speaks, stats, (7, "Acme"), "http://x/campaigns/12", private),
    }


def test_a_sending_campaign(sqlite_hub: Hub) -> None:
    told = words(_card(sqlite_hub))
    assert "▶️ *sending* – Sending 1,240 a minute, done soon." in told
    assert "▰▰▰▰▰▱▱▱▱▱▱▱  *50%*  6,215 of 12,431" in told
    assert "*Delivered*\\n6,000  (96.5%)" in told
    assert "*Opened*\\n1,500  (25%)" in told
    assert "*Clicked*\\n30  (0.5%)" in told
    assert "*Bounced*\\n200  (3.2%)" in told
    assert "*Unsubscribed*\\n2  (0%)" in told
    assert "Acme  ·  1,240 a minute  ·  5 minutes left" in told


def test_it_speaks_french(sqlite_hub: Hub) -> None:
    told = words(_card(sqlite_hub, "fr"))
    assert "6\u202f215 sur 12\u202f431" in told
    assert "*Distribués*\\n6\u202f000  (96,5\u00a0%)" in told
    assert "encore 5 minutes" in told
    assert "Interrompre" in told


@pytest.mark.parametrize(
    ("state", "private", "offered"),
    [
        ("sending", False, ["campaign.pause", "open"]),
        ("sending", True, ["campaign.pause", "campaign.stats", "campaign.share", "open"]),
        ("paused", False, ["campaign.resume", "open"]),
        ("finished", False, ["open"]),
        ("finished", True, ["campaign.stats", "open"]),
    ],
)
def test_it_offers_what_the_state_allows(sqlite_hub: Hub, state: str, private: bool, offered: list[str]) -> None:
    shown = _card(sqlite_hub, state=state, private=private)
    assert [each["action_id"] for each in buttons(shown)] == offered
    assert all(each["value"] == "7:12" for each in buttons(shown) if each["action_id"] != "open")


def test_to_resume_is_asked_first_with_the_count(sqlite_hub: Hub) -> None:
    resume = next(buttons(_card(sqlite_hub, state="paused")))
    assert resume["confirm"]["text"]["text"] == "Campaign 12 goes on: 6,216 recipients are still to come."


def test_a_name_calls_nobody(sqlite_hub: Hub) -> None:
    shown = _card(
        sqlite_hub, name="<!channel> & <@U1>", sentence=Sentence("Paused by {who} from Slack.", who="<!here>")
    )
    marked = [block for block in shown["blocks"] if block["type"] != "header"]
    assert "<!" not in words({"text": shown["text"], "blocks": marked})
    assert "&lt;!channel&gt; &amp; &lt;@U1&gt;" in shown["text"]


def test_what_has_not_begun_has_no_progress(sqlite_hub: Hub) -> None:
    assert "▱" not in words(_card(sqlite_hub, planned=0, state="draft", rate=0, seconds_left=None))


def test_a_long_name_fits(sqlite_hub: Hub) -> None:
    header = _card(sqlite_hub, name="x" * 500)["blocks"][0]
    assert len(header["text"]["text"]) == 150


def test_the_digest_tells_looks_apart(sqlite_hub: Hub) -> None:
    one, same, other = (_card(sqlite_hub, delivered=n)["blocks"] for n in (1, 1, 2))
    assert digest(one) == digest(same) != digest(other)
