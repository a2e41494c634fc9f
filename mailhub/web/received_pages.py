"""Received mail that was kept for staff: the operator's page, where it is read as text, tried again, sent on, deleted."""

import flask
from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from mailhub.errors import Invalid
from mailhub.inbound import staff
from mailhub.inbound.keeping import REASONS
from mailhub.web.auth import current_hub, perform, requires
from mailhub.web.language import field_errors

pages = Blueprint("received", __name__, url_prefix="/server/received")
PAGE = 50


@pages.get("")
@requires("received.view")
def index() -> ResponseReturnValue:
    """What is kept, newest first; by reason."""
    why = request.args.get("why", "")
    why = why if why in REASONS else ""
    before = request.args.get("before", type=int)
    found = staff.listed(why, before, PAGE + 1)
    shown = found[:PAGE]
    return render_template(
        "core/received.html",
        mails=shown,
        why=why,
        reasons=REASONS,
        inbound=current_hub().config.inbound,
        newer=url_for(".index", why=why or None) if before else "",
        older=url_for(".index", why=why or None, before=shown[-1].id) if len(found) > PAGE else "",
    )


@pages.get("/<int:number>")
@requires("received.view")
def show(number: int) -> ResponseReturnValue:
    """One mail, as text."""
    return _page(number, "", {})


def _page(number: int, to: str, errors: dict[str, str]) -> str:
    kept = staff.find(number)
    seen = staff.view(staff.content_of(kept))
    return render_template("core/received_mail.html", kept=kept, seen=seen, reasons=REASONS, to=to, errors=errors)


@pages.get("/<int:number>/mail.eml")
@requires("received.view")
def download(number: int) -> ResponseReturnValue:
    """The mail byte for byte, as a file: whatever it holds, nothing of it is shown in the browser."""
    answer = flask.make_response(staff.content_of(staff.find(number)))
    answer.headers["Content-Type"] = "application/octet-stream"
    answer.headers["Content-Disposition"] = f'attachment; filename="received-{number}.eml"'
    return answer


@pages.post("/<int:number>/retry")
@requires("received.edit")
def retry(number: int) -> ResponseReturnValue:
    """Read it again."""
    perform("received.retry", mail=number)
    flask.flash(gettext("The mail is read again. What is not understood comes back here."), "success")
    return flask.redirect(url_for(".index"), 303)


@pages.post("/<int:number>/forward")
@requires("received.edit")
def forward(number: int) -> ResponseReturnValue:
    """Send it on."""
    to = request.form.get("to", "")
    try:
        sent = perform("received.forward", mail=number, to=to)
    except Invalid as error:
        return _page(number, to, field_errors(error)), 422
    flask.flash(gettext("The mail is on its way to %(to)s.", to=sent["to"]), "success")
    return flask.redirect(url_for(".show", number=number), 303)


@pages.post("/<int:number>/delete")
@requires("received.edit")
def delete(number: int) -> ResponseReturnValue:
    """Delete one."""
    perform("received.delete", mail=number)
    flask.flash(gettext("The mail is deleted."), "success")
    return flask.redirect(url_for(".index"), 303)


@pages.post("/delete")
@requires("received.edit")
def delete_all() -> ResponseReturnValue:
    """Delete all those kept for one reason, up to 500 of them."""
    done = perform("received.delete", why=request.form.get("why", ""))
    told = ngettext("%(num)s mail is deleted.", "%(num)s mails are deleted.", done["deleted"])
    flask.flash(told, "success")
    return flask.redirect(url_for(".index"), 303)
