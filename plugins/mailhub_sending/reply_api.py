"""Replies as JSON under /api/v1: those of a campaign, those of all, one of them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from marshmallow import fields

from mailhub import Hub
from mailhub.web.endpoints import Endpoints, Moment, page, shape

if TYPE_CHECKING:
    from apiflask import APIFlask

_SHOWN: dict[str, Any] = {
    **{name: fields.Integer(required=True) for name in ("number", "campaign", "size")},
    **dict.fromkeys(
        ("kind", "message", "to", "from", "from_name", "subject", "opening", "forwarded_to", "kept_here", "handled_by"),
        fields.String,
    ),
    "test": fields.Boolean, "confirmed": fields.Boolean(allow_none=True), "received_at": Moment, "handled_at": Moment,
}  # fmt: skip
REPLY = shape("Reply", **_SHOWN)
FILE = shape("ReplyFile", name=fields.String, kind=fields.String, size=fields.Integer)
WHOLE = shape("WholeReply", **_SHOWN, own=fields.String, text=fields.String, files=fields.List(fields.Nested(FILE)))
LIMIT = 50


def register(hub: Hub, api: "APIFlask", named: Mapping[str, Any]) -> None:
    """Add the endpoints; `named` is how a campaign is named in an address."""
    to = Endpoints(hub, api, "Campaigns")
    many = page(REPLY, "replies")
    to.add("GET", "/campaigns/<int:number>/replies", "campaigns.replies", many, shaped=_page, **named)
    to.add("GET", "/replies", "replies.list", many, shaped=_page)
    to.add("GET", "/replies/<int:number>", "replies.show", WHOLE)
    to.add("POST", "/replies/<int:number>/handle", "replies.handle", REPLY)


def _page(result: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    rows = result["replies"]
    full = len(rows) == int(given.get("limit", LIMIT))
    return {"replies": rows, "next": rows[-1]["number"] if full else None}
