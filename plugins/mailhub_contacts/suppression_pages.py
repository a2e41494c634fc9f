"""The page of suppressed addresses: search, add, release, and what suppresses by itself."""

import flask
from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from mailhub.errors import Invalid
from mailhub.web.auth import current_account, current_hub, perform, requires
from mailhub.web.language import field_errors
from mailhub_contacts import labels, suppressions
from mailhub_contacts.suppression_actions import rules

pages = Blueprint("suppressions", __name__, template_folder="templates", url_prefix="/suppressions")


@pages.get("")
@requires("suppressions.view")
def index() -> ResponseReturnValue:
    return _page({})


@pages.post("")
@requires("suppressions.edit")
def add() -> ResponseReturnValue:
    form = request.form
    try:
        done = perform(
            "suppressions.add",
            addresses=suppressions.parts(form.get("addresses", "")),
            scope=form.get("scope", "bulk"),
        )
    except Invalid as error:
        return _page(field_errors(error)), 422
    told = ngettext("%(num)s address is suppressed now.", "%(num)s addresses are suppressed now.", done["added"])
    flask.flash(told, "success")
    return redirect(url_for(".index"), 303)


@pages.post("/release")
@requires("suppressions.edit")
def release() -> ResponseReturnValue:
    form = request.form
    perform("suppressions.release", address=form.get("address", ""), scope=form.get("scope") or None)
    flask.flash(gettext("%(address)s can be written to again.", address=form["address"]), "success")
    return redirect(url_for(".index"), 303)


@pages.post("/rules")
@requires("suppressions.edit")
def set_rules() -> ResponseReturnValue:
    form = request.form
    try:
        perform("suppressions.set_rules", **{name: form.get(name) or None for name in _RULES})
    except Invalid as error:
        return _page(field_errors(error)), 422
    flask.flash(gettext("The rules are kept: they hold for bounces and complaints from now on."), "success")
    return redirect(url_for(".index"), 303)


_RULES = ("soft_limit", "soft_days", "complaints")


def _page(errors: dict[str, str]) -> str:
    text, before = request.args.get("q", "").strip(), request.args.get("before", type=int)
    found = suppressions.search(current_account().id, text, before, suppressions.PAGE + 1)
    shown = found[: suppressions.PAGE]
    more = len(found) > suppressions.PAGE
    return render_template(
        "contacts/suppressions.html",
        entries=shown,
        text=text,
        errors=errors,
        given=request.form,
        rules={
            **rules(current_hub(), current_account().id),
            **{name: request.form[name] for name in _RULES if name in request.form},
        },
        reasons=labels.REASONS,
        scopes=labels.SCOPES,
        origin=labels.origin,
        newer=url_for(".index", q=text or None) if before else "",
        older=url_for(".index", q=text or None, before=shown[-1].id) if more else "",
    )
