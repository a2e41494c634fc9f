"""The language and zone of an answer: the user's, before they are known the device's. Sentences are said as on pages."""

from pathlib import Path

from flask import Flask, g, request
from flask_babel import Babel

from mailhub.hub import Hub
from mailhub.speech import compile_stale, translation_folders
from mailhub.vocabulary import LANGUAGES

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
