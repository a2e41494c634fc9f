"""What can be asked of connectors, once for all doors."""

from typing import Any

from marshmallow import fields

from mailhub import Action, Arguments, Hub, Permission, Setting, argument
from mailhub.permissions import Actor
from mailhub_mobile import activating, connectors
from mailhub_mobile.models import Connector
from mailhub_mobile.privileges import ADMINISTER, USE

PERMISSIONS: list[Permission] = [
    Permission(ADMINISTER, "Account", "Administer mobile connectors"),
    Permission(USE, "Account", "Use a mobile connector of one’s own (comes with the connector)"),
]
SETTINGS: list[Setting] = [Setting(connectors.OPTION, False, "Let users of this account sign in from their phones")]

Answer = dict[str, Any]


class Switch(Arguments):
    on = argument(fields.Boolean, "true lets phones in, false stops them at once", required=True)


class Add(Arguments):
    user = argument(fields.String, "e-mail address of a user of the account", required=True)
    kind = argument(fields.String, "iphone, ipad, android or other", required=True)
    privilege = argument(fields.String, "read, or write for read and write", load_default="read")
    name = argument(fields.String, "what to call it, such as Ada's phone", load_default="")


class One(Arguments):
    number = argument(fields.Integer, "number of the connector", required=True)


class Change(One):
    privilege = argument(fields.String, "read, or write for read and write", load_default=None)
    name = argument(fields.String, "what to call it", load_default=None)


class Revoke(One):
    reason = argument(fields.String, "why, kept with the connector", load_default="")


class SignIn(One):
    agent = argument(fields.String, "what the device calls itself", load_default="")


def answer(connector: Connector) -> Answer:
    """A connector as plain values; moments are in ms."""
    return {
        "number": connector.number,
        "name": connector.name,
        "kind": connector.kind,
        "privilege": connector.privilege,
        "state": connector.state,
        "created_at": connector.created_at,
        "activated_at": connector.activated_at,
        "seen_at": connector.seen_at,
    }


def _switch(hub: Hub, actor: Actor, on: bool) -> Answer:
    connectors.switch(hub, actor.account_id, on)
    return {"on": on}


def _list(hub: Hub, actor: Actor) -> list[Answer]:
    return [{**answer(each), "user": each.user.email} for each in connectors.every(actor.account_id)]


def _add(hub: Hub, actor: Actor, user: str, kind: str, privilege: str, name: str) -> Answer:
    return answer(connectors.add(hub, actor, user, kind, privilege, name))


def _change(hub: Hub, actor: Actor, number: int, privilege: str | None, name: str | None) -> Answer:
    connector = connectors.find(actor.account_id, number)
    connectors.change(connector, privilege, name)
    return answer(connector)


def _revoke(hub: Hub, actor: Actor, number: int, reason: str) -> Answer:
    connector = connectors.find(actor.account_id, number)
    connectors.revoke(hub, connector, reason)
    return answer(connector)


def _pair(hub: Hub, actor: Actor, number: int) -> Answer:
    connector = connectors.find_own(actor, number)
    code = connectors.make_code(hub, connector)
    url = f"{hub.config.server.public_url.rstrip('/')}/m/#pair={code}"
    return {"number": connector.number, "code": code, "url": url, "until": hub.ms() + connectors.CODE_FOR}


def _sign_in(hub: Hub, actor: Actor, number: int, agent: str) -> Answer:
    connector = connectors.find_own(actor, number)
    activating.activate(hub, connector, agent)
    return {"number": connector.number}


def _sign_out(hub: Hub, actor: Actor, number: int) -> Answer:
    connector = connectors.find_own(actor, number)
    activating.sign_out(connector)
    return {"number": connector.number}


ACTIONS: list[Action] = [
    Action("connectors.switch", "Switch phones on or off for the account", ADMINISTER, _switch, Switch),
    Action("connectors.list", "List the mobile connectors", ADMINISTER, _list, changes=False),
    Action("connectors.add", "Give a user a mobile connector", ADMINISTER, _add, Add),
    Action("connectors.change", "Change a mobile connector", ADMINISTER, _change, Change),
    Action("connectors.revoke", "Revoke a mobile connector", ADMINISTER, _revoke, Revoke, confirm=True),
    Action("connectors.pair", "Make a pairing code for one’s own connector", USE, _pair, One),
    Action("connectors.sign_in", "Sign a phone in", USE, _sign_in, SignIn),
    Action("connectors.sign_out", "Sign a phone out", USE, _sign_out, One),
]
