"""What can be asked about segments, for every door."""

import json
from collections.abc import Mapping
from typing import Any

import marshmallow
from marshmallow import fields

from mailhub.actions import Action, Arguments, Nothing, argument
from mailhub.errors import Invalid, Sentence
from mailhub.hub import Hub
from mailhub.permissions import Actor
from mailhub_contacts import people, segments
from mailhub_contacts.segment_rules import read


class Rules(fields.Field[dict[str, Any]]):
    """Rules as JSON, as such or as text. What they say is checked where they are used."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> dict[str, Any]:
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except (ValueError, RecursionError):
                value = None
        if not isinstance(value, dict):
            raise marshmallow.ValidationError('write JSON: {"match": "all", "rules": […]}.')
        return value


class OneSegment(Arguments):
    number = argument(fields.Integer, "number of the segment", required=True)


class CreateSegment(Arguments):
    name = argument(fields.String, "name of the segment", required=True)
    rules = argument(Rules, "who is in it: JSON, see docs/segments.md", required=True)


class ChangeSegment(OneSegment):
    name = argument(fields.String, "its new name", load_default=None)
    rules = argument(Rules, "its new rules: JSON, see docs/segments.md", load_default=None)


class CountSegment(Arguments):
    number = argument(fields.Integer, "number of the segment", load_default=None)
    rules = argument(Rules, "or rules that are no segment yet: JSON", load_default=None)


def _list(hub: Hub, actor: Actor) -> dict[str, Any]:
    return {"segments": [{"number": each.id, "name": each.name} for each in segments.all_of(actor.account_id)]}


def _show(hub: Hub, actor: Actor, number: int) -> dict[str, Any]:
    return segments.show(segments.find(actor.account_id, number))


def _count(hub: Hub, actor: Actor, number: int | None, rules: Any) -> dict[str, Any]:
    if (number is None) == (rules is None):
        raise Invalid(fields={"rules": Sentence("Say which segment by its number, or give rules.")})
    told = segments.find(actor.account_id, number).rules if number is not None else rules
    group = segments.named(actor.account_id, read(told))
    now = hub.ms()
    found = segments.count(actor.account_id, now, group)
    shown = segments.first(actor.account_id, now, group, found)
    return {"contacts": found, "first": [people.show(each) for each in shown]}


def _create(hub: Hub, actor: Actor, name: str, rules: Any) -> dict[str, Any]:
    return segments.show(segments.create(hub, actor, name, rules))


def _change(hub: Hub, actor: Actor, number: int, name: str | None, rules: Any) -> dict[str, Any]:
    return segments.show(segments.change(hub, actor, number, name, rules))


def _delete(hub: Hub, actor: Actor, number: int) -> dict[str, Any]:
    return segments.show(segments.delete(actor, number))


ACTIONS: tuple[Action, ...] = (
    Action("segments.list", "Show the segments", "contacts.view", _list, Nothing, changes=False),
    Action("segments.show", "Show a segment", "contacts.view", _show, OneSegment, changes=False, target="number"),
    Action("segments.count", "Count a segment's contacts", "contacts.view", _count, CountSegment, changes=False),
    Action("segments.create", "Make a segment", "segments.edit", _create, CreateSegment, target="name"),
    Action("segments.change", "Change a segment", "segments.edit", _change, ChangeSegment, target="number"),
    Action("segments.delete", "Delete a segment", "segments.edit", _delete, OneSegment, confirm=True, target="number"),
)
