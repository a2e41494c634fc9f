"""Sentences, numbers and times in the language of whoever reads, and in their zone."""

from datetime import UTC, datetime

from mailhub import Hub
from mailhub.errors import Sentence
from mailhub.moments import Moment
from mailhub.outbox.standing import Count
from mailhub_slack.voice import escape, voice

MS = int(datetime(2026, 11, 22, 13, 20, tzinfo=UTC).timestamp() * 1000)


def test_a_sentence_of_the_core_with_count_and_moment(sqlite_hub: Hub) -> None:
    sentence = Sentence(
        "Sending {rate} a minute, done at about {time}.", rate=Count(12431), time=Moment(MS, "UTC", now=MS)
    )
    assert voice(sqlite_hub, "en", "Europe/Paris").say(sentence) == "Sending 12,431 a minute, done at about 14:20."
    french = voice(sqlite_hub, "fr", "Europe/Paris").say(sentence)
    assert "12\u202f431" in french
    assert "14:20" in french
    assert "Sending" not in french


def test_a_moment_that_names_its_zone_stays_in_it(sqlite_hub: Hub) -> None:
    told = voice(sqlite_hub, "fr", "Asia/Tokyo").when(Moment(MS, "Europe/Paris", named=True))
    assert told == "22 novembre 2026, 14:20 (Europe/Paris)"


def test_a_sentence_inside_a_sentence(sqlite_hub: Hub) -> None:
    inner = Sentence("You work in {account}.", account="Acme")
    assert voice(sqlite_hub, "fr").say(Sentence("{what}", what=inner)) == "Vous travaillez dans Acme."


def test_shares_and_durations(sqlite_hub: Hub) -> None:
    assert voice(sqlite_hub, "en").share(1, 3) == "33.3%"
    assert voice(sqlite_hub, "fr").share(1, 3) == "33,3\u00a0%"
    assert voice(sqlite_hub, "en").share(1, 0) == ""
    assert voice(sqlite_hub, "fr").duration(170) == "3 minutes"
    assert voice(sqlite_hub, "en").duration(0) == "1 second"


def test_an_unknown_language_is_english(sqlite_hub: Hub) -> None:
    assert voice(sqlite_hub, "xx").say(Sentence("Pause")) == "Pause"
    assert voice(sqlite_hub, "fr").say("") == ""


def test_markup_is_made_harmless(sqlite_hub: Hub) -> None:
    assert escape("<!channel> & co") == "&lt;!channel&gt; &amp; co"
    told = voice(sqlite_hub, "en").mark(Sentence("You work in {account}.", account="<http://x|y>"))
    assert told == "You work in &lt;http://x|y&gt;."
