"""Answers in the device's language: numbers and moments inside sentences too."""

from apiflask import APIFlask
from flask import g
from flask_babel import force_locale

from mailhub.errors import Sentence
from mailhub.moments import Moment
from mailhub.sentences import Count
from mailhub.web.language import translate


def test_numbers_in_sentences_have_the_languages_separators(app: APIFlask) -> None:
    sentence = Sentence("Sending {rate} a minute", rate=Count(12_000))
    with app.test_request_context(), force_locale("fr"):
        assert "12\u202f000" in translate(sentence)
        assert translate("as it is") == "as it is"
        assert translate(Sentence("No. {number}", number=1234)).endswith("1234"), "a number to type is none to count"
    with app.test_request_context():
        assert "12,000" in translate(sentence)
        assert translate(Sentence("{at}", at=Moment(1_800_000_000_000, "UTC"))).startswith("15 January 2027")


def test_before_sign_in_the_device_says_which(app: APIFlask) -> None:
    with app.test_request_context(headers={"Accept-Language": "fr-CH"}):
        g.pop("device", None)
        assert translate(Sentence("This phone is not signed in: sign in first.")).startswith("Ce téléphone")
