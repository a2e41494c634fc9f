"""The language and time zone of a page, and the translation of sentences that the core speaks in English."""

import flask
from flask import Flask, request
from flask.typing import ResponseReturnValue
from flask_babel import Babel, format_decimal, get_locale, gettext

from mailhub.accounts import User
from mailhub.errors import Invalid, NotFound, Sentence
from mailhub.hub import Hub
from mailhub.moments import Moment
from mailhub.sentences import Count
from mailhub.speech import compile_stale, translation_folders
from mailhub.vocabulary import LANGUAGES
from mailhub.web.auth import current_hub, current_user, safe_path
from mailhub.web.causes import known
from mailhub.web.formats import when


def register(app: Flask, hub: Hub) -> None:
    """Set up Flask-Babel over the core's and the plugins' translations, and the language switch."""
    folders = translation_folders(hub)
    for folder in folders:
        compile_stale(folder)
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = ";".join(map(str, folders))
    Babel(app, locale_selector=choose_locale, timezone_selector=choose_zone)
    app.jinja_env.globals.update(languages=LANGUAGES, language=language, translate=translate, said_words=said)
    app.add_url_rule("/language/<code>", "language", _switch, methods=["POST"])


def choose_locale() -> str:
    """The user's language, else the browser's choice here, else what the browser asks for, else the server's."""
    user = current_user()
    chosen = user.language if user else flask.session.get("language", "")
    if chosen in LANGUAGES:
        return str(chosen)
    return request.accept_languages.best_match(list(LANGUAGES)) or current_hub().config.server.language


def choose_zone() -> str:
    """The user's time zone, else the server's."""
    user = current_user()
    return str(user.time_zone) if user else current_hub().config.server.time_zone


def language() -> str:
    """The page's language: `en` or `fr`."""
    return str(get_locale() or "en")


def translate(sentence: object) -> str:
    """A sentence of the core in the page's language. A `Sentence` by its template, other text as a whole.

    Values that are sentences, counts or moments themselves are put into the language first.
    """
    if isinstance(sentence, Sentence):
        translated: str = gettext(sentence.template)
        values = {name: _translate_value(value) for name, value in sentence.values.items()}
        return translated.format(**values) if values else translated
    return str(gettext(str(sentence))) if sentence else ""


def _translate_value(value: object) -> object:
    if isinstance(value, Moment):
        return when(value)
    if isinstance(value, Count):
        return format_decimal(int(value))
    return translate(value) if isinstance(value, Sentence) else said(value) if isinstance(value, str) else value


def said(text: str) -> str:
    """What was said about a mail: our own client's notes in the page's language, the words of others as they are."""
    found = known(text)
    return translate(found) if found is not None else text


def field_errors(error: Invalid) -> dict[str, str]:
    """What is wrong with each field of a form, translated; the form stands beside it, so the field's name goes."""
    return {name: translate(_without_name(name, sentence)) for name, sentence in error.fields.items()}


def _without_name(name: str, sentence: str) -> str:
    return sentence if isinstance(sentence, Sentence) else sentence.removeprefix(f"{name}: ")


def _switch(code: str) -> ResponseReturnValue:
    if code not in LANGUAGES:
        raise NotFound("There is no language {code}: choose one of the menu.", code=code)
    flask.session["language"] = code
    user = current_user()
    if user:
        User.update(language=code).where(User.id == user.id).execute()
    return flask.redirect(safe_path(request.form.get("next")), 303)
