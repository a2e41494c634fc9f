"""Errors as pages: one short table from what went wrong to a status, a title and a sentence."""

import logging
import secrets

import flask
from flask import Flask, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from mailhub import outages
from mailhub.db import close_database
from mailhub.errors import Conflict, Forbidden, Invalid, NotFound, Sentence, UserError
from mailhub.hub import Hub
from mailhub.outages import Outage
from mailhub.web.auth import safe_path
from mailhub.web.language import translate

STATUS: tuple[tuple[type[UserError], int], ...] = ((NotFound, 404), (Forbidden, 403), (Conflict, 409), (Invalid, 422))
"""A `UserError`'s status; 400 for all others."""

SENTENCES = {
    400: Sentence("The browser sent something this page cannot read: go back and try again."),
    404: Sentence("There is nothing at this address: check it, or start again from the dashboard."),
    405: Sentence("This address cannot be opened directly: go back and use the button of the page."),
    413: Sentence("What you sent is larger than this server takes: send less at a time."),
}
PLAIN = "<!doctype html><html lang=en><title>MailHub</title><p>{sentence}"
BARE = PLAIN.format(
    sentence="MailHub made a mistake here. Tell whoever runs the server this number: {reference}",
)
log = logging.getLogger(__name__)


def register(app: Flask, hub: Hub) -> None:
    """Catch what pages raise."""
    app.register_error_handler(CSRFError, _expired)
    app.register_error_handler(UserError, _user_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(OverflowError, _no_such_number)
    app.register_error_handler(Exception, _unforeseen)


def status_of(error: UserError) -> int:
    """The HTTP status of an error a person can mend."""
    return next((status for kind, status in STATUS if isinstance(error, kind)), 400)


def _user_error(error: UserError) -> ResponseReturnValue:
    back = _page_before()
    if request.method == "POST" and back and isinstance(error, (Conflict, Invalid)):
        flask.flash(translate(error.sentence), "danger")
        return flask.redirect(back, 303)
    return page(status_of(error), translate(error.sentence))


def _page_before() -> str:
    """The path of the page a form was on, when it is one of ours."""
    referrer = request.referrer or ""
    if not referrer.startswith(request.host_url):
        return ""
    return safe_path("/" + referrer.removeprefix(request.host_url))


def _expired(error: CSRFError) -> ResponseReturnValue:
    return page(400, gettext("This form is too old: go back, reload the page and send it again."))


def _http_error(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    if status < 400:
        return error
    return page(status, translate(SENTENCES.get(status, error.description or error.name)))


def _no_such_number(error: OverflowError) -> ResponseReturnValue:
    """A number in an address that no table can hold names nothing."""
    log.info("a page was asked for with a number too large: %s", request.path)
    return page(404, translate(SENTENCES[404]))


def _unforeseen(error: Exception) -> ResponseReturnValue:
    outage = outages.find(error)
    return _bug() if outage is None else _outage(outage)


def _outage(outage: Outage) -> ResponseReturnValue:
    """The page may need what is away, the database: then its sentence alone."""
    log.exception("page failed: %s %s", request.method, request.path)
    close_database()  # a connection that broke is not used again
    try:
        answer = flask.make_response(page(503, translate(outage.value)))
    except Exception:
        log.exception("error page failed: %s %s", request.method, request.path)
        answer = flask.make_response(PLAIN.format(sentence=outage.value), 503)
    answer.headers["Retry-After"] = "10"
    return answer


def _bug() -> ResponseReturnValue:
    reference = secrets.token_hex(4)
    log.exception("page failed, reference %s: %s %s", reference, request.method, request.path)
    try:
        return page(500, gettext("MailHub made a mistake here. Tell whoever runs the server this number:"), reference)
    except Exception:  # the page itself needs what is broken: the database, for example
        log.exception("error page failed, reference %s", reference)
        return BARE.format(reference=reference), 500


def page(status: int, sentence: str, reference: str = "") -> ResponseReturnValue:
    """An error page, or the bare sentence for a part of a page."""
    if request.headers.get("HX-Request"):
        return sentence, status, {"Content-Type": "text/plain; charset=utf-8"}
    title = _title(status)
    html = render_template("core/error.html", status=status, title=title, sentence=sentence, reference=reference)
    return html, status


def _title(status: int) -> str:
    titles = {
        403: gettext("You may not do this"),
        404: gettext("Not found"),
        409: gettext("Not possible now"),
        422: gettext("Something is not right yet"),
        500: gettext("Something broke"),
        503: gettext("Not possible now"),
    }
    return str(titles.get(status) or gettext("This did not work"))
