"""Webhooks as pages under Settings: the list, a new one, one with its log."""

import flask
from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from mailhub.errors import Conflict, Invalid
from mailhub.web.auth import current_account, current_hub, perform, requires
from mailhub.web.language import field_errors, translate
from mailhub_webhooks import service
from mailhub_webhooks.events import choices

LOG = 50
pages = Blueprint("webhooks", __name__, template_folder="templates", url_prefix="/settings/webhooks")


@pages.get("")
@requires("webhooks.view")
def index() -> ResponseReturnValue:
    """The account's endpoints."""
    return render_template("webhooks/index.html", endpoints=service.all_of(current_account().id))


@pages.get("/new")
@requires("webhooks.edit")
def new() -> ResponseReturnValue:
    """The form for an endpoint, with every event chosen."""
    return _form({"url": "", "batch": "1", "kinds": [each.name for each in choices(current_hub())]}, {})


def _form(given: dict[str, object], errors: dict[str, str]) -> str:
    known = choices(current_hub())
    return render_template("webhooks/new.html", given=given, errors=errors, choices=known)


def _given() -> dict[str, object]:
    names = ("url", "batch")
    return {name: request.form.get(name, "") for name in names} | {"kinds": request.form.getlist("kinds")}


@pages.post("/new")
@requires("webhooks.edit")
def create() -> ResponseReturnValue:
    """Make the endpoint and show its secret, once."""
    given = _given()
    try:
        made = perform("webhooks.create", **given)
    except Invalid as error:
        return _form(given, field_errors(error)), 422
    except Conflict as error:
        return _form(given, {"url": translate(error.sentence)}), 409
    answer = flask.make_response(render_template("webhooks/made.html", made=made))
    answer.headers["Cache-Control"] = "no-store"
    return answer


@pages.get("/<int:number>")
@requires("webhooks.view")
def show(number: int) -> ResponseReturnValue:
    """One endpoint: its state, its buttons, its log."""
    endpoint = service.find(current_account().id, number)
    before = request.args.get("before", type=int)
    rows = service.log_of(endpoint, before, LOG + 1)
    older = url_for(".show", number=number, before=rows[LOG - 1]["id"]) if len(rows) > LOG else ""
    newer = url_for(".show", number=number) if before else ""
    known = choices(current_hub())
    return render_template(
        "webhooks/show.html", endpoint=endpoint, log=rows[:LOG], older=older, newer=newer, choices=known,
        given={"url": endpoint.url, "batch": endpoint.batch, "kinds": endpoint.kinds}, errors={},
    )  # fmt: skip


@pages.post("/<int:number>")
@requires("webhooks.edit")
def change(number: int) -> ResponseReturnValue:
    """Save the form of the page."""
    given = _given()
    try:
        perform("webhooks.change", number=number, **given)
    except Invalid as error:
        endpoint = service.find(current_account().id, number)
        page = render_template(
            "webhooks/show.html", endpoint=endpoint, log=service.log_of(endpoint, None, LOG), older="", newer="",
            choices=choices(current_hub()), given=given, errors=field_errors(error),
        )  # fmt: skip
        return page, 422
    flask.flash(gettext("The webhook is saved."), "success")
    return flask.redirect(url_for(".show", number=number), 303)


@pages.post("/<int:number>/<any(enable, disable, test, replay):verb>")
@requires("webhooks.edit")
def act(number: int, verb: str) -> ResponseReturnValue:
    """A button of the page."""
    more = {"event": request.form.get("event", "")} if verb == "replay" else {}
    perform(f"webhooks.{verb}", number=number, **more)
    done = {
        "enable": gettext("The webhook is on: what happened meanwhile goes out first."),
        "disable": gettext("The webhook is off."),
        "test": gettext("A test event is on its way: its line in the log appears in a moment."),
        "replay": gettext("The event is on its way once more."),
    }
    flask.flash(done[verb], "success")
    return flask.redirect(url_for(".show", number=number), 303)


@pages.post("/<int:number>/delete")
@requires("webhooks.edit")
def delete(number: int) -> ResponseReturnValue:
    """Delete it with its log."""
    perform("webhooks.delete", number=number)
    flask.flash(gettext("The webhook is deleted."), "success")
    return flask.redirect(url_for(".index"), 303)
