"""The rules of routes: one form for conditions and routes, and buttons that move and delete."""

import flask
from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, lazy_gettext

from mailhub.accounts import Account
from mailhub.delivery.shaping import of_config
from mailhub.errors import Invalid
from mailhub.routes import STREAMS, RouteRow, RouteRule
from mailhub.routing import rules
from mailhub.web.auth import current_hub, perform, requires
from mailhub.web.language import field_errors

pages = Blueprint("route_rules", __name__, url_prefix="/server/routes/rules")

STREAM_WORDS = {
    "bulk": lazy_gettext("Bulk: campaigns"),
    "transactional": lazy_gettext("Transactional: single messages of programs"),
    "system": lazy_gettext("System: what MailHub itself writes"),
}
CONDITIONS = ("stream", "account", "sender_domain", "recipient_domain", "provider")


@pages.get("/new")
@requires("routes.edit")
def new() -> ResponseReturnValue:
    """The form for a rule."""
    return _form(dict.fromkeys(CONDITIONS, ""), {}, {})


@pages.post("/new")
@requires("routes.edit")
def create() -> ResponseReturnValue:
    """Make it, as the last one."""
    given, chosen = _given(), _chosen()
    try:
        made = perform("route_rules.create", **_arguments(given), routes=[str(each) for each in chosen.values()])
    except Invalid as error:
        return _form(given, chosen, field_errors(error)), 422
    flask.flash(gettext("Rule %(number)s is made.", number=made["position"]), "success")
    return flask.redirect(url_for("routes.index"), 303)


@pages.get("/<int:number>")
@requires("routes.edit")
def edit(number: int) -> ResponseReturnValue:
    """The form of a rule."""
    row = rules.find(number)
    given = {**{name: getattr(row, name) for name in CONDITIONS if name != "account"}, "account": row.account_id or ""}
    chosen = {
        each.route.name: rules.Chosen(each.route.name, each.weight, each.rank)
        for each in rules.targets_of([row])[row.id]
    }
    return _form(given, chosen, {}, row)


@pages.post("/<int:number>")
@requires("routes.edit")
def change(number: int) -> ResponseReturnValue:
    """Save it."""
    row, given, chosen = rules.find(number), _given(), _chosen()
    try:
        made = perform(
            "route_rules.change", rule=number, **_arguments(given), routes=[str(each) for each in chosen.values()]
        )
    except Invalid as error:
        return _form(given, chosen, field_errors(error), row), 422
    flask.flash(gettext("Rule %(number)s is saved.", number=made["position"]), "success")
    return flask.redirect(url_for("routes.index"), 303)


@pages.post("/<int:number>/move")
@requires("routes.edit")
def move(number: int) -> ResponseReturnValue:
    """One place up or down."""
    perform("route_rules.move", rule=number, position=request.form.get("position", "1"))
    return flask.redirect(url_for("routes.index") + "#rules", 303)


@pages.post("/<int:number>/delete")
@requires("routes.edit")
def delete(number: int) -> ResponseReturnValue:
    """Delete it; the others keep their order."""
    perform("route_rules.delete", rule=number)
    flask.flash(gettext("The rule is deleted."), "success")
    return flask.redirect(url_for("routes.index"), 303)


def providers() -> dict[str, str]:
    """Mailbox providers by the short names that rules and caps know them by: those whose shaping is known."""
    return of_config(current_hub().config).names


def _given() -> dict[str, str]:
    return {name: request.form.get(name, "").strip() for name in CONDITIONS}


def _arguments(given: dict[str, str]) -> dict[str, str]:
    return {**given, "account": given["account"] or "0"}


def _chosen() -> dict[str, rules.Chosen]:
    """The routes with an order, by name; a share that is no number is left for the action to refuse."""
    chosen = {}
    for row in RouteRow.select(RouteRow.id, RouteRow.name).order_by(RouteRow.name):
        rank, weight = request.form.get(f"order-{row.id}", ""), request.form.get(f"weight-{row.id}", "1").strip()
        if rank.isdigit():
            chosen[row.name] = rules.Chosen(row.name, int(weight) if weight.isdigit() else 0, int(rank))
    return chosen


def _form(
    given: dict[str, str], chosen: dict[str, rules.Chosen], errors: dict[str, str], row: RouteRule | None = None
) -> str:
    return render_template(
        "core/routes_rule.html", given=given, chosen=chosen, errors=errors, row=row,
        routes=list(RouteRow.select().order_by(RouteRow.name)),
        accounts=list(Account.select().order_by(Account.name)),
        streams=[(each, STREAM_WORDS[each]) for each in STREAMS], providers=providers(), most=rules.LAST_RANK,
    )  # fmt: skip
