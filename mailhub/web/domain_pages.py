"""Sending domains: the list, a new one, and one with its records, what DNS shows of them, its keys and whom it is for."""

from typing import Any

import flask
from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from mailhub.accounts import OPERATOR
from mailhub.domains.actions import settings_of
from mailhub.domains.names import with_parents
from mailhub.domains.ours import ours_of
from mailhub.errors import Conflict, Invalid
from mailhub.web.auth import current_account, current_hub, perform, requires
from mailhub.web.language import field_errors, translate

pages = Blueprint("domains", __name__, url_prefix="/settings/domains")

SWITCHES = ("shared", "inherited", "own_links")


@pages.get("")
@requires("domains.view")
def index() -> ResponseReturnValue:
    """The account's domains by name, those it was given, and what becomes of mail from others."""
    return _index({})


def _index(errors: dict[str, str]) -> str:
    chosen = settings_of(current_hub(), current_account().id)
    given = {name: request.form.get(name, value) for name, value in chosen.items()} if errors else chosen
    server = current_hub().config.domains.from_policy
    return render_template("core/domains.html", **perform("domains.list"), chosen=given, server=server, errors=errors)


@pages.post("/choices")
@requires("domains.edit")
def configure() -> ResponseReturnValue:
    """Save what becomes of mail from other domains, and how often keys are renewed."""
    given = {name: request.form.get(name, "") for name in ("from_policy", "from_address", "rotate_days")}
    try:
        perform("domains.configure", **{**given, "rotate_days": given["rotate_days"] or "0"})
    except Invalid as error:
        return _index(field_errors(error)), 422
    flask.flash(gettext("Your choices are saved."), "success")
    return flask.redirect(url_for("domains.index"), 303)


@pages.get("/new")
@requires("domains.add")
def new() -> ResponseReturnValue:
    """The form for a domain."""
    return render_template("core/domain_new.html", name="", errors={})


@pages.post("/new")
@requires("domains.add")
def add() -> ResponseReturnValue:
    """Add the domain with its keys, then show what to publish."""
    name = request.form.get("name", "")
    try:
        made = perform("domains.add", name=name)
    except Invalid as error:
        return render_template("core/domain_new.html", name=name, errors=field_errors(error)), 422
    except Conflict as error:
        return render_template("core/domain_new.html", name=name, errors={"name": translate(error.sentence)}), 409
    flask.flash(gettext("%(name)s is added. Publish its records, then check them.", name=made["name"]), "success")
    return _back(made["name"])


@pages.get("/<name>")
@requires("domains.view")
def show(name: str) -> ResponseReturnValue:
    """One domain with its records and what was last seen of each."""
    domain = perform("domains.show", name=name)
    zones = with_parents(domain["name"])
    needed = [each for each in domain["records"] if each["required"]]
    right = sum(each["state"] in ("ok", "warning") for each in needed)
    return render_template(
        "core/domain.html", domain=domain, needed=len(needed), right=right, zones=zones[:2], short=_short,
        is_operator=current_account().id == OPERATOR, ours=ours_of(current_hub()),
    )  # fmt: skip


def _short(name: str, zone: str) -> str:
    """A record's name without the zone it stands in, as many DNS services ask for it."""
    return "@" if name == zone else name.removesuffix(f".{zone}")


@pages.post("/<name>/check")
@requires("domains.edit")
def check(name: str) -> ResponseReturnValue:
    """Begin to ask DNS; the domain's page follows."""
    try:
        perform("domains.check", name=name)
    except Conflict as error:
        flask.flash(translate(error.sentence), "info")
    return _back(name)


@pages.post("/<name>/rotate")
@requires("domains.edit")
def rotate(name: str) -> ResponseReturnValue:
    """Make the next keys."""
    return _try(
        name, gettext("New keys are made. Publish their records: they sign as soon as DNS shows them."), "rotate"
    )


@pages.post("/<name>/activate")
@requires("domains.edit")
def activate(name: str) -> ResponseReturnValue:
    """Sign with the next keys."""
    force = request.form.get("force") == "1"
    return _try(name, gettext("The new keys sign from now on."), "activate", force=force)


@pages.post("/<name>/change")
@requires("domains.edit")
def change(name: str) -> ResponseReturnValue:
    """Save whom the domain is for."""
    given = {each: request.form.get(each) == "1" for each in SWITCHES if f"has_{each}" in request.form}
    return _try(name, gettext("The domain is saved."), "change", **given)


@pages.post("/<name>/delete")
@requires("domains.edit")
def delete(name: str) -> ResponseReturnValue:
    """Delete the domain with its keys."""
    perform("domains.delete", name=name)
    flask.flash(gettext("%(name)s is deleted.", name=name), "success")
    return flask.redirect(url_for("domains.index"), 303)


def _try(name: str, done: str, verb: str, **arguments: Any) -> ResponseReturnValue:
    try:
        perform(f"domains.{verb}", name=name, **arguments)
    except (Conflict, Invalid) as error:
        flask.flash(translate(error.sentence), "danger")
    else:
        flask.flash(done, "success")
    return _back(name)


def _back(name: str) -> ResponseReturnValue:
    return flask.redirect(url_for("domains.show", name=name), 303)
