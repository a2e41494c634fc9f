"""SMTP logins of the key's account, and the operator's bans, in `/api/v1`."""

from collections.abc import Mapping
from typing import Any

from apiflask import APIFlask
from marshmallow import fields

from mailhub.errors import Invalid
from mailhub.hub import Hub
from mailhub.permissions import Actor
from mailhub.smtp_limits import NAMES
from mailhub.web.endpoints import Endpoints, Moment, idempotency_key, shape

_LIMITS = {name: fields.Integer(required=True) for name in NAMES}
LIMITS = shape("SmtpLimits", **_LIMITS)
USED = shape("SmtpUsed", messages=fields.Integer(required=True), recipients=fields.Integer(required=True))
LOGIN = shape(
    "SmtpLogin", name=fields.String(required=True), login=fields.String(required=True), created_at=Moment, revoked_at=Moment,
    used_at=Moment, used_from=fields.String, networks=fields.List(fields.String()), limits=fields.Nested(LIMITS),
    last_hour=fields.Nested(USED, allow_none=True),
)  # fmt: skip
LOGINS = shape("SmtpLogins", logins=fields.List(fields.Nested(LOGIN), required=True))
MADE = shape(
    "SmtpLoginMade", name=fields.String(required=True), login=fields.String(required=True),
    password=fields.String(required=True),
)  # fmt: skip
LIMITED = shape("SmtpLoginLimited", login=fields.String(required=True), **_LIMITS)
ALLOWED = shape(
    "SmtpLoginAllowed",
    login=fields.String(required=True),
    networks=fields.List(fields.String(), required=True),
)
REVOKED = shape("SmtpLoginRevoked", login=fields.String(required=True))
BAN = shape("SmtpBan", subject=fields.String(required=True), reason=fields.String, since=Moment, until=Moment)
BANS = shape("SmtpBans", bans=fields.List(fields.Nested(BAN), required=True))
BANNED = shape("SmtpBanned", subject=fields.String(required=True), until=Moment)
LIFTED = shape("SmtpBanLifted", subject=fields.String(required=True))


def register(hub: Hub, api: APIFlask) -> None:
    """Add the endpoints."""
    to = Endpoints(hub, api, "SMTP logins")
    to.add("GET", "/smtp-logins", "smtp_credentials.list", LOGINS)
    to.add("POST", "/smtp-logins", "smtp_credentials.create", MADE, status=201, before=_once_only)
    to.add("PUT", "/smtp-logins/<login>/limits", "smtp_credentials.limit", LIMITED)
    to.add("PUT", "/smtp-logins/<login>/networks", "smtp_credentials.allow", ALLOWED)
    to.add("DELETE", "/smtp-logins/<login>", "smtp_credentials.revoke", REVOKED)
    server = Endpoints(hub, api, "Server")
    server.add("GET", "/smtp-bans", "smtp_bans.list", BANS)
    server.add("POST", "/smtp-bans", "smtp_bans.add", BANNED, status=201)
    # A network's slash would end a part of an address, so the subject is told in the body.
    server.add("POST", "/smtp-bans/lift", "smtp_bans.lift", LIFTED)


def _once_only(hub: Hub, actor: Actor, given: Mapping[str, Any]) -> None:
    """Answers to requests with an Idempotency-Key are kept for a day, and a password is kept nowhere."""
    if idempotency_key():
        raise Invalid(
            "A login is made without Idempotency-Key, since the answer holds its password: leave that header out, and see "
            "by GET whether there is one of its name already."
        )
