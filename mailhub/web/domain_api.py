"""Domains as JSON under /api/v1."""

from apiflask import APIFlask
from marshmallow import fields

from mailhub.hub import Hub
from mailhub.web.endpoints import Endpoints, Moment, shape

_BRIEF = {
    "name": fields.String(required=True), "state": fields.String(required=True), "proved": fields.Boolean(required=True),
    "created_at": Moment, "checked_at": Moment,
}  # fmt: skip
BRIEF = shape("DomainInList", **_BRIEF)
RECORD = shape(
    "DomainRecord", kind=fields.String(required=True), name=fields.String(required=True), type=fields.String(required=True),
    value=fields.String(required=True), key=fields.String, required=fields.Boolean, state=fields.String, found=fields.String,
    said=fields.String, since=Moment,
)  # fmt: skip
CHECK = shape(
    "DomainCheck", kind=fields.String(required=True), name=fields.String(required=True), state=fields.String(required=True),
    found=fields.String, said=fields.String, since=Moment, broken_at=Moment,
)  # fmt: skip
KEY = shape(
    "DomainKey", selector=fields.String(required=True), algorithm=fields.String(required=True),
    state=fields.String(required=True), since=Moment, name=fields.String, published=fields.Boolean,
    removable_at=Moment, removable=fields.Boolean,
)  # fmt: skip
DOMAIN = shape(
    "Domain", **_BRIEF, looking=fields.Boolean(required=True), shared=fields.Boolean, inherited=fields.Boolean,
    own_links=fields.Boolean, records=fields.List(fields.Nested(RECORD)), checks=fields.List(fields.Nested(CHECK)),
    keys=fields.List(fields.Nested(KEY)),
)  # fmt: skip
ALL = shape(
    "Domains",
    domains=fields.List(fields.Nested(BRIEF), required=True),
    given=fields.List(fields.String(), required=True),
)
TO_PUBLISH = shape(
    "RecordToPublish",
    name=fields.String(required=True),
    type=fields.String(required=True),
    value=fields.String(required=True),
)
ADDED = shape(
    "DomainAdded", name=fields.String(required=True), records=fields.List(fields.Nested(TO_PUBLISH), required=True)
)
GONE = shape("DomainGone", name=fields.String(required=True))


def register(hub: Hub, api: APIFlask) -> None:
    """Add the endpoints."""
    to = Endpoints(hub, api, "Domains")
    to.add("GET", "/domains", "domains.list", ALL)
    to.add("POST", "/domains", "domains.add", ADDED, status=201)
    to.add("GET", "/domains/<name>", "domains.show", DOMAIN)
    to.add("PATCH", "/domains/<name>", "domains.change", DOMAIN)
    to.add("DELETE", "/domains/<name>", "domains.delete", GONE)
    to.add("POST", "/domains/<name>/check", "domains.check", DOMAIN, status=202)
    for verb in ("rotate", "activate"):
        to.add("POST", f"/domains/<name>/{verb}", f"domains.{verb}", DOMAIN)
