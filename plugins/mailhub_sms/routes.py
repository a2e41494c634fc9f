"""Pages of SMS: one's own phone, the log, the provider; and the panel of what was kept."""

from typing import Any

import flask
from flask import Blueprint, Flask, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, lazy_gettext

from mailhub import Hub, Invalid, UserError
from mailhub.permissions import Actor
from mailhub.web.auth import current_account, current_actor, current_hub, current_user, perform, requires
from mailhub.web.language import field_errors, translate
from mailhub.web.paging import keyset
from mailhub_sms import phones, provider, webhooks
from mailhub_sms.actions import row
from mailhub_sms.gsm import BASIC, EXTENDED
from mailhub_sms.models import KEPT, Sms, SmsProvider

PANEL = 20

pages = Blueprint("sms", __name__, template_folder="templates", static_folder="static", static_url_path="/static/sms")
WORDS = (
    lazy_gettext("SMS"),
    lazy_gettext("Phone number"),
    lazy_gettext("kept"),
    lazy_gettext("sent"),
    lazy_gettext("stopped"),
    lazy_gettext("expired"),
    lazy_gettext("sending"),
    lazy_gettext("1 to 480 signs."),
    lazy_gettext("confirmed"),
)
"""Words that other rooms show and no template holds."""


def register(app: Flask) -> None:
    """Add the pages, and the addresses Twilio calls: it has no session, so no CSRF token either."""
    app.register_blueprint(pages)
    app.register_blueprint(webhooks.pages)
    app.extensions["csrf"].exempt(webhooks.pages)


@pages.get("/settings/phone")
@requires("phones.edit")
def phone() -> str:
    """One's own phone."""
    return _phone_page({}, "")


def _phone_page(errors: dict[str, str], given: str) -> str:
    user = current_user()
    assert user is not None
    state = phones.of_user(current_hub(), user)
    return render_template(
        "sms/phone.html",
        state=state,
        number=phones.shown(state.number) if state.number else "",
        waiting=phones.shown(state.waiting) if state.waiting else "",
        sandbox=not provider.is_set(),
        given=given,
        errors=errors,
    )


@pages.post("/settings/phone")
@requires("phones.edit")
def ask_for_code() -> ResponseReturnValue:
    """Send the code."""
    given = request.form.get("phone", "")
    try:
        perform("phones.request", phone=given)
    except Invalid as error:
        return _phone_page(field_errors(error), given), 422
    except UserError as error:
        return _phone_page({"phone": translate(error.sentence)}, given), 409
    return flask.redirect(url_for(".phone"), 303)


@pages.post("/settings/phone/confirm")
@requires("phones.edit")
def confirm_phone() -> ResponseReturnValue:
    """Try the code."""
    try:
        tried = perform("phones.confirm", code=request.form.get("code", ""))
    except UserError as error:
        return _phone_page({"": translate(error.sentence)}, ""), 409
    if not tried["confirmed"]:
        wrong = gettext("This is not the code that was sent: %(left)s tries are left.", left=tried["tries_left"])
        return _phone_page({"code": wrong}, ""), 422
    flask.flash(gettext("Your phone is confirmed."), "success")
    return flask.redirect(url_for(".phone"), 303)


@pages.post("/settings/phone/remove")
@requires("phones.edit")
def remove_phone() -> ResponseReturnValue:
    """Forget it."""
    perform("phones.remove")
    flask.flash(gettext("Your phone is removed: no SMS goes to it any more."), "success")
    return flask.redirect(url_for(".phone"), 303)


@pages.get("/messages/sms")
@requires("sms.view")
def log() -> str:
    """What was sent, newest first, with what became of it."""
    return render_template("sms/log.html", leaf=keyset(Sms.of(current_account()), Sms.id), row=_row)


def _row(sms: Sms) -> dict[str, Any]:
    return row(sms, current_actor())


@pages.get("/server/sms")
@requires("sms.configure")
def server() -> str:
    """Twilio's account, the addresses to enter there, a test."""
    return _server_page({}, None)


def _server_page(errors: dict[str, str], given: dict[str, str] | None) -> str:
    hub, held = current_hub(), SmsProvider.select().first()
    names = ("account_sid", "sender", "api_url")
    return render_template(
        "sms/server.html",
        held=held,
        given=given or {name: getattr(held, name) if held else "" for name in names},
        errors=errors,
        incoming=webhooks.url(hub, "incoming"),
        basic=BASIC,
        extended=EXTENDED,
        test=request.form if "text" in request.form else {},
    )


@pages.post("/server/sms")
@requires("sms.configure")
def configure() -> ResponseReturnValue:
    """Save the provider, and ask it whether it knows us."""
    given = {name: request.form.get(name, "") for name in ("account_sid", "auth_token", "sender", "api_url")}
    try:
        perform("sms.configure", **given)
    except Invalid as error:
        return _server_page(field_errors(error), given), 422
    try:
        known = perform("sms.check")
    except UserError as error:
        flask.flash(gettext("It is saved. %(problem)s", problem=translate(error.sentence)), "warning")
    else:
        flask.flash(gettext("SMS leave through the account “%(name)s”.", name=known["name"]), "success")
    return flask.redirect(url_for(".server"), 303)


@pages.post("/server/sms/disconnect")
@requires("sms.configure")
def disconnect() -> ResponseReturnValue:
    """Keep SMS from now on."""
    perform("sms.disconnect")
    flask.flash(gettext("SMS are kept from now on and shown on the Sandbox page."), "success")
    return flask.redirect(url_for(".server"), 303)


@pages.post("/server/sms/test")
@requires("sms.configure")
def test() -> ResponseReturnValue:
    """Send a test."""
    try:
        sent = perform("sms.test", phone=request.form.get("phone", ""), text=request.form.get("text", ""))
    except Invalid as error:
        return _server_page(field_errors(error), None), 422
    except UserError as error:
        return _server_page({"phone": translate(error.sentence)}, None), 409
    counted = gettext("%(count)s segments, %(encoding)s", count=sent["segments"], encoding=sent["encoding"])
    flask.flash(
        gettext("The test is on its way (%(counted)s): the log says what becomes of it.", counted=counted), "success"
    )
    return flask.redirect(url_for(".log"), 303)


def panels(hub: Hub, actor: Actor) -> list[tuple[int, str]]:
    """The SMS that were kept instead of sent, for the Sandbox page."""
    kept = Sms.of(actor.account_id).where(Sms.state == KEPT).order_by(Sms.id.desc()).limit(PANEL)
    rows = [row(each, actor) for each in kept]
    return [(50, render_template("sms/panel.html", rows=rows))] if rows else []
