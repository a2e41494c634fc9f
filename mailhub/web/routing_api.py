"""Routes, rules, pools of addresses and warm-ups in `/api/v1`: the operator's alone."""

from apiflask import APIFlask
from marshmallow import fields

from mailhub.hub import Hub
from mailhub.web.endpoints import Endpoints, shape

_ROUTE = {
    "name": fields.String(required=True), "kind": fields.String(required=True), "host": fields.String, "port": fields.Integer,
    "tls": fields.String, "username": fields.String, "has_password": fields.Boolean, "pool": fields.String,
    "enabled": fields.Boolean,
}  # fmt: skip
ROUTE = shape("Route", **_ROUTE)
TARGET = shape("RuleTarget", name=fields.String(required=True), weight=fields.Integer, order=fields.Integer)
RULE = shape(
    "RouteRule", rule=fields.Integer(required=True), position=fields.Integer(required=True), stream=fields.String,
    account=fields.Integer, sender_domain=fields.String, recipient_domain=fields.String, provider=fields.String,
    routes=fields.List(fields.Nested(TARGET), required=True),
)  # fmt: skip
IN_POOL = shape(
    "AddressInPool", address=fields.String(required=True), helo=fields.String, weight=fields.Integer,
    warming_up=fields.Boolean,
)  # fmt: skip
POOL = shape("Pool", name=fields.String(required=True), addresses=fields.List(fields.Nested(IN_POOL), required=True))
ALL = shape(
    "Routing", configuration=fields.String(required=True), routes=fields.List(fields.Nested(ROUTE), required=True),
    rules=fields.List(fields.Nested(RULE), required=True), pools=fields.List(fields.Nested(POOL), required=True),
)  # fmt: skip
ADDRESS = shape(
    "PoolAddress", address=fields.String(required=True), pool=fields.String(required=True), helo=fields.String,
    weight=fields.Integer,
)  # fmt: skip
USED = shape("WarmUpToday", provider=fields.String(required=True), used=fields.Integer, cap=fields.Integer)
WARM_UP = shape(
    "WarmUp", address=fields.String(required=True), start=fields.String, first=fields.Integer, growth=fields.Float,
    most=fields.Integer, caps=fields.Dict, today=fields.List(fields.Nested(USED), required=True),
)  # fmt: skip
LINE = shape("TrialLine", ms=fields.Integer, who=fields.String, text=fields.String)
TRIAL = shape(
    "RouteTrial", trial=fields.Integer(required=True), route=fields.String, recipient=fields.String, sender=fields.String,
    sent=fields.Boolean, state=fields.String(required=True), meaning=fields.List(fields.String(), required=True),
    lines=fields.List(fields.Nested(LINE), required=True),
)  # fmt: skip
BEGUN = shape("RouteTrialBegun", trial=fields.Integer(required=True))
MOVED = shape("RouteRuleMoved", rule=fields.Integer(required=True), position=fields.Integer(required=True))
NAMED = shape("NameGone", name=fields.String(required=True))
RULE_GONE = shape("RouteRuleGone", rule=fields.Integer(required=True))
ADDRESS_GONE = shape("PoolAddressGone", address=fields.String(required=True))


def register(hub: Hub, api: APIFlask) -> None:
    """Add the endpoints."""
    _routes(Endpoints(hub, api, "Routes"))
    _pools(Endpoints(hub, api, "Address pools"))


def _routes(to: Endpoints) -> None:
    to.add("GET", "/routes", "routes.list", ALL)
    to.add("POST", "/routes", "routes.create", ROUTE, status=201)
    to.add("PATCH", "/routes/<route>", "routes.change", ROUTE)
    to.add("DELETE", "/routes/<route>", "routes.delete", NAMED)
    to.add("POST", "/route-trials", "routes.test", BEGUN, status=202)
    to.add("GET", "/route-trials/<int:trial>", "routes.trial", TRIAL)
    to.add("POST", "/route-rules", "route_rules.create", RULE, status=201)
    to.add("PATCH", "/route-rules/<int:rule>", "route_rules.change", RULE)
    to.add("POST", "/route-rules/<int:rule>/move", "route_rules.move", MOVED)
    to.add("DELETE", "/route-rules/<int:rule>", "route_rules.delete", RULE_GONE)


def _pools(to: Endpoints) -> None:
    to.add("POST", "/pools", "pools.create", POOL, status=201)
    to.add("PATCH", "/pools/<pool>", "pools.change", POOL)
    to.add("DELETE", "/pools/<pool>", "pools.delete", NAMED)
    to.add("POST", "/pools/<pool>/addresses", "pool_addresses.add", ADDRESS, status=201)
    to.add("PATCH", "/pool-addresses/<address>", "pool_addresses.change", ADDRESS)
    to.add("DELETE", "/pool-addresses/<address>", "pool_addresses.remove", ADDRESS_GONE)
    to.add("GET", "/pool-addresses/<address>/warm-up", "warm_ups.show", WARM_UP)
    to.add("PUT", "/pool-addresses/<address>/warm-up", "warm_ups.begin", WARM_UP)
    to.add("DELETE", "/pool-addresses/<address>/warm-up", "warm_ups.end", ADDRESS_GONE)
