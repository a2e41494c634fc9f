"""Settings of an account: its name and language, its users. Domains, SMTP logins, API keys and the log are elsewhere."""

import flask
from flask import Blueprint, Flask, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from mailhub.accounts import Membership, Role, User
from mailhub.errors import Conflict, Invalid
from mailhub.hub import Hub
from mailhub.web import activity_pages, api_key_pages, domain_pages, received_pages, smtp_ban_pages, smtp_pages
from mailhub.web.auth import current_account, perform, requires
from mailhub.web.language import field_errors, translate
from mailhub.web.words import ROLE_HINTS
from mailhub.web.zones import zones

pages = Blueprint("settings", __name__, url_prefix="/settings")


def register(app: Flask, hub: Hub) -> None:
    """Add the pages of all settings."""
    app.register_blueprint(pages)
    for room in (domain_pages, smtp_pages, smtp_ban_pages, received_pages, api_key_pages, activity_pages):
        app.register_blueprint(room.pages)


@pages.get("/account")
@requires("account.view")
def account() -> ResponseReturnValue:
    """The account's name, address, language and zone."""
    there = current_account()
    given = {name: getattr(there, name) for name in ("name", "company", "postal_address", "language", "time_zone")}
    return _account(given, {})


def _account(given: dict[str, str], errors: dict[str, str]) -> str:
    return render_template("core/account.html", given=given, errors=errors, zones=zones())


@pages.post("/account")
@requires("account.edit")
def change_account() -> ResponseReturnValue:
    """Save them."""
    names = ("name", "company", "postal_address", "language", "time_zone")
    given = {name: request.form.get(name, "") for name in names}
    try:
        perform("accounts.change", **given)
    except Invalid as error:
        return _account(given, field_errors(error)), 422
    flask.flash(gettext("The account is saved."), "success")
    return flask.redirect(url_for("settings.account"), 303)


@pages.get("/users")
@requires("users.view")
def users() -> ResponseReturnValue:
    """Who may sign in to this account."""
    return render_template("core/users.html", users=_users())


def _users() -> list[tuple[User, list[str]]]:
    """The account's users by name, each with the names of their roles."""
    rows = Membership.of(current_account()).select(Membership, User, Role).join(User).switch(Membership).join(Role)
    found: dict[int, tuple[User, list[str]]] = {}
    for row in rows.order_by(User.name, Role.id):
        found.setdefault(row.user.id, (row.user, []))[1].append(row.role.name)
    return list(found.values())


@pages.get("/users/new")
@requires("users.create")
def new_user() -> ResponseReturnValue:
    """The form for a user."""
    return _user_form({"role": "marketer"}, {})


def _user_form(given: dict[str, str], errors: dict[str, str]) -> str:
    roles = [role.name for role in Role.of(current_account()).order_by(Role.id)]
    return render_template("core/user_new.html", given=given, errors=errors, roles=roles, hints=ROLE_HINTS)


@pages.post("/users/new")
@requires("users.create")
def add_user() -> ResponseReturnValue:
    """Add the user; a password that was made is shown on the next page, once."""
    given = {name: request.form.get(name, "") for name in ("name", "email", "role")}
    try:
        made = perform("users.create", **given)
    except Invalid as error:
        return _user_form(given, field_errors(error)), 422
    except Conflict as error:
        return _user_form(given, {"email": translate(error.sentence)}), 409
    answer = flask.make_response(render_template("core/user_made.html", made=made))
    answer.headers["Cache-Control"] = "no-store"
    return answer
