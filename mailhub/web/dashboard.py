"""The first page after sign-in: first steps, what was delivered lately, and the plugins' panels."""

from flask import Flask, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from mailhub.domains import broken_of
from mailhub.hub import Hub
from mailhub.web.auth import current_account, current_actor, current_hub, may, requires
from mailhub.web.delivered import last_day, last_month
from mailhub.web.first_steps import first_steps


def register(app: Flask, hub: Hub) -> None:
    """Add the page."""
    app.add_url_rule("/", "dashboard.show", show)


@requires()
def show() -> ResponseReturnValue:
    """Panels by position; the chart shows a day by the hour, or with `?span=month` thirty days."""
    hub, account = current_hub(), current_account()
    span = "month" if request.args.get("span") == "month" else "day"
    tally = (last_month if span == "month" else last_day)(hub, account.id) if may("messages.view") else None
    steps = first_steps(hub, current_actor())
    broken = broken_of(account.id) if may("domains.view") else []
    return render_template(
        "core/dashboard.html", span=span, tally=tally, steps=steps, panels=_panels(hub), broken=broken
    )


def _panels(hub: Hub) -> list[Markup]:
    brought = [
        panel
        for _, panels in hub.ask_safely("dashboard_panels", hub=hub, actor=current_actor())
        for panel in panels or []
    ]
    return [Markup(html) for _, html in sorted(brought, key=lambda panel: panel[0])]
