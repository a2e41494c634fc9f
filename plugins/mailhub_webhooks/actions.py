"""What can be asked about webhooks, for every door."""

from typing import Any

from marshmallow import fields, validate

from mailhub import Action, Arguments, Hub, Permission, argument
from mailhub.errors import Invalid, Sentence
from mailhub.permissions import Actor
from mailhub_webhooks import service

PERMISSIONS = (
    Permission("webhooks.view", "Account", "See the webhooks and their log"),
    Permission("webhooks.edit", "Account", "Make, change, try and delete webhooks"),
)
_SIZE = validate.Range(1, service.LARGEST_BATCH, error=Sentence("A request holds 1 to 500 events."))


class CreateEndpoint(Arguments):
    url = argument(fields.String, "address that events are posted to, https://…", required=True)
    kinds = argument(fields.Raw, "events, with commas; * for all there are", load_default="*")
    batch = argument(fields.Integer, "events in one request at most, 1 to 500", load_default=1, validate=_SIZE)


class OneEndpoint(Arguments):
    number = argument(fields.Integer, "number of the endpoint", required=True)


class ChangeEndpoint(OneEndpoint):
    url = argument(fields.String, "address that events are posted to, https://…", load_default=None)
    kinds = argument(fields.Raw, "events, with commas; * for all there are", load_default=None)
    batch = argument(fields.Integer, "events in one request at most, 1 to 500", load_default=None, validate=_SIZE)


class ReplayEvent(OneEndpoint):
    event = argument(fields.String, "the event's ID, such as evt_12", required=True)


class ReadLog(OneEndpoint):
    before = argument(fields.Integer, "go on with requests older than this number", load_default=None)
    limit = argument(
        fields.Integer,
        "how many, 1 to 500",
        load_default=50,
        validate=validate.Range(1, 500, error=Sentence("The limit is a whole number from 1 to 500.")),
    )


def _kinds(given: Any) -> list[str]:
    parts = given.split(",") if isinstance(given, str) else given
    if not isinstance(parts, (list, tuple)) or not all(isinstance(each, str) for each in parts):
        raise Invalid(fields={"kinds": Sentence("Write the names of events, with commas between them.")})
    return [each.strip() for each in parts if each.strip()]


def _create(hub: Hub, actor: Actor, url: str, kinds: Any, batch: int) -> dict[str, Any]:
    made, secret = service.create(hub, actor.account_id, url, _kinds(kinds), batch)
    return {**service.show(made), "secret": secret}


def _change(hub: Hub, actor: Actor, number: int, kinds: Any, **changes: Any) -> dict[str, Any]:
    chosen = None if kinds is None else _kinds(kinds)
    return service.show(service.change(hub, service.find(actor.account_id, number), {**changes, "kinds": chosen}))


def _list(hub: Hub, actor: Actor) -> list[dict[str, Any]]:
    return [service.show(each) for each in service.all_of(actor.account_id)]


def _show(hub: Hub, actor: Actor, number: int) -> dict[str, Any]:
    return service.show(service.find(actor.account_id, number))


def _log(hub: Hub, actor: Actor, number: int, before: int | None, limit: int) -> list[dict[str, Any]]:
    return service.log_of(service.find(actor.account_id, number), before, limit)


def _enable(hub: Hub, actor: Actor, number: int) -> dict[str, Any]:
    endpoint = service.find(actor.account_id, number)
    service.enable(endpoint)
    return service.show(endpoint)


def _disable(hub: Hub, actor: Actor, number: int) -> dict[str, Any]:
    endpoint = service.find(actor.account_id, number)
    service.disable(endpoint)
    return service.show(endpoint)


def _delete(hub: Hub, actor: Actor, number: int) -> dict[str, Any]:
    endpoint = service.find(actor.account_id, number)
    service.delete(endpoint)
    return service.show(endpoint)


def _test(hub: Hub, actor: Actor, number: int) -> dict[str, Any]:
    endpoint = service.find(actor.account_id, number)
    return {"number": endpoint.id, "event": service.try_out(hub, endpoint)}


def _replay(hub: Hub, actor: Actor, number: int, event: str) -> dict[str, Any]:
    endpoint, digits = service.find(actor.account_id, number), event.removeprefix("evt_")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 19):
        raise Invalid(
            fields={"event": Sentence("{event} is no event's ID: write one such as evt_12.", event=event[:50])}
        )
    return {"number": endpoint.id, "event": service.replay(endpoint, int(digits))}


def _edit(verb: str, title: str, run: Any, arguments: type[Arguments] = OneEndpoint, **more: Any) -> Action:
    return Action(f"webhooks.{verb}", title, "webhooks.edit", run, arguments, target="number", **more)


ACTIONS = (
    Action("webhooks.create", "Make a webhook", "webhooks.edit", _create, CreateEndpoint),
    _edit("change", "Change a webhook", _change, ChangeEndpoint),
    _edit("enable", "Switch a webhook on", _enable),
    _edit("disable", "Switch a webhook off", _disable),
    _edit("delete", "Delete a webhook", _delete, confirm=True),
    _edit("test", "Try a webhook", _test),
    _edit("replay", "Send an event to a webhook again", _replay, ReplayEvent),
    Action("webhooks.list", "Show the webhooks", "webhooks.view", _list, changes=False),
    Action("webhooks.show", "Show a webhook", "webhooks.view", _show, OneEndpoint, changes=False),
    Action("webhooks.log", "Show what was posted to a webhook", "webhooks.view", _log, ReadLog, changes=False),
)
