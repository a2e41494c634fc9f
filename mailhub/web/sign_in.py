"""The door: sign in, sign out, switch to another account."""

import flask
from flask import Blueprint, Flask, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from mailhub import people
from mailhub.errors import Forbidden
from mailhub.hub import Hub
from mailhub.web import sessions
from mailhub.web.auth import (
    begin_session,
    current_hub,
    current_session,
    end_session,
    is_signed_in,
    requires,
    safe_path,
)
from mailhub.web.error_pages import page
from mailhub.web.language import translate

pages = Blueprint("sign_in", __name__)


def register(app: Flask, hub: Hub) -> None:
    """Add the pages."""
    app.register_blueprint(pages)


@pages.get("/sign-in")
def show() -> ResponseReturnValue:
    """The form; whoever is signed in goes where they wanted."""
    if is_signed_in():
        return flask.redirect(safe_path(request.args.get("next")))
    return _form()


@pages.post("/sign-in")
def enter() -> ResponseReturnValue:
    """Check the password, begin a session, go where they wanted."""
    try:
        user = people.sign_in(current_hub(), request.form.get("email", ""), request.form.get("password", ""))
        begin_session(user)
    except Forbidden as error:
        return _form(translate(error.sentence)), 422
    return flask.redirect(safe_path(request.form.get("next")), 303)


def _form(problem: str = "") -> str:
    back = safe_path(request.values.get("next"))
    return render_template("core/sign_in.html", problem=problem, email=request.form.get("email", ""), back=back)


@pages.post("/sign-out")
def leave() -> ResponseReturnValue:
    """End the session."""
    end_session()
    flask.flash(gettext("You are signed out."), "info")
    return flask.redirect(url_for("sign_in.show"), 303)


@pages.post("/account/switch")
@requires()
def switch() -> ResponseReturnValue:
    """Work in another of the user's accounts; begins on its dashboard."""
    number = request.form.get("account", type=int)
    if number is None:
        return page(400, gettext("No account was chosen: choose one from the menu."))
    sessions.enter(current_session(), number)
    return flask.redirect("/", 303)
