"""The queue in `/api/v1`: what waits of the key's account, by destination and reason, and what may be done about it; for the
operator, what waits on the whole server, and the lanes."""

from apiflask import APIFlask
from marshmallow import fields

from mailhub.hub import Hub
from mailhub.web.endpoints import Endpoints, Moment, shape

GROUP = shape(
    "WaitingGroup", domain=fields.String(required=True), reason=fields.String(required=True),
    why=fields.String(required=True), messages=fields.Integer(required=True), oldest=Moment, next_attempt=Moment,
    code=fields.Integer, text=fields.String,
)  # fmt: skip
QUEUE = shape(
    "Queue", messages=fields.Integer(required=True), groups=fields.Integer(required=True),
    waiting=fields.List(fields.Nested(GROUP), required=True),
)  # fmt: skip
CHANGED = shape(
    "QueueChanged", messages=fields.Integer(required=True), more=fields.Integer(required=True), job=fields.Integer
)
LANE = shape(
    "Lane", destination=fields.String(required=True), name=fields.String, provider=fields.String, route=fields.String,
    egress=fields.String, connections=fields.Integer, backlog=fields.Integer, rate=fields.Integer, usual=fields.Integer,
    state=fields.String(required=True), why=fields.String, until=Moment,
)  # fmt: skip
LANES = shape("Lanes", lanes=fields.List(fields.Nested(LANE), required=True))
VERBS = ("retry", "hold", "release", "delete")


def register(hub: Hub, api: APIFlask) -> None:
    """Add the endpoints."""
    endpoints = Endpoints(hub, api, "Queue")
    endpoints.add("GET", "/queue", "queue.list", QUEUE)
    for verb in VERBS:
        endpoints.add("POST", f"/queue/{verb}", f"queue.{verb}", CHANGED)
    server = Endpoints(hub, api, "Server")
    server.add("GET", "/server/queue", "server_queue.list", QUEUE)
    server.add("GET", "/server/lanes", "queue.lanes", LANES)
    for verb in VERBS:
        server.add("POST", f"/server/queue/{verb}", f"server_queue.{verb}", CHANGED)
