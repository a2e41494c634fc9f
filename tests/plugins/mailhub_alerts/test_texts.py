"""The texts: the language's own words, numbers and reasons, and a long name does not make a long SMS."""

import pytest

from mailhub.errors import Sentence
from mailhub.hub import Hub
from mailhub.speech import Voice, voice
from mailhub_alerts.rules import HELD, STARTED
from mailhub_alerts.texts import TEXTS, Fact, answer, say, sentence


@pytest.fixture
def english(sqlite_hub: Hub) -> Voice:
    return voice(sqlite_hub, "en")


@pytest.fixture
def french(sqlite_hub: Hub) -> Voice:
    return voice(sqlite_hub, "fr")


def test_every_text_has_its_french(french: Voice) -> None:
    assert [each for each in TEXTS.values() if french.word(each.template) == each.template] == []


def test_numbers_and_shares_are_written_as_in_the_language(english: Voice, french: Voice) -> None:
    fact = Fact("campaign.bounces", "campaign.bounces", {"share": 6.04, "ended": 1000}, 3, "Spring")
    assert sentence(english, fact) == "Campaign 3 (Spring) bounces: 6% of 1,000 messages."
    assert "6\u00a0% de 1\u202f000" in sentence(french, fact)
    assert "6,5\u00a0%" in sentence(french, fact._replace(values={"share": 6.5, "ended": 10}))


def test_the_reason_is_in_the_language_too(french: Voice) -> None:
    reason = Sentence("The plugin {plugin} failed to answer.", plugin="billing")
    told = sentence(french, Fact(HELD, HELD, {"reason": reason}, 3, "Spring"))
    assert "n’a pas répondu" in told
    assert "failed" not in told


def test_a_campaigns_number_is_one_to_type(english: Voice, french: Voice) -> None:
    fact = Fact(STARTED, STARTED, {"planned": 2}, 1234, "N" * 100, "pause")
    assert sentence(english, fact) == f"Campaign 1234 ({'N' * 39}…) started: 2 recipients."
    assert answer(english, fact) == " Answer PAUSE 1234 to pause it."
    assert answer(french, fact._replace(answer="resume")) == " Répondez REPRENDRE 1234 pour continuer."
    assert answer(english, fact._replace(number=None)) == ""


def test_an_unknown_language_is_english(sqlite_hub: Hub) -> None:
    assert say(voice(sqlite_hub, "xx"), "page", url="u") == "Its page: u"
