"""The language and zone of an answer: the user's, before they are known the device's. Sentences come from the core."""

from pathlib import Path

import flask_babel
from flask import Flask, g, request
from flask_babel import Babel

from mailhub.errors import Sentence
from mailhub.hub import Hub
from mailhub.moments import Moment
from mailhub.vocabulary import LANGUAGES
from mailhub.web.language import compile_stale, translate, translation_folders

OWN = Path(__file__).parent / "translations"


def register(app: Flask, hub: Hub) -> None:
    """Set up Flask-Babel over the core's, the plugins' and this room's translations."""
    folders = [*translation_folders(hub), OWN]
    for folder in folders:
        compile_stale(folder)
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = ";".join(map(str, folders))
    default = hub.config.server.language

    def locale() -> str:
        device = g.get("device")
        if device is not None and device.language in LANGUAGES:
            return str(device.language)
        return request.accept_languages.best_match(list(LANGUAGES)) or default

    def zone() -> str:
        device = g.get("device")
        return str(device.time_zone) if device is not None else hub.config.server.time_zone

    Babel(app, locale_selector=locale, timezone_selector=zone)


def tell(sentence: object) -> str:
    """A sentence in the answer's language, its numbers with that language's separators."""
    if not isinstance(sentence, Sentence):
        return translate(sentence)
    return translate(Sentence(sentence.template, **{name: _number(value) for name, value in sentence.values.items()}))


def _number(value: object) -> object:
    if isinstance(value, int) and not isinstance(value, (bool, Moment)):
        return flask_babel.format_decimal(int(value))  # also one that shows itself otherwise in a shell
    return value
