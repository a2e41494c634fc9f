"""Pages in the reader's language, sentences of the core translated, and the French complete."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from flask import Flask
from flask_babel import force_locale

from mailhub import address
from mailhub.accounts import User
from mailhub.errors import Invalid, Sentence
from mailhub.moments import Moment
from mailhub.web import language, words

from .conftest import Browser

ROOT = Path(__file__).parents[3]
FRENCH = ROOT / "mailhub/translations/fr/LC_MESSAGES/messages.po"
KEYWORDS = ("lazy_gettext", "Sentence", "UserError", "NotFound", "Forbidden", "Conflict", "Invalid", "Action:2")


def _catalog(path: Path) -> dict[str, object]:
    with path.open("rb") as file:
        return {str(message.id): message for message in read_po(file, locale="fr") if message.id}


def test_the_french_is_complete(tmp_path: Path) -> None:
    pot = tmp_path / "messages.pot"
    keywords = [part for keyword in KEYWORDS for part in ("-k", keyword)]
    command = [sys.executable, "-m", "babel.messages.frontend", "-q", "extract", "-F", str(ROOT / "babel.cfg")]
    subprocess.run([*command, *keywords, "-o", str(pot), str(ROOT / "mailhub")], check=True, cwd=ROOT)
    missing = set(_catalog(pot)) - set(_catalog(FRENCH))
    assert not missing, f"sentences without French: {sorted(missing)}"


def test_no_french_sentence_is_empty_or_a_guess() -> None:
    with FRENCH.open("rb") as file:
        for message in read_po(file, locale="fr"):
            texts = message.string if isinstance(message.string, tuple) else (message.string,)
            assert all(texts), message.id
            assert "fuzzy" not in message.flags or not message.id, message.id
            assert message.check(None) == [] if message.id else True, message.id


def test_french_uses_its_own_signs() -> None:
    with FRENCH.open("rb") as file:
        for message in read_po(file, locale="fr"):
            if not message.id:
                continue
            for text in message.string if isinstance(message.string, tuple) else (message.string,):
                assert "'" not in text, text
                assert '"' not in text, text
                assert " :" not in text, f"an ordinary space before a colon: {text}"
                assert " ;" not in text, text
                assert "« " not in text, text


def test_the_words_of_addresses_are_those_of_the_core() -> None:
    assert {str(each) for each in map(_english, words.ADDRESSES)} == set(address.REASONS.values())


def _english(lazy: object) -> str:
    return str(lazy._args[0])  # type: ignore[attr-defined]


def test_the_browser_says_which_language_before_sign_in(owner: Browser, browse: Callable[[], Browser]) -> None:
    fresh = browse()
    assert '<html lang="fr"' in fresh.get("/sign-in", headers={"Accept-Language": "fr-CH,fr;q=0.9,en;q=0.5"}).text
    assert '<html lang="en"' in fresh.get("/sign-in", headers={"Accept-Language": "de"}).text


def test_a_choice_before_sign_in_is_kept(owner: Browser, browse: Callable[[], Browser]) -> None:
    fresh = browse()
    fresh.get("/sign-in")
    answer = fresh.post("/language/fr", next="/sign-in?next=/messages")
    assert answer.headers["Location"] == "/sign-in?next=/messages"
    assert "Se connecter" in fresh.get("/sign-in").text


def test_a_users_choice_is_theirs_everywhere(owner: Browser, browse: Callable[[], Browser]) -> None:
    owner.post("/language/fr", next="https://evil.example/")
    assert User.get().language == "fr"
    elsewhere = browse()
    elsewhere.sign_in("ada@example.com")
    assert "Tableau de bord" in elsewhere.get("/").text


def test_an_unknown_language_is_none(owner: Browser) -> None:
    assert owner.post("/language/xx").status_code == 404


def test_sentences_are_translated_by_their_template(app: Flask) -> None:
    sentence = Sentence("There is no account {number}: `mailhub account create` opens one.", number=7)
    with app.test_request_context(), force_locale("fr"):
        assert language.translate(sentence).startswith("Il n’y a pas de compte 7")
        assert language.translate("Never translated: 100 %") == "Never translated: 100 %"


def test_values_with_braces_and_percents_pass_unharmed(app: Flask) -> None:
    sentence = Sentence("There is no user {email}: `mailhub user create` makes one.", email="{x}%(y)s")
    with app.test_request_context(), force_locale("fr"):
        assert "{x}%(y)s" in language.translate(sentence)


def test_values_that_are_sentences_or_moments_are_put_into_the_language(app: Flask) -> None:
    sentence = Sentence("{what}: {time}", what=Sentence("Not found"), time=Moment(1_800_000_000_000, "UTC"))
    assert sentence == "Not found: 15 January 2027, 08:00"
    with app.test_request_context(), force_locale("fr"):
        assert language.translate(sentence) == "Introuvable: 15 janvier 2027 à 08:00"


def test_errors_of_fields_leave_out_the_name_they_stand_at(app: Flask) -> None:
    error = Invalid(fields={"name": "name: Missing data for required field.", "zone": Sentence("Not found")})
    with app.test_request_context(), force_locale("fr"):
        assert language.field_errors(error) == {"name": "Ce champ est à remplir.", "zone": "Introuvable"}


@pytest.mark.parametrize(
    "path", ["/", "/messages", "/sandbox", "/settings/users", "/settings/smtp", "/server", "/nothing"]
)
def test_every_page_says_its_language(owner: Browser, path: str) -> None:
    owner.post("/language/fr")
    assert '<html lang="fr"' in owner.get(path).text
