"""Who is banned from the SMTP listeners: the operator's page, where bans are lifted and made."""

import flask
from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from mailhub.errors import Invalid
from mailhub.smtp_bans import LOGIN, REASONS, standing
from mailhub.web.auth import current_hub, perform, requires
from mailhub.web.language import field_errors

pages = Blueprint("smtp_bans", __name__, url_prefix="/server/smtp-bans")


@pages.get("")
@requires("smtp_bans.view")
def index() -> ResponseReturnValue:
    """The bans that stand now, the newest first."""
    return _page({}, {})


def _page(given: dict[str, str], errors: dict[str, str]) -> str:
    hub = current_hub()
    bans = standing(hub.ms())
    return render_template(
        "core/smtp_bans.html",
        bans=bans,
        reasons=REASONS,
        prefix=LOGIN,
        smtp=hub.config.smtp,
        given=given,
        errors=errors,
    )


@pages.post("")
@requires("smtp_bans.edit")
def add() -> ResponseReturnValue:
    """Ban an address, a network or a login."""
    given = {"subject": request.form.get("subject", ""), "hours": request.form.get("hours", "") or "24"}
    try:
        made = perform("smtp_bans.add", **given)
    except Invalid as error:
        return _page(given, field_errors(error)), 422
    flask.flash(gettext("%(subject)s is banned.", subject=made["subject"]), "success")
    return flask.redirect(url_for("smtp_bans.index"), 303)


@pages.post("/lift")
@requires("smtp_bans.edit")
def lift() -> ResponseReturnValue:
    """Lift a ban."""
    lifted = perform("smtp_bans.lift", subject=request.form.get("subject", ""))
    flask.flash(gettext("The ban of %(subject)s is lifted.", subject=lifted["subject"]), "success")
    return flask.redirect(url_for("smtp_bans.index"), 303)
