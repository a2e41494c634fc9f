"""Pages of segments: all of them, and the builder of one, beside which the contacts it describes follow each change."""

from typing import Any

import flask
from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from mailhub.errors import Invalid
from mailhub.web.auth import current_account, perform, requires
from mailhub.web.language import field_errors
from mailhub_contacts import people, segment_forms, segment_words, segments
from mailhub_contacts.models import Segment
from mailhub_contacts.segment_rules import DEEPEST, MOST_RULES, may_say, verbs

pages = Blueprint("segments", __name__, template_folder="templates", url_prefix="/segments")


@pages.get("")
@requires("contacts.view")
def index() -> ResponseReturnValue:
    return render_template("contacts/segments.html", segments=segments.all_of(current_account().id))


@pages.get("/<int:number>/count")
@requires("contacts.view")
def count(number: int) -> ResponseReturnValue:
    """A cell of the table, asked for once the page is there: counting may take a second each."""
    return render_template("contacts/segment_count.html", number=number, **_counted({"number": number}))


@pages.post("/matches")
@requires("contacts.view")
def matches() -> ResponseReturnValue:
    """Who the rules of the form describe, as they stand."""
    told = _counted({"rules": segment_forms.read(request.form)})
    numbers = [each["number"] for each in told["first"]]
    account = current_account().id
    found = people.some(account, numbers)
    return render_template(
        "contacts/segment_matches.html", **told, contacts=found, suppressed=people.suppressed_among(account, found)
    )


def _counted(asked: dict[str, Any]) -> dict[str, Any]:
    try:
        told = perform("segments.count", **asked)
    except Invalid as error:
        return {"count": None, "first": [], "wrong": " ".join(field_errors(error).values())}
    return {"count": told["contacts"], "first": told["first"], "wrong": ""}


@pages.route("/new", methods=["GET", "POST"])
@requires("segments.edit")
def new() -> ResponseReturnValue:
    return _edit(None)


@pages.get("/<int:number>")
@requires("contacts.view")
def show(number: int) -> ResponseReturnValue:
    segment = segments.find(current_account().id, number)
    return _page(segment, segment.name, segment.rules, {})


@pages.post("/<int:number>")
@requires("segments.edit")
def change(number: int) -> ResponseReturnValue:
    return _edit(segments.find(current_account().id, number))


def _edit(segment: Segment | None) -> ResponseReturnValue:
    if request.method == "GET":
        return _page(None, "", segment_forms.new(), {})
    name, rules = request.form.get("name", ""), segment_forms.read(request.form)
    if order := request.form.get(segment_forms.ORDER):
        answer = flask.make_response(_page(segment, name, segment_forms.after(rules, order), {}))
        answer.headers["HX-Trigger-After-Settle"] = "built"
        return answer
    try:
        number = {"number": segment.id} if segment else {}
        saved = perform("segments.change" if segment else "segments.create", **number, name=name, rules=rules)
    except Invalid as error:
        return _page(segment, name, rules, field_errors(error)), 422
    flask.flash(gettext("The segment %(name)s is saved.", name=saved["name"]), "success")
    return redirect(url_for(".show", number=saved["number"]), 303)


@pages.post("/<int:number>/delete")
@requires("segments.edit")
def delete(number: int) -> ResponseReturnValue:
    gone = perform("segments.delete", number=number)
    flask.flash(gettext("The segment %(name)s is deleted.", name=gone["name"]), "success")
    return redirect(url_for(".index"), 303)


def _page(segment: Segment | None, name: str, rules: dict[str, Any], errors: dict[str, str]) -> str:
    account = current_account().id
    return render_template(
        "contacts/segment.html",
        segment=segment,
        name=name,
        rules=rules,
        errors=errors,
        subjects=segment_words.subjects(account),
        matches=segment_words.MATCHES,
        words=segment_words.VERBS,
        choices=segment_words.choices(account),
        links=lambda campaign: segment_words.links(account, campaign),
        verbs=verbs,
        may_say=may_say,
        deepest=DEEPEST,
        full=_leaves(rules) >= MOST_RULES,
    )


def _leaves(rules: dict[str, Any]) -> int:
    return sum(_leaves(each) if "rules" in each else 1 for each in rules["rules"])
