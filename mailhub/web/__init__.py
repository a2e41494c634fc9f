"""The Flask frame: sessions, permissions, menu, language, errors and the core's own pages. Plugins bring theirs.

It knows HTTP and nothing of mail; whatever changes something goes through an action.
"""

from flask import Flask

from mailhub.hub import Hub
from mailhub.web import (
    assets,
    auth,
    dashboard,
    error_pages,
    first_visit,
    formats,
    language,
    menu,
    message_pages,
    queue_pages,
    route_pages,
    sandbox_pages,
    security,
    server_pages,
    settings,
    sign_in,
    states,
    tag_pages,
)

ROOMS = (
    auth, security, assets, language, formats, states, error_pages, menu,
    first_visit, sign_in, dashboard, message_pages, sandbox_pages, settings, server_pages, tag_pages,
    route_pages, queue_pages,
)  # fmt: skip
"""Each has `register(app, hub)`; their order is the order in which they see a request."""


def create_app(hub: Hub) -> Flask:
    """The web application over a hub, with every plugin's pages; the hub is `app.extensions["mailhub"]`."""
    app = Flask(__name__)
    app.extensions["mailhub"] = hub
    for room in ROOMS:
        room.register(app, hub)
    for _ in hub.ask("register_routes", hub=hub, app=app):
        pass
    return app
