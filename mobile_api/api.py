"""The companion API as one WSGI application, mounted at /mobile/v1, with an OpenAPI document of its own."""

from typing import Any

from apiflask import APIFlask

from mailhub import __version__
from mailhub.hub import Hub
from mailhub.web.openapi import Documented
from mobile_api import campaigns, doorkeeper, language, overview, signing_in
from mobile_api.access import Access

PREFIX = "/mobile/v1"
_TEXT = "What a phone asks of MailHub: sign in{more}."
_MORE = ", look at campaigns and their numbers, pause, resume, reschedule"


def create_mobile_api(hub: Hub, access: Access) -> APIFlask:
    """The application over a hub. Campaigns are part of it, and of its document, while a plugin brings their actions."""
    has_campaigns = "campaigns.list" in hub.actions
    app = Documented(
        __name__, title="MailHub for phones", version=__version__, docs_path=None, spec_path="/openapi.json"
    )
    app.config.update(
        OPENAPI_VERSION="3.1.0",
        DESCRIPTION=_TEXT.format(more=_MORE if has_campaigns else ""),
        SERVERS=[{"url": PREFIX}],
        SYNC_LOCAL_SPEC=False,
        AUTO_404_RESPONSE=False,
        AUTO_VALIDATION_ERROR_RESPONSE=False,
        AUTO_AUTH_ERROR_RESPONSE=False,
    )
    app.security_schemes = {"device": {"type": "http", "scheme": "bearer"}}
    language.register(app, hub)
    doorkeeper.register(app, hub, access)
    app.register_blueprint(signing_in.places)
    if has_campaigns:
        for room in (overview, campaigns):
            app.register_blueprint(room.places)
    app.spec_processor(_with_problems)
    return app


def _with_problems(spec: dict[Any, Any] | str) -> dict[Any, Any] | str:
    """Every operation may answer with a problem document."""
    assert isinstance(spec, dict)  # a text only where YAML is asked for
    said = {"application/problem+json": {"schema": _problem()}}
    for operations in spec["paths"].values():
        for operation in operations.values():
            if "responses" in operation:
                operation["responses"]["default"] = {"description": "What went wrong (RFC 9457)", "content": said}
    return spec


def _problem() -> dict[str, Any]:
    text = {"type": "string"}
    field = {"type": "object", "properties": {"pointer": text, "detail": text}}
    return {
        "type": "object",
        "required": ["title", "status", "detail"],
        "properties": {
            "type": text,
            "title": text,
            "status": {"type": "integer"},
            "detail": {**text, "description": "what happened, to what, and what to do"},
            "errors": {"type": "array", "items": field},
            "reference": text,
        },
    }
