"""Sentences, numbers and times in the language of whoever reads, and in their zone."""

from datetime import UTC, datetime
from pathlib import Path

from mailhub.errors import Sentence
from mailhub.hub import Hub
from mailhub.moments import Moment
from mailhub.sentences import Count, keep, recall
from mailhub.speech import CORE, compile_stale, translation_folders, voice

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


def test_what_was_kept_is_said_like_what_is_fresh(sqlite_hub: Hub) -> None:
    told = Sentence("Sending {rate} a minute, done at about {time}.", rate=Count(12431), time=Moment(MS, "UTC"))
    french = voice(sqlite_hub, "fr", "Europe/Paris")
    assert french.say(recall(keep(told))) == french.say(told)
    assert "12\u202f431" in french.say(told)


def test_plugins_bring_their_own_folders(sqlite_core: Hub) -> None:
    assert translation_folders(sqlite_core) == [CORE]


def test_the_plugins_folders_come_after_the_cores(sqlite_hub: Hub) -> None:
    first, *others = translation_folders(sqlite_hub)
    assert first == CORE
    assert {"mailhub_sms", "mailhub_alerts"} <= {each.parent.name for each in others}


def test_a_stale_catalogue_is_compiled(tmp_path: Path) -> None:
    po = tmp_path / "fr" / "LC_MESSAGES" / "messages.po"
    po.parent.mkdir(parents=True)
    po.write_text('msgid "a"\nmsgstr "b"\n')
    compile_stale(tmp_path)
    mo = po.with_suffix(".mo")
    first = mo.stat().st_mtime_ns
    compile_stale(tmp_path)
    assert mo.stat().st_mtime_ns == first
    assert sorted(each.name for each in po.parent.iterdir()) == ["messages.mo", "messages.po"]
