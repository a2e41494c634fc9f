"""Pages of lists: all of them, one, deleting one."""

import flask
from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from mailhub.errors import Invalid
from mailhub.web.auth import current_account, perform, requires
from mailhub.web.language import field_errors
from mailhub_contacts import lists, people
from mailhub_contacts.models import GROUP
from mailhub_contacts.sheet_out import answer

pages = Blueprint("lists", __name__, template_folder="templates", url_prefix="/lists")


@pages.get("")
@requires("contacts.view")
def index() -> ResponseReturnValue:
    return _index_page({})


@pages.post("")
@requires("lists.edit")
def create() -> ResponseReturnValue:
    try:
        made = perform("lists.create", name=request.form.get("name", ""))
    except Invalid as error:
        return _index_page(field_errors(error)), 422
    flask.flash(gettext("The list %(name)s is there.", name=made["name"]), "success")
    return redirect(url_for(".show", number=made["number"]), 303)


def _index_page(errors: dict[str, str]) -> str:
    return render_template(
        "contacts/lists.html",
        lists=lists.with_counts(current_account().id),
        groups=lists.with_counts(current_account().id, GROUP),
        errors=errors,
        name=request.form.get("name", ""),
    )


@pages.get("/<int:number>")
@requires("contacts.view")
def show(number: int) -> ResponseReturnValue:
    return _list_page(number, {})


@pages.post("/<int:number>/rename")
@requires("lists.edit")
def rename(number: int) -> ResponseReturnValue:
    try:
        perform("lists.rename", number=number, name=request.form.get("name", ""))
    except Invalid as error:
        return _list_page(number, field_errors(error)), 422
    flask.flash(gettext("The list was renamed."), "success")
    return redirect(url_for(".show", number=number), 303)


def _list_page(number: int, errors: dict[str, str]) -> str:
    account = current_account().id
    chosen = lists.find(account, number)
    newest = people.search(account, "", number, None, 10)
    return render_template(
        "contacts/list.html",
        chosen=chosen,
        count=lists.count(chosen),
        newest=newest,
        suppressed=people.suppressed_among(account, newest),
        errors=errors,
        name=request.form.get("name", chosen.name),
    )


@pages.get("/<int:number>/export.csv")
@requires("contacts.view")
def export(number: int) -> ResponseReturnValue:
    return answer(current_account().id, number, f"list-{number}.csv")


@pages.get("/<int:number>/delete")
@requires("lists.edit")
def ask_delete(number: int) -> ResponseReturnValue:
    chosen = lists.find(current_account().id, number)
    return render_template(
        "contacts/list_delete.html", chosen=chosen, count=lists.count(chosen), alone=lists.count_only_here(chosen)
    )


@pages.post("/<int:number>/delete")
@requires("lists.edit")
def delete(number: int) -> ResponseReturnValue:
    gone = perform("lists.delete", number=number, contacts=request.form.get("contacts") == "1")
    flask.flash(gettext("The list %(name)s is deleted.", name=gone["name"]), "success")
    return redirect(url_for(".index"), 303)
