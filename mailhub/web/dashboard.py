"""The first page after sign-in."""

from flask import Flask, render_template

from mailhub.hub import Hub
from mailhub.web.auth import requires


def register(app: Flask, hub: Hub) -> None:
    """Add the page."""
    app.add_url_rule("/", "dashboard.show", show)


@requires()
def show() -> str:
    return render_template("core/dashboard.html")
