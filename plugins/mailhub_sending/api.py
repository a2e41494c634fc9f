"""Campaigns as JSON under /api/v1: the actions, by their numbers alone."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from marshmallow import fields

from mailhub import Hub, NotFound
from mailhub.permissions import Actor
from mailhub.web.endpoints import Endpoints, Moment, page, shape
from mailhub_sending import reply_api
from mailhub_sending.finding import by_number
from mailhub_sending.listing import whole

if TYPE_CHECKING:
    from apiflask import APIFlask

_KNOWN: dict[str, Any] = {
    "number": fields.Integer(required=True),
    "name": fields.String(required=True),
    "state": fields.String(required=True),
}
_MOMENTS: dict[str, Any] = dict.fromkeys(("created_at", "scheduled_at", "started_at", "finished_at"), Moment)
_NAMES = fields.List(fields.String())

SUMMARY = shape(
    "CampaignSummary", **_KNOWN, **_MOMENTS, audience=_NAMES, created_by=fields.String, **{"from": fields.String}
)
TEXT = shape("CampaignText", subject=fields.String, body=fields.String, text=fields.String)
CAMPAIGN = shape(
    "Campaign", **_KNOWN, **_MOMENTS, audience=_NAMES, created_by=fields.String, **{"from": fields.String},
    from_name=fields.String, reply_to=fields.String, replies=fields.String, exclude=_NAMES, language=fields.String,
    editor=fields.String, rate=fields.Integer,
    track_opens=fields.Boolean, track_clicks=fields.Boolean, time_zone=fields.String, can=_NAMES,
    texts=fields.Dict(keys=fields.String(), values=fields.Nested(TEXT)),
    recipients=fields.Integer, warnings=fields.List(fields.Raw()),
)  # fmt: skip
_COUNTS = (
    "planned submitted waiting deferred delivered bounced bounced_hard bounced_soft bounced_block bounced_unknown refused "
    "expired cancelled opened clicked complained unsubscribed replied autoreplied rate"
)
STATS = shape(
    "CampaignStats", **_KNOWN, **{name: fields.Integer(required=True) for name in _COUNTS.split()},
    seconds_left=fields.Integer, finish_at=Moment, scheduled_at=Moment, started_at=Moment, finished_at=Moment,
    standing=fields.String, sentence=fields.String,
)  # fmt: skip
LINE = shape(
    "LedgerLine", id=fields.String(required=True), address=fields.String(required=True),
    outcome=fields.String(required=True), code=fields.Integer, enhanced=fields.String, answer=fields.String,
    reason=fields.String, plugin=fields.String, attempts=fields.Integer, at=Moment, opened_at=Moment, clicked_at=Moment,
    bounce=fields.String, complained_at=Moment,
)  # fmt: skip

LIMIT = 50


def register(hub: Hub, api: "APIFlask") -> None:
    """Add the endpoints."""
    to = Endpoints(hub, api, "Campaigns")
    named: dict[str, Any] = {"named": {"number": "which"}, "before": _exists}
    to.add("GET", "/campaigns", "campaigns.list", page(SUMMARY, "campaigns"), shaped=_page)
    to.add("POST", "/campaigns", "campaigns.create", CAMPAIGN, status=201, shaped=_whole(hub), omit=_FILES)
    to.add("GET", "/campaigns/<int:number>", "campaigns.show", CAMPAIGN, **named)
    to.add("PATCH", "/campaigns/<int:number>", "campaigns.change", CAMPAIGN, shaped=_whole(hub), omit=_FILES, **named)
    to.add("GET", "/campaigns/<int:number>/stats", "campaigns.stats", STATS, **named)
    ledger = page(LINE, "messages", fields.String)
    to.add("GET", "/campaigns/<int:number>/ledger", "campaigns.ledger", ledger, shaped=_lines, **named)
    for verb in _VERBS:
        path = f"/campaigns/<int:number>/{verb}"
        to.add("POST", path, f"campaigns.{verb}", CAMPAIGN, shaped=_whole(hub), **named)
    reply_api.register(hub, api, named)


_VERBS = ("validate", "unvalidate", "schedule", "reschedule", "start", "pause", "resume", "cancel")
_FILES = ("file", "file_en", "file_fr")


def _exists(hub: Hub, actor: Actor, given: Mapping[str, Any]) -> None:
    """A number is a number here, never a part of another campaign's name."""
    if by_number(actor.account_id, int(given["which"])) is None:
        raise NotFound("There is no campaign {which}: GET /campaigns lists those there are.", which=given["which"])


def _whole(hub: Hub) -> Any:
    """After a change the answer is the whole campaign, with what the action told besides."""

    def shaped(result: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
        from mailhub.web.api import current_actor

        campaign = by_number(current_actor().account_id, result["number"])
        return {**(whole(campaign) if campaign else {}), **result}

    return shaped


def _page(result: list[dict[str, Any]], given: Mapping[str, Any]) -> dict[str, Any]:
    full = len(result) == int(given.get("limit", LIMIT))
    return {"campaigns": result, "next": result[-1]["number"] if full else None}


def _lines(result: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    lines = result["messages"]
    full = len(lines) == int(given.get("limit", LIMIT))
    return {"messages": lines, "next": lines[-1]["id"] if full else None}
