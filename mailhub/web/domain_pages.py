"""Sending domains: the list, a new one, and the DNS records to publish for one."""

import flask
from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from mailhub import domains
from mailhub.accounts import Domain
from mailhub.errors import Conflict, Invalid, NotFound
from mailhub.web.auth import current_account, perform, requires
from mailhub.web.language import field_errors, translate

pages = Blueprint("domains", __name__, url_prefix="/settings/domains")


@pages.get("")
@requires("domains.view")
def index() -> ResponseReturnValue:
    """The account's domains by name."""
    return render_template("core/domains.html", domains=list(Domain.of(current_account()).order_by(Domain.name)))


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
    flask.flash(gettext("%(name)s is added. Publish its records, then write from it.", name=made["name"]), "success")
    return flask.redirect(url_for("domains.show", name=made["name"]), 303)


@pages.get("/<name>")
@requires("domains.view")
def show(name: str) -> ResponseReturnValue:
    """One domain and its records."""
    domain = Domain.of(current_account()).where(Domain.name == name).first()
    if domain is None:
        raise NotFound("There is no domain {name} in this account: add it on the Domains page.", name=name)
    return render_template("core/domain.html", domain=domain, records=domains.records(domain))
