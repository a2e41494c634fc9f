"""Pages of contacts: all of them, one, a form for one."""

from typing import Any

import flask
from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from mailhub.errors import Conflict, Invalid
from mailhub.web.auth import current_account, may, perform, requires
from mailhub.web.language import field_errors, translate
from mailhub_contacts import labels, lists, people, suppressions, timeline
from mailhub_contacts.models import Contact
from mailhub_contacts.sheet_out import answer

pages = Blueprint("contacts", __name__, template_folder="templates", url_prefix="/contacts")


@pages.get("")
@requires("contacts.view")
def index() -> ResponseReturnValue:
    account = current_account().id
    text, number, before = _asked()
    found = people.search(account, text, number, before, people.PAGE + 1)
    shown = found[: people.PAGE]
    return render_template(
        "contacts/index.html",
        contacts=shown,
        suppressed=people.suppressed_among(account, shown),
        lists=lists.with_counts(account),
        text=text,
        number=number,
        asked=bool(text or number),
        newer=url_for(".index", q=text or None, list=number) if before else "",
        older=url_for(".index", q=text or None, list=number, before=shown[-1].id) if len(found) > people.PAGE else "",
    )


def _asked() -> tuple[str, int | None, int | None]:
    asked = request.args
    return asked.get("q", "").strip(), asked.get("list", type=int), asked.get("before", type=int)


@pages.get("/export.csv")
@requires("contacts.view")
def export() -> ResponseReturnValue:
    return answer(current_account().id, None, "contacts.csv")


@pages.get("/<int:number>")
@requires("contacts.view")
def show(number: int) -> ResponseReturnValue:
    account = current_account().id
    contact = people.find(account, number)
    return render_template(
        "contacts/contact.html",
        contact=contact,
        titles=labels.titles_of(people.custom_fields(account)),
        title_of=labels.field_title,
        languages=labels.LANGUAGES,
        reasons=labels.REASONS,
        origin=labels.origin,
        scopes=labels.SCOPES,
        lists=lists.of_contact(account, contact.id),
        suppressions=suppressions.of_address(account, contact.address_key),
        moments=timeline.of_address(account, contact.address_key) if may("messages.view") else None,
    )


@pages.route("/new", methods=["GET", "POST"])
@requires("contacts.edit")
def new() -> ResponseReturnValue:
    if request.method == "POST":
        try:
            made = perform("contacts.create", **_form())
        except (Invalid, Conflict) as error:
            return _edit_page(None, _errors(error)), 422
        flask.flash(gettext("%(address)s is a contact now.", address=made["address"]), "success")
        return redirect(url_for(".show", number=made["number"]), 303)
    return _edit_page(None, {})


@pages.route("/<int:number>/edit", methods=["GET", "POST"])
@requires("contacts.edit")
def edit(number: int) -> ResponseReturnValue:
    contact = people.find(current_account().id, number)
    if request.method == "POST":
        try:
            perform("contacts.change", number=number, **_form())
        except (Invalid, Conflict) as error:
            return _edit_page(contact, _errors(error)), 422
        flask.flash(gettext("The contact was changed."), "success")
        return redirect(url_for(".show", number=number), 303)
    return _edit_page(contact, {})


@pages.post("/<int:number>/delete")
@requires("contacts.edit")
def delete(number: int) -> ResponseReturnValue:
    gone = perform("contacts.delete", number=number)
    flask.flash(gettext("%(address)s is no contact any more.", address=gone["address"]), "success")
    return redirect(url_for(".index"), 303)


def _form() -> dict[str, Any]:
    form = request.form
    fields = {name.removeprefix("field:"): form[name] for name in form if name.startswith("field:")}
    return {
        "address": form.get("address", ""),
        "language": form.get("language", ""),
        "display": form.get("display", ""),
        "fields": fields,
        "lists": form.getlist("lists"),
    }


def _errors(error: Invalid | Conflict) -> dict[str, str]:
    fields = field_errors(error) if isinstance(error, Invalid) else {}
    return fields or {"address": translate(error.sentence)}


def _edit_page(contact: Contact | None, errors: dict[str, str]) -> str:
    account = current_account()
    titles = labels.titles_of(people.custom_fields(account.id))
    given = _form() if request.method == "POST" else _present(contact, account.language)
    return render_template(
        "contacts/edit.html",
        contact=contact,
        errors=errors,
        given=given,
        fields=[(key, labels.field_title(key, titles)) for key in (*people.TEXTS, *titles)],
        languages=[("", gettext("not known")), *labels.LANGUAGES.items()],
        lists=[each for each, _ in lists.with_counts(account.id)],
    )


def _present(contact: Contact | None, language: str) -> dict[str, Any]:
    if contact is None:
        return {"address": "", "language": language, "display": "", "fields": {}, "lists": []}
    chosen = lists.of_contact(contact.account_id, contact.id)
    return {**people.show(contact), "lists": [str(each.id) for each in chosen]}
