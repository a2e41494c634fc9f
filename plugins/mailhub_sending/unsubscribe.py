"""The page behind every unsubscribe link: a button to leave, one to come back. No sign-in; it works for ever."""

import flask
from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale

from mailhub import Hub, NotFound
from mailhub.accounts import Account
from mailhub.tokens import MessageToken
from mailhub.unsubscribing import Reader, find_reader, is_unsubscribed, resubscribe, unsubscribe
from mailhub.vocabulary import LANGUAGES
from mailhub.web.auth import current_hub

pages = Blueprint("unsubscribe", __name__, template_folder="templates")


def _read(hub: Hub, text: str) -> MessageToken:
    token = hub.tokens.read_message(text)
    if token is None:
        raise NotFound("This link is incomplete: copy it whole from the mail, to its last character.")
    return token


@pages.get("/u/<token>")
def show(token: str) -> ResponseReturnValue:
    """Who would leave, and the button. A visit changes nothing: mail scanners follow links too."""
    read = _read(current_hub(), token)
    return _page(token, find_reader(read.message_id))


@pages.post("/u/<token>")
def leave(token: str) -> ResponseReturnValue:
    """Unsubscribe, or with `back` undo it, and show what is true now."""
    hub = current_hub()
    read = _read(hub, token)
    if "back" in request.form:
        reader = find_reader(read.message_id)
        if reader is not None:
            resubscribe(hub, reader)
    else:
        unsubscribe(hub, read.message_id, read.content_id, "page")
    return flask.redirect(url_for(".show", token=token, done=1, lang=request.args.get("lang")), 303)


def _page(token: str, reader: Reader | None) -> ResponseReturnValue:
    language = _language(reader)
    with force_locale(language):
        if reader is None:
            return render_template("sending/unsubscribe_gone.html", token=token), 410
        return render_template(
            "sending/unsubscribe.html", token=token, reader=reader, left=is_unsubscribed(reader),
            done="done" in request.args, sender=_sender(reader), language_code=language,
        )  # fmt: skip


def _language(reader: Reader | None) -> str:
    """The language chosen here, else the visitor's, else that of the message, else the server's."""
    for wanted in (
        request.args.get("lang"),
        flask.session.get("language"),
        request.accept_languages.best_match(list(LANGUAGES)),
    ):
        if wanted in LANGUAGES:
            return str(wanted)
    if reader is not None and reader.language in LANGUAGES:
        return reader.language
    return current_hub().config.server.language


def _sender(reader: Reader) -> str:
    account = Account.get_by_id(reader.account_id)
    return str(account.company or account.name)
