"""The texts: both languages say the same, and a long name does not make a long SMS."""

import string

from mailhub_alerts.rules import STARTED
from mailhub_alerts.texts import TEXTS, Fact, answer, number, say, sentence


def test_both_languages_have_the_same_texts_with_the_same_values() -> None:
    def values(text: str) -> set[str | None]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    assert TEXTS["fr"].keys() == TEXTS["en"].keys()
    for name, text in TEXTS["en"].items():
        assert values(text) == values(TEXTS["fr"][name]), name


def test_numbers_and_shares_are_written_as_in_the_language() -> None:
    assert (number("en", 12431), number("fr", 12431)) == ("12,431", "12\u202f431")
    fact = Fact("campaign.bounces", "campaign.bounces", {"share": 6.04, "ended": 1000}, 3, "Spring")
    assert sentence("en", fact) == "Campaign 3 (Spring) bounces: 6.0 % of 1,000 messages."
    assert "6,0\u00a0% de 1\u202f000" in sentence("fr", fact)


def test_a_campaigns_number_is_one_to_type() -> None:
    fact = Fact(STARTED, STARTED, {"planned": 2}, 1234, "N" * 100, "pause")
    assert sentence("en", fact) == f"Campaign 1234 ({'N' * 39}…) started: 2 recipients."
    assert answer("en", fact) == " Answer PAUSE 1234 to pause it."
    assert answer("fr", fact._replace(answer="resume")) == " Répondez REPRENDRE 1234 pour continuer."
    assert answer("en", fact._replace(number=None)) == ""


def test_an_unknown_language_is_english() -> None:
    assert say("xx", "page", url="u") == "Its page: u"
