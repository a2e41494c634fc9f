"""Routes: the list with its rules in order, the form of a route, and a test that shows the whole conversation."""

import flask
from flask import Blueprint, Flask, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, lazy_gettext

from mailhub.accounts import Account
from mailhub.delivery.routes import configured
from mailhub.errors import Conflict, Invalid, NotFound, Sentence, UserError
from mailhub.hub import Hub
from mailhub.routes import KINDS, TLS_MODES, Pool, RouteRow, RouteTrial
from mailhub.routing import making, pools, rules, trials
from mailhub.web import pool_pages, rule_pages
from mailhub.web.auth import current_hub, current_user, perform, requires
from mailhub.web.language import field_errors, translate

pages = Blueprint("routes", __name__, url_prefix="/server/routes")

KIND_WORDS = {
    "smart_host": lazy_gettext("Smart host: another server takes the mail and delivers it"),
    "direct": lazy_gettext("Direct: to the mail servers of each recipient"),
    "sandbox": lazy_gettext("Sandbox: kept here, nothing leaves"),
}
TLS_WORDS = {
    "opportunistic": lazy_gettext("If the server offers it (STARTTLS)"),
    "required": lazy_gettext("Always: without STARTTLS nothing is sent"),
    "implicit": lazy_gettext("From the first byte (port 465)"),
    "none": lazy_gettext("Never"),
}
TEXTS = ("name", "kind", "host", "tls", "username", "password", "pool")


def register(app: Flask, hub: Hub) -> None:
    """Add the pages of routes, rules and pools."""
    for room in (pages, rule_pages.pages, pool_pages.pages):
        app.register_blueprint(room)


@pages.get("")
@requires("routes.view")
def index() -> ResponseReturnValue:
    """Rules in order, routes by name, and the configuration's own route, which comes last."""
    rows = rules.ordered()
    targets = rules.targets_of(rows)
    used = {target.route_id for each in targets.values() for target in each}
    names = {
        each.id: each.name for each in Account.select().where(Account.id.in_([row.account_id or 0 for row in rows]))
    }
    return render_template(
        "core/routes.html",
        rules=[(row, targets[row.id]) for row in rows],
        accounts=names,
        routes=list(RouteRow.select(RouteRow, Pool).join(Pool, "LEFT JOIN").order_by(RouteRow.name)),
        used=used,
        own=configured(current_hub()),
    )


@pages.get("/new")
@requires("routes.edit")
def new() -> ResponseReturnValue:
    """The form for a route."""
    return _form({"kind": "smart_host", "tls": "required", "port": "587", "enabled": True}, {})


@pages.post("/new")
@requires("routes.edit")
def create() -> ResponseReturnValue:
    """Make the route."""
    given = _given()
    try:
        made = perform("routes.create", **{**given, "port": given["port"] or None})
    except (Invalid, Conflict) as error:
        return _form(given, _errors(error)), 422
    flask.flash(gettext("The route %(name)s is made. Test it, then use it in a rule.", name=made["name"]), "success")
    return flask.redirect(url_for("routes.index"), 303)


@pages.get("/change/<name>")
@requires("routes.edit")
def edit(name: str) -> ResponseReturnValue:
    """The form of a route. The password is not in it: an empty field leaves it as it is."""
    row = making.find(name)
    return _form({**making.tell(row), "pool": row.pool.name if row.pool else ""}, {}, row)


@pages.post("/change/<name>")
@requires("routes.edit")
def change(name: str) -> ResponseReturnValue:
    """Save it."""
    row, given = making.find(name), _given()
    try:
        made = perform("routes.change", route=name, **{**given, "port": given["port"] or None})
    except (Invalid, Conflict) as error:
        return _form(given, _errors(error), making.find(row.name)), 422
    flask.flash(gettext("The route %(name)s is saved.", name=made["name"]), "success")
    return flask.redirect(url_for("routes.index"), 303)


@pages.post("/delete")
@requires("routes.edit")
def delete() -> ResponseReturnValue:
    """Delete a route that no rule uses."""
    name = request.form.get("route", "")
    try:
        perform("routes.delete", route=name)
        flask.flash(gettext("The route %(name)s is deleted.", name=name), "success")
    except Conflict as error:
        flask.flash(translate(error.sentence), "danger")
    return flask.redirect(url_for("routes.index"), 303)


@pages.get("/test")
@requires("routes.edit")
def test() -> ResponseReturnValue:
    """The form of a test; beside it the last ones."""
    user = current_user()
    given = {"route": request.args.get("route", ""), "recipient": user.email if user else "", "send": "1"}
    return _test_form(given, {})


@pages.post("/test")
@requires("routes.edit")
def begin_test() -> ResponseReturnValue:
    """Begin it; its page follows what is said."""
    given = {name: request.form.get(name, "").strip() for name in ("route", "recipient", "sender", "send", "address")}
    try:
        made = perform("routes.test", **{**given, "send": given["send"] == "1"})
    except Invalid as error:
        return _test_form(given, field_errors(error)), 422
    except NotFound as error:
        return _test_form(given, {"address": translate(error.sentence)}), 404
    return flask.redirect(url_for("routes.trial", number=made["trial"]), 303)


@pages.get("/tests/<int:number>")
@requires("routes.view")
def trial(number: int) -> ResponseReturnValue:
    """What was said so far; the page asks for itself until the end."""
    row = trials.find(number)
    lines = [
        (at, who, translate(Sentence(text, **values)) if who == "note" else text) for at, who, text, values in row.lines
    ]
    return render_template(
        "core/routes_trial.html", trial=row, lines=lines, meaning=[translate(each) for each in trials.sentences(row)]
    )


def _given() -> dict[str, object]:
    given: dict[str, object] = {name: request.form.get(name, "") for name in TEXTS}
    return {**given, "port": request.form.get("port", "").strip(), "enabled": "enabled" in request.form}


def _errors(error: UserError) -> dict[str, str]:
    return field_errors(error) if isinstance(error, Invalid) else {"name": translate(error.sentence)}


def _form(given: dict[str, object], errors: dict[str, str], row: RouteRow | None = None) -> str:
    filled = [(pool.name, pool.name) for pool in Pool.select().order_by(Pool.name) if pools.addresses_of(pool)]
    return render_template(
        "core/routes_route.html", given=given, errors=errors, row=row, pools=filled,
        used_by=making.used_by(row) if row else [], kinds=[(each, KIND_WORDS[each]) for each in KINDS],
        modes=[(each, TLS_WORDS[each]) for each in TLS_MODES],
    )  # fmt: skip


def _test_form(given: dict[str, str], errors: dict[str, str]) -> str:
    found = RouteRow.get_or_none(RouteRow.name == given["route"]) if given["route"] else None
    return render_template(
        "core/routes_test.html", given=given, errors=errors,
        own=configured(current_hub()),
        routes=[(row.name, row.name) for row in RouteRow.select(RouteRow.name).order_by(RouteRow.name)],
        addresses=[(each.address,) * 2 for each in pools.addresses_of(found.pool)] if found and found.pool else [],
        sender=trials.sender_of(current_hub()),
        last=list(RouteTrial.select().order_by(RouteTrial.id.desc()).limit(10)),
    )  # fmt: skip
