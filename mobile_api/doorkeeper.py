"""What stands before every address of the companion API: who asks, problem documents, ETags, headers."""

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import flask
from apiflask import APIFlask
from flask import Response, g, request
from werkzeug.exceptions import HTTPException

from mailhub.db import close_database
from mailhub.errors import Invalid, Sentence, UserError
from mailhub.hub import Hub
from mailhub.people import LOCK_FOR, Locked
from mailhub.web import problems
from mailhub.web.error_pages import status_of
from mailhub.web.language import translate
from mobile_api.access import Access, Changed, Device, SignedOut

P = ParamSpec("P")
R = TypeVar("R")
LARGEST = 64_000
"""Bytes that a request may hold."""


def register(app: APIFlask, hub: Hub, access: Access) -> None:
    """Keep the hub and the devices within reach of every address, and answer errors in the device's language."""
    app.extensions["mailhub"], app.extensions["access"] = hub, access
    app.config["MAX_CONTENT_LENGTH"] = LARGEST
    problems.register(app)
    app.register_error_handler(UserError, of_error)
    app.register_error_handler(HTTPException, _of_http)
    app.error_processor(_of_fields)
    app.after_request(_finish)
    app.teardown_appcontext(lambda _: close_database())


def hub() -> Hub:
    """The hub of the running application."""
    found: Hub = flask.current_app.extensions["mailhub"]
    return found


def access() -> Access:
    """Who keeps the devices."""
    found: Access = flask.current_app.extensions["access"]
    return found


def device() -> Device:
    """Which device asks; only behind `signed_in`."""
    found: Device = g.device
    return found


def ask(action: str, **arguments: Any) -> Any:
    """Run a registered action as the device that asks; raises what `hub.call` raises."""
    return hub().call(device().actor, action, **arguments)


def signed_in(view: Callable[P, R]) -> Callable[P, R]:
    """Mark an address, below its route, as for devices that are signed in (RFC 6750: Authorization: Bearer …)."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise SignedOut(Sentence("This needs a token: sign in, then send it as Authorization: Bearer …"))
        g.device = access().read(token.strip())
        return view(*args, **kwargs)

    return guarded


def of_error(error: UserError) -> Response:
    """The problem document of an error that a person can mend, in the device's language."""
    fields = {name: translate(each) for name, each in error.fields.items()} if isinstance(error, Invalid) else None
    detail = " ".join(fields.values()) if fields else translate(error.sentence)
    if isinstance(error, SignedOut):
        answer = problems.problem(401, detail, fields)
        answer.headers["WWW-Authenticate"] = 'Bearer realm="MailHub"'
    elif isinstance(error, Locked):
        answer = problems.problem(429, detail, fields)
        answer.headers["Retry-After"] = str(LOCK_FOR // 1000)
    else:
        answer = problems.problem(412 if isinstance(error, Changed) else status_of(error), detail, fields)
    return answer


def _of_http(error: HTTPException) -> Any:
    """As under /api/v1, in the device's language."""
    status = error.code or 500
    answer = problems._of_http(error)
    if status in problems.SENTENCES and isinstance(answer, Response) and answer.content_type == problems.TYPE:
        kept = {name: value for name, value in answer.headers if name not in ("Content-Type", "Content-Length")}
        answer = problems.problem(status, translate(problems.SENTENCES[status]))
        answer.headers.extend(kept)
    return answer


def _of_fields(error: Any) -> Any:
    """What marshmallow says of a request, as a problem document."""
    detail = error.detail if isinstance(error.detail, dict) else {}
    found = {
        f"{place}.{name}" if place in ("query", "path") else name: _first(said)
        for place, names in detail.items()
        if isinstance(names, dict)
        for name, said in names.items()
    }
    sentence = problems.SENTENCES.get(error.status_code)
    return problems.problem(error.status_code, translate(sentence) if sentence else error.message, found or None)


def _first(said: Any) -> str:
    while isinstance(said, (list, dict)):
        said = next(iter(said.values() if isinstance(said, dict) else said), "")
    return translate(str(said))


def _finish(response: Response) -> Response:
    """Small answers twice: an ETag on what was read, 304 for who has it already (RFC 9110 section 13)."""
    headers = response.headers
    headers.setdefault("Cache-Control", "no-store" if request.method == "POST" else "private, no-cache")
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
    headers["Vary"] = "Authorization, Accept-Language"
    if request.method == "GET" and response.status_code == 200:
        digest = hashlib.sha256(response.get_data()).hexdigest()[:16]
        response.set_etag(f"{g.version}.{digest}" if "version" in g else digest)
        response.make_conditional(request)
    return response
