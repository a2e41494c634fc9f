"""`/api/v1`: a JSON application beside the pages. Keys, rates, errors and the OpenAPI document; endpoints are brought.

The core brings single messages and `/me`; plugins bring theirs by `register_api`.
"""

from functools import cache
from typing import Any

import flask
from apiflask import APIFlask
from flask import g, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import Babel
from marshmallow import fields

from mailhub import tags
from mailhub.accounts import Account
from mailhub.api_keys import Rates, check
from mailhub.db import close_database
from mailhub.hub import Hub
from mailhub.permissions import Actor
from mailhub.web import domain_api, problems, queue_api, routing_api, smtp_api
from mailhub.web.api_page import operations
from mailhub.web.endpoints import Endpoints, Moment, page, send, shape
from mailhub.web.openapi import ERRORS, Documented, complete
from mailhub.web.problems import TooMany, Unauthenticated
from mailhub.web.security import LARGEST_FORM, LARGEST_UPLOAD, add_headers

VERSION = "1"
OPEN = frozenset({"openapi", "docs"})
"""Endpoints that need no key: they say nothing of anybody."""

ME = shape(
    "Me",
    account=fields.Integer(required=True),
    name=fields.String(required=True),
    user=fields.String(required=True),
    permissions=fields.List(fields.String(), required=True),
)
HAPPENED = shape(
    "MessageEvent", id=fields.String(required=True), kind=fields.String(required=True), at=Moment(required=True),
    code=fields.Integer, enhanced=fields.String, text=fields.String,
)  # fmt: skip
MESSAGE = shape(
    "Message", id=fields.String(required=True), to=fields.String(required=True), status=fields.String(required=True),
    attempts=fields.Integer(required=True), reason=fields.String, why=fields.String, tag=fields.String, at=Moment,
    next_attempt=Moment, opened_at=Moment, clicked_at=Moment, events=fields.List(fields.Nested(HAPPENED), required=True),
)  # fmt: skip

LISTED = shape(
    "SentMessage", id=fields.String(required=True), to=fields.String(required=True), status=fields.String(required=True),
    attempts=fields.Integer(required=True), reason=fields.String, tag=fields.String, at=Moment, opened_at=Moment,
    clicked_at=Moment,
)  # fmt: skip
TAG = shape("Tag", tag=fields.String(required=True), **{name: fields.Integer(required=True) for name in tags.rates({})})
TAGS = shape("Tags", days=fields.Integer(required=True), tags=fields.List(fields.Nested(TAG), required=True))


def create_api(hub: Hub) -> APIFlask:
    """The application of `/api/v1` with every plugin's endpoints."""
    api = Documented(
        "mailhub.web.api", title="MailHub", version=VERSION, spec_path=None, docs_path=None, json_errors=False,
    )  # fmt: skip
    api.extensions["mailhub"] = hub
    api.config.update(
        OPENAPI_VERSION="3.1.0", AUTO_VALIDATION_ERROR_RESPONSE=False, AUTO_404_RESPONSE=False, AUTO_TAGS=False,
        MAX_CONTENT_LENGTH=LARGEST_FORM,
    )  # fmt: skip
    api.json.sort_keys = False  # type: ignore[attr-defined]
    Babel(api, default_locale="en")  # sentences of the API are English
    problems.register(api)
    api.spec_processor(complete)  # type: ignore[arg-type]
    api.teardown_appcontext(lambda _: close_database())
    _guard(hub, api)
    _documents(hub, api)
    _messages(hub, api)
    domain_api.register(hub, api)
    queue_api.register(hub, api)
    smtp_api.register(hub, api)
    routing_api.register(hub, api)
    for _ in hub.ask("register_api", hub=hub, api=api):
        pass
    return api


def _guard(hub: Hub, api: APIFlask) -> None:
    rates = Rates(hub)

    @api.before_request
    def know_who_asks() -> None:
        if request.endpoint in OPEN:
            return
        found = check(hub, *_credentials())
        if found is None:
            raise Unauthenticated("This API key opens nothing here: it is wrong, expired or revoked. Make another one.")
        if seconds := rates.take(found[0]):
            raise TooMany("This key asks too often: wait {seconds} seconds, then go on more slowly.", seconds)
        g.actor = found[1]
        request.max_content_length = LARGEST_UPLOAD if request.endpoint in UPLOADS else LARGEST_FORM

    api.after_request(add_headers)


UPLOADS: set[str] = set()
"""Endpoints that take files, by name: filled by those who bring them."""


def _credentials() -> tuple[str, str]:
    """ID and secret, as Bearer `ID.SECRET` (RFC 6750) or Basic `ID:SECRET` (RFC 7617)."""
    given = request.authorization
    if given is not None and given.type == "bearer" and given.token:
        key, _, secret = given.token.partition(".")
        return key, secret
    if given is not None and given.type == "basic":
        return given.username or "", given.password or ""
    raise Unauthenticated("This needs an API key: send it as Authorization: Bearer ID.SECRET.")


def current_actor() -> Actor:
    """Who asks, with what their key may do."""
    actor: Actor = g.actor
    return actor


def _documents(hub: Hub, api: APIFlask) -> None:
    @cache
    def document() -> dict[str, Any]:
        return dict(api.spec)  # type: ignore[arg-type]

    @api.get("/openapi.json")
    @api.doc(hide=True)
    def openapi() -> ResponseReturnValue:
        return flask.jsonify(document())

    @api.get("/docs")
    @api.doc(hide=True)
    def docs() -> ResponseReturnValue:
        base = f"{hub.config.server.public_url.rstrip('/')}/api/v1"
        told = operations(document(), base)
        return render_template("core/api_docs.html", document=document(), operations=told, base=base, errors=ERRORS)


def _messages(hub: Hub, api: APIFlask) -> None:
    @api.get("/me")
    @api.output(ME, description="Account, user and permissions of the key")
    @api.doc(summary="Who the key is", tags=["Account"], operation_id="get:/me")
    def me() -> Any:
        actor = current_actor()
        may = sorted(name for name in hub.permissions if actor.may(name))
        account = Account.get_by_id(actor.account_id)
        return send({"account": account.id, "name": account.name, "user": actor.name, "permissions": may}, ME)

    endpoints = Endpoints(hub, api, "Messages")
    endpoints.add("POST", "/messages", "messages.send", MESSAGE, status=202)
    endpoints.add("GET", "/messages", "messages.list", page(LISTED, "messages", fields.String))
    endpoints.add("GET", "/messages/<int:number>", "messages.show", MESSAGE)
    endpoints.add("GET", "/tags", "messages.tags", TAGS)
