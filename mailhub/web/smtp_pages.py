"""SMTP access: logins with which programs submit mail."""

from typing import Any

import flask
from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, lazy_gettext

from mailhub import submission_access
from mailhub.accounts import SmtpCredential
from mailhub.db import transaction
from mailhub.errors import Invalid
from mailhub.smtp_limits import NAMES, last_hour
from mailhub.web.auth import current_account, current_hub, perform, requires
from mailhub.web.language import field_errors

_WORDS = {
    "messages_per_minute": lazy_gettext("Mails in a minute"),
    "messages_per_hour": lazy_gettext("Mails in an hour"),
    "recipients_per_minute": lazy_gettext("Recipients in a minute"),
    "recipients_per_hour": lazy_gettext("Recipients in an hour"),
}

pages = Blueprint("smtp_access", __name__, url_prefix="/settings/smtp")


@pages.get("")
@requires("smtp_credentials.view")
def index() -> ResponseReturnValue:
    """The account's logins, newest first, the revoked ones last."""
    revoked = SmtpCredential.revoked_at.is_null(False)
    logins = SmtpCredential.of(current_account()).order_by(revoked, SmtpCredential.id.desc())
    return render_template("core/smtp.html", logins=list(logins), smtp=current_hub().config.smtp, tls_port=_tls_port())


def _tls_port() -> int:
    """The port that speaks TLS from the first word; 0 when there is none."""
    smtp = current_hub().config.smtp
    return smtp.submission_tls_port if smtp.tls_certificate else 0


@pages.get("/new")
@requires("smtp_credentials.edit")
def new() -> ResponseReturnValue:
    """The form for a login."""
    return render_template("core/smtp_new.html", name="", errors={})


@pages.post("/new")
@requires("smtp_credentials.edit")
def create() -> ResponseReturnValue:
    """Make the login and show its password, once."""
    name = request.form.get("name", "")
    try:
        made = perform("smtp_credentials.create", name=name)
    except Invalid as error:
        return render_template("core/smtp_new.html", name=name, errors=field_errors(error)), 422
    page = render_template("core/smtp_made.html", made=made, smtp=current_hub().config.smtp, tls_port=_tls_port())
    answer = flask.make_response(page)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@pages.get("/<login>")
@requires("smtp_credentials.view")
def show(login: str) -> ResponseReturnValue:
    """What a login may do, and what it did in the last hour."""
    found = submission_access.find(current_account().id, login)
    given = {name: found.limits.get(name, 0) for name in NAMES} | {"networks": ", ".join(found.networks)}
    return _form(found, given, {})


def _form(found: SmtpCredential, given: dict[str, Any], errors: dict[str, str]) -> str:
    hub = current_hub()
    return render_template(
        "core/smtp_login.html", login=found, given=given, errors=errors, names=_WORDS, smtp=hub.config.smtp,
        used=last_hour(hub, found.account_id).get(found.id),
    )  # fmt: skip


@pages.post("/<login>")
@requires("smtp_credentials.edit")
def change(login: str) -> ResponseReturnValue:
    """Save its limits and networks."""
    given = {name: request.form.get(name, "") or "0" for name in NAMES}
    networks = request.form.get("networks", "")
    try:
        with transaction():
            perform("smtp_credentials.limit", login=login, **given)
            perform("smtp_credentials.allow", login=login, networks=networks)
    except Invalid as error:
        found = submission_access.find(current_account().id, login)
        return _form(found, {**given, "networks": networks}, field_errors(error)), 422
    flask.flash(gettext("%(login)s is saved.", login=login), "success")
    return flask.redirect(url_for("smtp_access.index"), 303)


@pages.post("/revoke")
@requires("smtp_credentials.edit")
def revoke() -> ResponseReturnValue:
    """Revoke a login for good."""
    login = request.form.get("login", "")
    perform("smtp_credentials.revoke", login=login)
    flask.flash(gettext("%(login)s is revoked: nothing can be submitted with it any more.", login=login), "success")
    return flask.redirect(url_for("smtp_access.index"), 303)
