"""Pools of local addresses, and the warm-up of each address: today against its caps, and the plan ahead."""

import flask
from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, lazy_gettext

from mailhub.errors import Conflict, Invalid, UserError
from mailhub.routes import DAY, WARM, Pool, PoolAddress, WarmUp, day_of
from mailhub.routing import pools, warming
from mailhub.web.auth import current_hub, perform, requires
from mailhub.web.language import field_errors, translate
from mailhub.web.rule_pages import providers

pages = Blueprint("pools", __name__, url_prefix="/server/pools")

PLAN_WORDS = {
    "usual": lazy_gettext("Usual: for an address nobody knows yet"),
    "careful": lazy_gettext("Careful: when the domain is new too"),
    "quick": lazy_gettext("Quick: for an address that sent before and rested"),
}
COLOURS = ("blue", "green", "orange", "red", "purple", "teal")
NOON = DAY // 2
"""A day of UTC is shown by its noon, so that few zones call it another day."""
PLAN_FIELDS = ("plan", "start", "first", "growth", "most", "caps")


@pages.get("")
@requires("routes.view")
def index() -> ResponseReturnValue:
    """All pools with their addresses."""
    rows = [(pool, pools.addresses_of(pool), pools.routes_of(pool)) for pool in Pool.select().order_by(Pool.name)]
    return render_template("core/routes_pools.html", pools=rows, warming=_warming())


@pages.get("/new")
@requires("routes.edit")
def new() -> ResponseReturnValue:
    """The form for a pool."""
    return render_template("core/routes_pool_new.html", name="", errors={})


@pages.post("/new")
@requires("routes.edit")
def create() -> ResponseReturnValue:
    """Make it, and go on to its addresses."""
    name = request.form.get("name", "")
    try:
        made = perform("pools.create", name=name)
    except (Invalid, Conflict) as error:
        return render_template("core/routes_pool_new.html", name=name, errors=_errors(error, "name")), 422
    return flask.redirect(url_for("pools.show", name=made["name"]), 303)


@pages.get("/pool/<name>")
@requires("routes.view")
def show(name: str) -> ResponseReturnValue:
    """A pool: its addresses, and a form to add one."""
    return _pool(pools.find(name), {"weight": "1"}, {})


@pages.post("/pool/<name>")
@requires("routes.edit")
def add(name: str) -> ResponseReturnValue:
    """Add an address."""
    given = {each: request.form.get(each, "").strip() for each in ("address", "helo", "weight")}
    try:
        made = perform("pool_addresses.add", pool=name, **{**given, "weight": given["weight"] or "1"})
    except (Invalid, Conflict) as error:
        return _pool(pools.find(name), given, _errors(error, "address")), 422
    flask.flash(gettext("%(address)s is added.", address=made["address"]), "success")
    return flask.redirect(url_for("pools.show", name=name), 303)


@pages.post("/pool/<name>/delete")
@requires("routes.edit")
def delete(name: str) -> ResponseReturnValue:
    """Delete a pool that no route uses."""
    try:
        perform("pools.delete", pool=name)
    except Conflict as error:
        flask.flash(translate(error.sentence), "danger")
        return flask.redirect(url_for("pools.show", name=name), 303)
    flask.flash(gettext("The pool %(name)s is deleted.", name=name), "success")
    return flask.redirect(url_for("pools.index"), 303)


@pages.get("/address/<address>")
@requires("routes.view")
def address(address: str) -> ResponseReturnValue:
    """An address: its name and share, today against its caps, the plan ahead."""
    return _address(pools.find_address(address), {}, {})


@pages.post("/address/<address>")
@requires("routes.edit")
def change(address: str) -> ResponseReturnValue:
    """Save its name and share."""
    given = {each: request.form.get(each, "").strip() for each in ("helo", "weight")}
    try:
        perform("pool_addresses.change", address=address, **given)
    except Invalid as error:
        return _address(pools.find_address(address), given, field_errors(error)), 422
    flask.flash(gettext("%(address)s is saved.", address=address), "success")
    return flask.redirect(url_for("pools.address", address=address), 303)


