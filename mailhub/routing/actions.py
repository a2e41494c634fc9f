"""What can be asked of routes, rules, pools, warm-ups and trials, once for all doors. All of it is the operator's."""

from collections.abc import Mapping
from typing import Any

import marshmallow
from marshmallow import fields

from mailhub.actions import Action, Arguments, argument
from mailhub.hub import Hub
from mailhub.permissions import Actor
from mailhub.routes import KINDS, Pool, RouteRow
from mailhub.routing import making, pools, rules, trials, warming

VIEW, EDIT = "routes.view", "routes.edit"


class Texts(fields.Field[list[str]]):
    """Several texts: a list, or one text with commas or line ends between."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> list[str]:
        given = value.replace("\n", ",").split(",") if isinstance(value, str) else value
        if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
            raise marshmallow.ValidationError("Write texts with commas between them.")
        return [text for each in given if (text := each.strip())]


class RouteColumns(Arguments):
    host = argument(fields.String, "the smart host’s name or address", load_default=None)
    port = argument(fields.Integer, "its port; 587 for a smart host, 25 for direct", load_default=None)
    tls = argument(fields.String, "opportunistic, required, implicit or none", load_default=None)
    username = argument(fields.String, "login at the smart host; empty: none", load_default=None)
    password = argument(fields.String, "password at the smart host; kept sealed, never shown", load_default=None)
    pool = argument(
        fields.String,
        "pool of the local addresses to leave from; empty: wherever the system chooses",
        load_default=None,
    )
    enabled = argument(fields.Boolean, "false: the rules pass the route over", load_default=None)


class CreateRoute(RouteColumns):
    name = argument(fields.String, "a name for the route, which the ledger shows", required=True)
    kind = argument(
        fields.String, "smart_host, direct (to the recipient's mail servers) or sandbox", load_default=KINDS[0]
    )


class ChangeRoute(RouteColumns):
    route = argument(fields.String, "name of the route", required=True)
    name = argument(fields.String, "another name", load_default=None)
    kind = argument(fields.String, "smart_host, direct or sandbox", load_default=None)


class OneRoute(Arguments):
    route = argument(fields.String, "name of the route", required=True)


class TestRoute(Arguments):
    route = argument(fields.String, "name of the route; empty: the configuration's own", load_default="")
    recipient = argument(fields.String, "address to write to, or whose mail servers to ask", load_default="")
    sender = argument(fields.String, "address to write from; empty: the server's own", load_default="")
    send = argument(fields.Boolean, "send a test mail; false: only connect", load_default=True)
    address = argument(fields.String, "local address to leave from; empty: the pool's first", load_default="")


class OneTrial(Arguments):
    trial = argument(fields.Integer, "number of the trial, as routes.test tells it", required=True)


class RuleConditions(Arguments):
    stream = argument(fields.String, "bulk, transactional or system; empty: any", load_default=None)
    account = argument(fields.Integer, "number of the account; 0: any", load_default=None)
    sender_domain = argument(
        fields.String, "domain of the sender's address, or *.example.com; empty: any", load_default=None
    )
    recipient_domain = argument(
        fields.String, "domain of the recipient's address, or *.example.com; empty: any", load_default=None
    )
    provider = argument(
        fields.String, "short name of the recipient's mailbox provider, such as google; empty: any", load_default=None
    )


class CreateRule(RuleConditions):
    routes = argument(Texts, "routes as name=weight@order, such as main=3, second=1, spare@2", required=True)
    position = argument(
        fields.Integer, "its place among the rules, 1 for the first; left out: the last", load_default=None
    )


class ChangeRule(RuleConditions):
    rule = argument(fields.Integer, "number of the rule, as routes.list tells it", required=True)
    routes = argument(Texts, "routes as name=weight@order, in place of those it has", load_default=None)


class MoveRule(Arguments):
    rule = argument(fields.Integer, "number of the rule", required=True)
    position = argument(fields.Integer, "its new place, 1 for the first", required=True)


class OneRule(Arguments):
    rule = argument(fields.Integer, "number of the rule", required=True)


class CreatePool(Arguments):
    name = argument(fields.String, "a name for the pool", required=True)


class ChangePool(Arguments):
    pool = argument(fields.String, "name of the pool", required=True)
    name = argument(fields.String, "another name", required=True)


class OnePool(Arguments):
    pool = argument(fields.String, "name of the pool", required=True)


class AddAddress(Arguments):
    pool = argument(fields.String, "name of the pool", required=True)
    address = argument(fields.String, "IPv4 or IPv6 address of this machine", required=True)
    helo = argument(fields.String, "name said in EHLO from it; empty: the server's own", load_default="")
    weight = argument(fields.Integer, "its share of the pool's mail, 1 to 1000", load_default=1)


class ChangeAddress(Arguments):
    address = argument(fields.String, "the address", required=True)
    helo = argument(fields.String, "name said in EHLO from it", load_default=None)
    weight = argument(fields.Integer, "its share of the pool's mail, 1 to 1000", load_default=None)


class OneAddress(Arguments):
    address = argument(fields.String, "the address", required=True)


class BeginWarmUp(Arguments):
    address = argument(fields.String, "the address", required=True)
    plan = argument(fields.String, "ready-made plan to begin from: usual, careful or quick", load_default="usual")
    start = argument(fields.String, "first day (UTC), such as 2027-03-01; empty: today", load_default="")
    first = argument(fields.Integer, "messages to each mailbox provider on the first day", load_default=None)
    growth = argument(fields.Float, "what each day's cap is of the day before, 1 to 10", load_default=None)
    most = argument(fields.Integer, "cap that ends the plan; 0: it never ends", load_default=None)
    caps = argument(
        Texts, "first day's caps of some providers of their own, such as google=50, orange=20", load_default=None
    )


def _list(hub: Hub, actor: Actor) -> dict[str, Any]:
    rows = rules.ordered()
    targets = rules.targets_of(rows)
    return {
        "configuration": hub.config.delivery.route,
        "routes": [making.tell(row) for row in RouteRow.select().order_by(RouteRow.name)],
        "rules": [rules.tell(row, targets[row.id]) for row in rows],
        "pools": [pools.tell(row) for row in Pool.select().order_by(Pool.name)],
    }


def _create_route(hub: Hub, actor: Actor, **given: Any) -> dict[str, Any]:
    return making.tell(making.create(hub, given))


def _change_route(hub: Hub, actor: Actor, route: str, **given: Any) -> dict[str, Any]:
    return making.tell(making.change(hub, making.find(route), given))


def _delete_route(hub: Hub, actor: Actor, route: str) -> dict[str, Any]:
    making.delete(making.find(route))
    return {"name": route}


def _test_route(
    hub: Hub, actor: Actor, route: str, recipient: str, sender: str, send: bool, address: str
) -> dict[str, Any]:
    return {"trial": trials.begin(hub, route, recipient, sender, send=send, address=address).id}


def _show_trial(hub: Hub, actor: Actor, trial: int) -> dict[str, Any]:
    return trials.tell(trials.find(trial))


def _create_rule(hub: Hub, actor: Actor, routes: list[str], position: int | None, **given: Any) -> dict[str, Any]:
    row = rules.create(hub, given, [rules.read(each) for each in routes], position)
    return rules.tell(row, rules.targets_of([row])[row.id])


def _change_rule(hub: Hub, actor: Actor, rule: int, routes: list[str] | None, **given: Any) -> dict[str, Any]:
    chosen = None if routes is None else [rules.read(each) for each in routes]
    row = rules.change(hub, rules.find(rule), given, chosen)
    return rules.tell(row, rules.targets_of([row])[row.id])


def _move_rule(hub: Hub, actor: Actor, rule: int, position: int) -> dict[str, Any]:
    return {"rule": rule, "position": rules.move(rules.find(rule), position)}


def _delete_rule(hub: Hub, actor: Actor, rule: int) -> dict[str, Any]:
    rules.delete(rules.find(rule))
    return {"rule": rule}


def _create_pool(hub: Hub, actor: Actor, name: str) -> dict[str, Any]:
    return pools.tell(pools.create(hub, name))


def _change_pool(hub: Hub, actor: Actor, pool: str, name: str) -> dict[str, Any]:
    return pools.tell(pools.rename(pools.find(pool), name))


def _delete_pool(hub: Hub, actor: Actor, pool: str) -> dict[str, Any]:
    pools.delete(pools.find(pool))
    return {"name": pool}


def _add_address(hub: Hub, actor: Actor, pool: str, address: str, helo: str, weight: int) -> dict[str, Any]:
    row = pools.add(pools.find(pool), address, helo, weight)
    return {"address": row.address, "pool": row.pool.name, "helo": row.helo, "weight": row.weight}


def _change_address(hub: Hub, actor: Actor, address: str, helo: str | None, weight: int | None) -> dict[str, Any]:
    row = pools.change(pools.find_address(address), helo, weight)
    return {"address": row.address, "pool": row.pool.name, "helo": row.helo, "weight": row.weight}


def _remove_address(hub: Hub, actor: Actor, address: str) -> dict[str, Any]:
    row = pools.find_address(address)
    pools.remove(row)
    return {"address": row.address}


def _begin_warm_up(hub: Hub, actor: Actor, address: str, **given: Any) -> dict[str, Any]:
    row = pools.find_address(address)
    return warming.tell(hub, row, warming.begin(hub, row, given))


def _end_warm_up(hub: Hub, actor: Actor, address: str) -> dict[str, Any]:
    row = pools.find_address(address)
    warming.end(row)
    return {"address": row.address}


def _show_warm_up(hub: Hub, actor: Actor, address: str) -> dict[str, Any]:
    row = pools.find_address(address)
    plan = warming.plan_of(row)
    return {"address": row.address, "today": []} if plan is None else warming.tell(hub, row, plan)


ACTIONS: tuple[Action, ...] = (
    Action("routes.list", "List routes, rules and pools", VIEW, _list, changes=False),
    Action("routes.create", "Make a route", EDIT, _create_route, CreateRoute, target="name"),
    Action("routes.change", "Change a route", EDIT, _change_route, ChangeRoute, target="route"),
    Action("routes.delete", "Delete a route", EDIT, _delete_route, OneRoute, confirm=True, target="route"),
    Action(trials.TEST, "Test a route", EDIT, _test_route, TestRoute, target="route"),
    Action("routes.trial", "Show what a test of a route said", VIEW, _show_trial, OneTrial, False),
    Action("route_rules.create", "Make a rule", EDIT, _create_rule, CreateRule),
    Action("route_rules.change", "Change a rule", EDIT, _change_rule, ChangeRule, target="rule"),
    Action("route_rules.move", "Move a rule", EDIT, _move_rule, MoveRule, target="rule"),
    Action("route_rules.delete", "Delete a rule", EDIT, _delete_rule, OneRule, confirm=True, target="rule"),
    Action("pools.create", "Make a pool of addresses", EDIT, _create_pool, CreatePool, target="name"),
    Action("pools.change", "Rename a pool", EDIT, _change_pool, ChangePool, target="pool"),
    Action("pools.delete", "Delete a pool", EDIT, _delete_pool, OnePool, confirm=True, target="pool"),
    Action("pool_addresses.add", "Add an address to a pool", EDIT, _add_address, AddAddress, target="address"),
    Action("pool_addresses.change", "Change an address of a pool", EDIT, _change_address, ChangeAddress, target="address"),
    Action(
        "pool_addresses.remove", "Remove an address from its pool", EDIT, _remove_address, OneAddress, confirm=True,
        target="address",
    ),
    Action("warm_ups.begin", "Begin to warm up an address", EDIT, _begin_warm_up, BeginWarmUp, target="address"),
    Action("warm_ups.end", "End the warm-up of an address", EDIT, _end_warm_up, OneAddress, confirm=True, target="address"),
    Action("warm_ups.show", "Show how far a warm-up is", VIEW, _show_warm_up, OneAddress, False),
)  # fmt: skip
