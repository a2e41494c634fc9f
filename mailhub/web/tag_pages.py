"""Tags: what became of what programs sent, by the word they put on it, day by day."""

from typing import Any

import flask
from flask import Blueprint, Flask, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from mailhub import submitted, tags
from mailhub.hub import Hub
from mailhub.messages import CLICKED, DELIVERED, OPENED
from mailhub.web.auth import current_account, current_hub, may, perform, requires

pages = Blueprint("tags", __name__)
SPANS = (7, 30, 90)
LINES = (DELIVERED, OPENED, CLICKED)


def register(app: Flask, hub: Hub) -> None:
    """Add the pages."""
    app.register_blueprint(pages)


@pages.get("/messages/tags")
@requires("messages.view")
def index() -> ResponseReturnValue:
    """Every tag with its numbers, and one of them over time."""
    hub, account = current_hub(), current_account()
    days = request.args.get("days", default=30, type=int)
    days = days if days in SPANS else 30
    rows = submitted.tag_totals(hub, account.id, days)
    names = [row["tag"] for row in rows]
    tag = request.args.get("tag", "")
    tag = tag if tag in names else (names[0] if names else "")
    usual = submitted.chosen(account.id)
    return render_template(
        "core/tags.html", rows=rows, days=days, spans=SPANS, tag=tag, opens=usual[0], clicks=usual[1],
        may_edit=may("smtp_credentials.edit"), **_over_time(hub, account.id, tag, days),
    )  # fmt: skip


def _over_time(hub: Hub, account_id: int, tag: str, days: int) -> dict[str, Any]:
    """The days in ms, and for each of `LINES` a number for each."""
    since = hub.ms() - (days - 1) * tags.DAY
    first = since // tags.DAY
    numbers = {kind: [0] * days for kind in LINES}
    for at, kind, count in tags.by_day(account_id, tag, since):
        if kind in numbers and at // tags.DAY - first < days:
            numbers[kind][at // tags.DAY - first] = count
    return {"times": [(first + day) * tags.DAY for day in range(days)], "numbers": numbers}


@pages.post("/messages/tags/tracking")
@requires("smtp_credentials.edit")
def set_tracking() -> ResponseReturnValue:
    """Choose what is counted of mail that does not say."""
    perform("messages.set_tracking", opens="opens" in request.form, clicks="clicks" in request.form)
    flask.flash(gettext("Submitted mail is counted as chosen from now on."), "success")
    return flask.redirect(url_for("tags.index"), 303)
