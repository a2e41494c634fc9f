"""Errors of a JSON application as problem documents (RFC 9457): `/api/v1`, `/mobile/v1` and whatever a plugin mounts.

The sentences are those of the pages, in English; `register(app)` catches everything that an application raises.
"""

import logging
import secrets
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import flask
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from mailhub import outages
from mailhub.db import close_database
from mailhub.errors import Invalid, Sentence, UserError
from mailhub.web.error_pages import status_of

TYPE = "application/problem+json"
TITLES = {422: "Unprocessable Content"}
"""Reason phrases of RFC 9110 that Python spells as its predecessors did."""
SENTENCES = {
    400: Sentence("The request cannot be read: send JSON as this address expects it."),
    401: Sentence("This needs a key: send one as Authorization: Bearer …"),
    404: Sentence("There is nothing at this address: check it against the OpenAPI document."),
    405: Sentence("This address does not take this method: check it against the OpenAPI document."),
    413: Sentence("What you sent is larger than this server takes: send less at a time."),
    415: Sentence("The request is no JSON: send it with Content-Type: application/json."),
    422: Sentence("What you sent is not what this address expects: correct the fields named here."),
}
BUG = Sentence("MailHub made a mistake here. Tell whoever runs the server the reference of this answer.")
log = logging.getLogger(__name__)


class Unauthenticated(UserError):
    """Nobody is known by what was sent: 401. `challenge` is the scheme that is asked for (RFC 9110 section 11.6.1)."""

    def __init__(self, template: str, challenge: str = "Bearer", **values: Any) -> None:
        self.challenge = challenge
        super().__init__(template, **values)


class TooMany(UserError):
    """More requests than allowed: 429, with the whole seconds to wait in Retry-After (RFC 6585 section 4)."""

    def __init__(self, template: str, seconds: int, **values: Any) -> None:
        self.seconds = seconds
        super().__init__(template, seconds=seconds, **values)


def register(app: Flask) -> None:
    """Answer every error of an application with a problem document."""
    app.register_error_handler(UserError, of_error)
    app.register_error_handler(HTTPException, _of_http)
    app.register_error_handler(OverflowError, _no_such_number)
    app.register_error_handler(Exception, _unforeseen)


def problem(status: int, detail: str, errors: Mapping[str, str] | None = None, **more: Any) -> Response:
    """A problem document. `errors` is a sentence for each field, told by its JSON pointer (RFC 6901)."""
    title = TITLES.get(status) or HTTPStatus(status).phrase
    body: dict[str, Any] = {"type": "about:blank", "title": title, "status": status, "detail": str(detail), **more}
    if errors:
        body["errors"] = [{"pointer": _pointer(name), "detail": str(each)} for name, each in errors.items()]
    return Response(flask.json.dumps(body), status, content_type=TYPE)


def _pointer(name: str) -> str:
    return "#/" + name.replace("~", "~0").replace("/", "~1")


def of_error(error: UserError) -> Response:
    """The document of an error that a person can mend."""
    if isinstance(error, Unauthenticated):
        answer = problem(401, error.sentence)
        answer.headers["WWW-Authenticate"] = f'{error.challenge} realm="MailHub"'
    elif isinstance(error, TooMany):
        answer = problem(429, error.sentence)
        answer.headers["Retry-After"] = str(error.seconds)
    else:
        answer = problem(status_of(error), error.sentence, error.fields if isinstance(error, Invalid) else None)
    return answer


def _of_http(error: HTTPException) -> AnyResponse:
    if error.response is not None or (error.code or 500) < 400:
        return error.get_response(request.environ)
    status = error.code or 500
    answer = problem(status, SENTENCES.get(status) or error.description or error.name)
    for name, value in error.get_headers(request.environ):
        if name not in ("Content-Type", "Content-Length"):
            answer.headers[name] = value
    return answer


def _no_such_number(error: OverflowError) -> Response:
    """A number in an address that no table can hold names nothing."""
    log.info("the API was asked for a number too large: %s", request.path)
    return problem(404, SENTENCES[404])


def _unforeseen(error: Exception) -> Response:
    outage = outages.find(error)
    if outage is None:
        reference = secrets.token_hex(4)
        log.exception("request failed, reference %s: %s %s", reference, request.method, request.path)
        return problem(500, BUG, reference=reference)
    log.exception("request failed: %s %s", request.method, request.path)
    close_database()  # a connection that broke is not used again
    answer = problem(503, outage.value)
    answer.headers["Retry-After"] = "10"
    return answer
