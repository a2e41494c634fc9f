"""SMTP access: logins with which programs submit mail."""

import flask
from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from mailhub.accounts import SmtpCredential
from mailhub.errors import Invalid
from mailhub.web.auth import current_account, current_hub, perform, requires
from mailhub.web.language import field_errors

pages = Blueprint("smtp_access", __name__, url_prefix="/settings/smtp")


@pages.get("")
@requires("smtp_credentials.view")
def index() -> ResponseReturnValue:
    """The account's logins, newest first, the revoked ones last."""
    revoked = SmtpCredential.revoked_at.is_null(False)
    logins = SmtpCredential.of(current_account()).order_by(revoked, SmtpCredential.id.desc())
    return render_template("core/smtp.html", logins=list(logins), smtp=current_hub().config.smtp)


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
    answer = flask.make_response(render_template("core/smtp_made.html", made=made, smtp=current_hub().config.smtp))
    answer.headers["Cache-Control"] = "no-store"
    return answer


@pages.post("/revoke")
@requires("smtp_credentials.edit")
def revoke() -> ResponseReturnValue:
    """Revoke a login for good."""
    login = request.form.get("login", "")
    perform("smtp_credentials.revoke", login=login)
    flask.flash(gettext("%(login)s is revoked: nothing can be submitted with it any more.", login=login), "success")
    return flask.redirect(url_for("smtp_access.index"), 303)