@pages.post("/address/<address>/remove")
@requires("routes.edit")
def remove(address: str) -> ResponseReturnValue:
    """Take it out of its pool."""
    pool = pools.find_address(address).pool.name
    try:
        perform("pool_addresses.remove", address=address)
        flask.flash(gettext("%(address)s is removed.", address=address), "success")
    except Conflict as error:
        flask.flash(translate(error.sentence), "danger")
    return flask.redirect(url_for("pools.show", name=pool), 303)


@pages.post("/address/<address>/warm-up")
@requires("routes.edit")
def begin(address: str) -> ResponseReturnValue:
    """Begin a plan. What is left empty is as the ready-made one has it."""
    given = {each: request.form.get(each, "").strip() for each in PLAN_FIELDS}
    try:
        perform("warm_ups.begin", address=address, **{name: text for name, text in given.items() if text})
    except Invalid as error:
        return _address(pools.find_address(address), given, field_errors(error)), 422
    flask.flash(gettext("%(address)s is being warmed up.", address=address), "success")
    return flask.redirect(url_for("pools.address", address=address), 303)


@pages.post("/address/<address>/warm")
@requires("routes.edit")
def end(address: str) -> ResponseReturnValue:
    """End the plan."""
    perform("warm_ups.end", address=address)
    flask.flash(gettext("%(address)s has no caps any more.", address=address), "success")
    return flask.redirect(url_for("pools.address", address=address), 303)


def _errors(error: UserError, field: str) -> dict[str, str]:
    return field_errors(error) if isinstance(error, Invalid) else {field: translate(error.sentence)}


def _warming() -> set[int]:
    return {row.address_id for row in WarmUp.select(WarmUp.address)}


def _pool(pool: Pool, given: dict[str, str], errors: dict[str, str]) -> str:
    return render_template(
        "core/routes_pool.html", pool=pool, addresses=pools.addresses_of(pool), routes=pools.routes_of(pool),
        warming=_warming(), given=given, errors=errors, hostname=current_hub().config.smtp.hostname,
    )  # fmt: skip


def _address(row: PoolAddress, given: dict[str, str], errors: dict[str, str]) -> str:
    hub, plan = current_hub(), warming.plan_of(row)
    steps = warming.ahead(hub, plan) if plan else []
    columns = _columns(plan, steps) if plan else []
    return render_template(
        "core/routes_address.html", row=row, plan=plan, given=given, errors=errors, providers=providers(),
        today=warming.progress(hub, row, plan) if plan else [], columns=columns,
        times=[step.day * DAY + NOON for step in steps], series=_series(plan, columns) if plan else [],
        plans=[(name, PLAN_WORDS[name]) for name in warming.PLANS], ready=warming.PLANS,
        hostname=hub.config.smtp.hostname, plan_start=day_of(plan.started_on) * DAY + NOON if plan else 0,
    )  # fmt: skip


def _columns(plan: WarmUp, steps: list[warming.Step]) -> list[tuple[str, tuple[int | None, ...]]]:
    """The caps ahead of each provider, those alike told once, since a plan may name a dozen of them."""
    groups: dict[tuple[int | None, ...], list[str]] = {}
    names = providers()
    for provider in ["", *sorted(plan.caps)]:
        name = names.get(provider, provider) if provider else gettext("Each other provider")
        groups.setdefault(tuple(step.caps[provider] for step in steps), []).append(name)
    return [(", ".join(alike), caps) for caps, alike in groups.items()]


def _series(plan: WarmUp, columns: list[tuple[str, tuple[int | None, ...]]]) -> list[tuple[str, str, list[int]]]:
    """The same as lines of a chart; where there is no cap any more, the last."""
    return [
        (names, COLOURS[number % len(COLOURS)], [plan.most or WARM if cap is None else cap for cap in caps])
        for number, (names, caps) in enumerate(columns)
    ]
