"""A device comes in, gets its next tokens, says who it is, and goes."""

from typing import Any

from apiflask import APIBlueprint
from flask import Response, jsonify, request
from werkzeug.exceptions import UnsupportedMediaType

from mailhub.db import from_ms
from mailhub.errors import Sentence
from mobile_api import schemas
from mobile_api.access import Device, Keys, SignedOut
from mobile_api.doorkeeper import access, device, hub, signed_in
from mobile_api.permitted import verbs

COOKIE = "mailhub_phone"
COOKIE_DAYS = 60
places = APIBlueprint("signing_in", __name__, tag="Signing in")


@places.post("/sign-in")
@places.input(schemas.SignIn, arg_name="given")
@places.output(schemas.Tokens)
@places.doc(summary="Sign in by e-mail address and password")
def sign_in(given: dict[str, Any]) -> Response:
    """Unknown addresses and wrong passwords are told alike, in the same time; five wrong ones lock for five minutes."""
    entered = (given["email"], given["password"], given["kind"], _agent(), given["account"])
    return _answer(access().sign_in(*entered), given["keep"])


@places.post("/pair")
@places.input(schemas.Pair, arg_name="given")
@places.output(schemas.Tokens)
@places.doc(summary="Sign in by a pairing code")
def pair(given: dict[str, Any]) -> Response:
    """A code works once, for ten minutes."""
    return _answer(access().pair(given["code"], given["kind"], _agent()), given["keep"])


@places.post("/refresh")
@places.input(schemas.Refresh, arg_name="given")
@places.output(schemas.Tokens)
@places.doc(summary="Get the next tokens")
def refresh(given: dict[str, Any]) -> Response:
    """The refresh token before is worth nothing afterwards; when it comes back later, the connector is revoked."""
    if not request.is_json:  # no form of another site renews the cookie's token
        raise UnsupportedMediaType
    token = given["refresh_token"] or request.cookies.get(COOKIE, "")
    if not token:
        raise SignedOut(Sentence("This phone is not signed in: sign in first."))
    return _answer(access().refresh(token), "body" if given["refresh_token"] else "cookie")


@places.post("/sign-out")
@signed_in
@places.output({}, status_code=204)
@places.doc(summary="Sign out", security="device")
def sign_out() -> Response:
    """The device's tokens are worth nothing from now on."""
    access().sign_out(device())
    answer = Response(status=204)
    answer.delete_cookie(COOKIE, path=_path(), httponly=True, samesite="Strict", secure=_secure())
    return answer


@places.get("/me")
@signed_in
@places.output(schemas.Person)
@places.doc(summary="Who is signed in", security="device")
def me() -> dict[str, Any]:
    """Who is signed in, from what, and what may be done from here."""
    return person(device())


def person(there: Device) -> dict[str, Any]:
    """Who is signed in, as the schema `Person` has it."""
    return {
        "user": there.actor.name,
        "email": there.email,
        "account": there.account,
        "language": there.language,
        "time_zone": there.time_zone,
        "connector": there.number,
        "device": there.name,
        "kind": there.kind,
        "privilege": there.privilege,
        "activated_at": from_ms(there.activated_at),
        "can": verbs(hub(), there),
    }


def _answer(keys: Keys, keep: str) -> Response:
    body = {"access_token": keys.access, "token_type": "Bearer", "expires_in": keys.seconds, "me": person(keys.device)}
    if keep == "body":
        body["refresh_token"] = keys.refresh
    answer = jsonify(schemas.Tokens().dump(body))
    if keep == "cookie":
        answer.set_cookie(
            COOKIE, keys.refresh, max_age=COOKIE_DAYS * 86_400, path=_path(), httponly=True, samesite="Strict",
            secure=_secure(),
        )  # fmt: skip
    return answer


def _agent() -> str:
    return request.user_agent.string


def _path() -> str:
    """The cookie goes to this one address alone."""
    return f"{request.script_root}/refresh"


def _secure() -> bool:
    config = hub().config
    return config.web.secure_cookies or config.server.public_url.startswith("https:")
