"""The first visit to a new server: its operator's account and owner are made here, once, by who reads its console."""

import hmac
from typing import Any

import flask
from flask import Flask, render_template, request, url_for
from flask.typing import ResponseReturnValue

from mailhub import activity, people
from mailhub.accounts import OPERATOR, Account, User
from mailhub.db import Lock, is_postgres, sql, transaction
from mailhub.errors import Conflict, Invalid
from mailhub.hub import Hub
from mailhub.people import first_visit_token, has_users
from mailhub.permissions import user_actor
from mailhub.web.auth import begin_session, current_hub
from mailhub.web.language import field_errors, language
from mailhub.web.zones import zones

OPEN_ENDPOINTS = frozenset({"static", "welcome", "welcome_create", "language", "healthz"})


def register(app: Flask, hub: Hub) -> None:
    """Add the page, and send every other page to it until there is a user."""
    app.add_url_rule("/welcome", "welcome", show)
    app.add_url_rule("/welcome", "welcome_create", create, methods=["POST"])
    app.before_request(_guard)


def _guard() -> ResponseReturnValue | None:
    """Users are never deleted, so the question is asked until it is answered by yes."""
    app = flask.current_app
    if app.extensions.get("mailhub.has_users") or request.endpoint in OPEN_ENDPOINTS:
        return None
    if has_users():
        app.extensions["mailhub.has_users"] = True
        return None
    return flask.redirect(url_for("welcome"))


def _token_fits() -> bool:
    given = request.values.get("token", "")
    return hmac.compare_digest(given.encode(), first_visit_token(current_hub()).encode())


def show() -> ResponseReturnValue:
    """The form, or where to find its address."""
    if has_users():
        return flask.redirect("/")
    if not _token_fits():
        return render_template("core/welcome_closed.html"), 403
    return _form({}, {})


def create() -> ResponseReturnValue:
    """Make the account and its owner, sign the owner in."""
    if not _token_fits():
        return render_template("core/welcome_closed.html"), 403
    given = {name: request.form.get(name, "").strip() for name in ("account", "time_zone", "language", "name", "email")}
    try:
        owner = open_server(current_hub(), **given, password=request.form.get("password", ""))
    except Invalid as error:
        return _form(given, field_errors(error)), 422
    begin_session(owner)
    return flask.redirect("/", 303)


def _form(given: dict[str, str], errors: dict[str, str]) -> str:
    given = {"language": language(), "time_zone": current_hub().config.server.time_zone, **given}
    token = request.values["token"]
    return render_template("core/welcome.html", given=given, errors=errors, zones=zones(), token=token)


def open_server(hub: Hub, *, account: str, time_zone: str, language: str, name: str, email: str, password: str) -> User:
    """Account 1 and its owner, in one transaction. Raises `Invalid`, and `Conflict` when somebody was faster."""
    with transaction():
        _come_first()
        wrong: dict[str, str] = {}
        operator = _gather(wrong, {"name": "account"}, _operator, hub, account, language, time_zone)
        owner: User | None = operator and _gather(wrong, {}, people.add_user, hub, operator, name, email, password)
        if owner is None or operator is None:
            raise Invalid(fields=wrong)
        actor = user_actor(owner.id, operator.id, "web", owner.name)
        activity.write(actor, "accounts.create", hub.ms(), operator.name, {"email": owner.email})
    return owner


def _come_first() -> None:
    """Hold off a second visitor until this one is done; accounts begin at 1 whatever failed before."""
    if is_postgres():
        sql("SELECT pg_advisory_xact_lock(?)", (int(Lock.FIRST_VISIT),))
        if not Account.select().exists():
            sql("SELECT setval(pg_get_serial_sequence('accounts', 'id'), 1, false)")
    if has_users():
        raise Conflict("This server has an owner already: sign in, or ask them to add you.")


def _operator(hub: Hub, name: str, language: str, time_zone: str) -> Account:
    there = Account.get_or_none(Account.id == OPERATOR)
    if there is None:
        return people.open_account(hub, name, language=language, time_zone=time_zone)
    there.name, there.language, there.time_zone = name, language, time_zone
    people.check_account(there)
    there.save()
    return there


def _gather(wrong: dict[str, str], renamed: dict[str, str], do: Any, *args: Any) -> Any:
    """What `do` returns, or None after noting what it found wrong under the form's names of the fields."""
    try:
        return do(*args)
    except Invalid as error:
        wrong.update({renamed.get(name, name): sentence for name, sentence in error.fields.items()})
        return None
