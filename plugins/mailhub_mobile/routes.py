"""Phones as pages: the account's connectors for who administers them, one's own with its QR code for everybody."""

from typing import Any

import flask
import segno
from flask import Blueprint, Flask, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from markupsafe import Markup

from mailhub import Invalid, NotFound
from mailhub.accounts import Membership, User
from mailhub.web.auth import current_account, current_actor, current_hub, current_user, may, perform, requires
from mailhub.web.language import field_errors
from mailhub_mobile import connectors
from mailhub_mobile.labels import KIND_WORDS, PRIVILEGE_HINTS, PRIVILEGE_WORDS
from mailhub_mobile.models import KINDS, PRIVILEGES, Connector
from mailhub_mobile.privileges import ADMINISTER, holder

pages = Blueprint("phones", __name__, url_prefix="/settings/phones", template_folder="templates")


def register(app: Flask) -> None:
    """Add the plugin's pages to the application."""
    app.register_blueprint(pages)


@pages.context_processor
def _words() -> dict[str, Any]:
    address = current_hub().config.server.public_url.rstrip("/")
    return {"kind_words": KIND_WORDS, "privilege_words": PRIVILEGE_WORDS, "config_url": address}


@pages.get("")
@requires()
def index() -> ResponseReturnValue:
    """The account's connectors for an administrator, one's own for everybody else; nothing while phones are off."""
    on = connectors.is_on(current_hub(), current_account().id)
    if not on and not may(ADMINISTER):
        raise NotFound("Phones are switched off in this account: ask an administrator to switch them on.")
    rows = connectors.every(current_account().id) if may(ADMINISTER) else _own()
    return render_template("mobile/index.html", on=on, rows=rows)


def _own() -> list[Connector]:
    user = current_user()
    return connectors.own(current_account().id, user.id) if user else []


@pages.post("/switch")
@requires(ADMINISTER)
def switch() -> ResponseReturnValue:
    """Let phones in, or stop them all."""
    on = request.form.get("on") == "1"
    perform("connectors.switch", on=on)
    said = gettext("Phones are switched on: add a connector for each device.")
    flask.flash(said if on else gettext("Phones are switched off: every device stops at its next request."), "success")
    return flask.redirect(url_for("phones.index"), 303)


@pages.get("/new")
@requires(ADMINISTER)
def new() -> ResponseReturnValue:
    """The form for a connector."""
    user = current_user()
    return _form({"user": user.email if user else "", "kind": "iphone", "privilege": "read", "name": ""}, {})


def _form(given: dict[str, str], errors: dict[str, str], connector: Connector | None = None) -> str:
    users = (
        User.select().join(Membership).where(Membership.account == current_account(), User.disabled_at.is_null())
        .distinct().order_by(User.name)
    )  # fmt: skip
    return render_template(
        "mobile/edit.html", given=given, errors=errors, users=list(users), kinds=KINDS, privileges=PRIVILEGES,
        hints=PRIVILEGE_HINTS, connector=connector,
    )  # fmt: skip


@pages.post("/new")
@requires(ADMINISTER)
def add() -> ResponseReturnValue:
    """Give the connector; one's own goes on to its QR code."""
    given = {name: request.form.get(name, "") for name in ("user", "kind", "privilege", "name")}
    try:
        made = perform("connectors.add", **given)
    except Invalid as error:
        return _form(given, field_errors(error)), 422
    user = current_user()
    if user is not None and given["user"] == user.email:
        return flask.redirect(url_for("phones.show_code", number=made["number"]), 303)
    flask.flash(
        gettext(
            "The connector is there: its user finds the pairing code under Settings, Phones, or signs in by password."
        ),
        "success",
    )
    return flask.redirect(url_for("phones.index"), 303)


@pages.get("/<int:number>")
@requires(ADMINISTER)
def edit(number: int) -> ResponseReturnValue:
    """The form of one connector."""
    connector = connectors.find(current_account().id, number)
    return _form({"privilege": connector.privilege, "name": connector.name}, {}, connector)


@pages.post("/<int:number>")
@requires(ADMINISTER)
def change(number: int) -> ResponseReturnValue:
    """Save it."""
    given = {name: request.form.get(name, "") for name in ("privilege", "name")}
    try:
        perform("connectors.change", number=number, **given)
    except Invalid as error:
        return _form(given, field_errors(error), connectors.find(current_account().id, number)), 422
    flask.flash(gettext("The connector is saved: the device’s next request goes by it."), "success")
    return flask.redirect(url_for("phones.index"), 303)


@pages.post("/<int:number>/revoke")
@requires(ADMINISTER)
def revoke(number: int) -> ResponseReturnValue:
    """End a connector for good."""
    perform("connectors.revoke", number=number)
    flask.flash(gettext("The connector is revoked: the device gets nothing more."), "success")
    return flask.redirect(url_for("phones.index"), 303)


@pages.get("/<int:number>/code")
@requires()
def show_code(number: int) -> ResponseReturnValue:
    """Before the code: which device it is for. A code is made by the button, since it changes something."""
    return _code_page(number, None)


@pages.post("/<int:number>/code")
@requires()
def make_code(number: int) -> ResponseReturnValue:
    """Make a code for one's own connector and show it, once."""
    made = current_hub().call(holder(current_actor()), "connectors.pair", number=number)
    return _code_page(number, made)


def _code_page(number: int, made: dict[str, Any] | None) -> ResponseReturnValue:
    connector = connectors.find_own(current_actor(), number)
    drawn = _draw(made["url"]) if made else ""
    answer = flask.make_response(
        render_template("mobile/code.html", connector=connector, made=made, drawn=drawn, paired=False)
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _draw(url: str) -> Markup:
    """The QR code as an SVG, dark on light in both themes, since readers expect it so."""
    code = segno.make(url, error="m", micro=False)
    return Markup(code.svg_inline(scale=6, border=4, dark="#000", light="#fff"))


@pages.get("/<int:number>/live")
@requires()
def live(number: int) -> ResponseReturnValue:
    """Whether the device came in meanwhile: then its code is used up."""
    connector = connectors.find_own(current_actor(), number)
    paired = not connector.code_hash and connector.state == "active"
    return render_template("mobile/live.html", connector=connector, paired=paired)
