"""Webhooks as JSON under /api/v1. Making one is left to the pages, since its secret is shown there once."""

from typing import TYPE_CHECKING, Any

from marshmallow import fields

from mailhub import Hub
from mailhub.web.endpoints import Endpoints, Moment, shape

if TYPE_CHECKING:
    from apiflask import APIFlask

ENDPOINT = shape(
    "Webhook", number=fields.Integer(required=True), url=fields.String(required=True),
    kinds=fields.List(fields.String(), required=True), batch=fields.Integer, state=fields.String(required=True),
    reason=fields.String, failures=fields.Integer, failing_since=Moment, created_at=Moment,
)  # fmt: skip
ALL = shape("Webhooks", webhooks=fields.List(fields.Nested(ENDPOINT), required=True))
POSTED = shape(
    "WebhookRequest", id=fields.Integer(required=True), webhook_id=fields.String(required=True), kind=fields.String,
    events=fields.Integer, at=Moment, took=fields.Integer, code=fields.Integer, text=fields.String,
)  # fmt: skip
LOG = shape("WebhookLog", requests=fields.List(fields.Nested(POSTED), required=True))
SENT = shape("WebhookSent", number=fields.Integer(required=True), event=fields.String(required=True))


def register(hub: Hub, api: "APIFlask") -> None:
    """Add the endpoints."""
    to = Endpoints(hub, api, "Webhooks")
    to.add("GET", "/webhooks", "webhooks.list", ALL, shaped=lambda found, _: {"webhooks": found})
    to.add("GET", "/webhooks/<int:number>", "webhooks.show", ENDPOINT)
    to.add("PATCH", "/webhooks/<int:number>", "webhooks.change", ENDPOINT)
    to.add("GET", "/webhooks/<int:number>/log", "webhooks.log", LOG, shaped=_log)
    for verb in ("enable", "disable"):
        to.add("POST", f"/webhooks/<int:number>/{verb}", f"webhooks.{verb}", ENDPOINT)
    for verb in ("test", "replay"):
        to.add("POST", f"/webhooks/<int:number>/{verb}", f"webhooks.{verb}", SENT, status=202)


def _log(found: list[dict[str, Any]], _: Any) -> dict[str, Any]:
    return {"requests": found}
