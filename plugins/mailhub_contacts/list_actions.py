"""What can be asked about lists, for every door."""

from typing import Any

from marshmallow import fields

from mailhub.actions import Action, Arguments, Nothing, argument
from mailhub.hub import Hub
from mailhub.permissions import Actor
from mailhub_contacts import lists


class CreateList(Arguments):
    name = argument(fields.String, "name of the list", required=True)


class RenameList(Arguments):
    number = argument(fields.Integer, "number of the list", required=True)
    name = argument(fields.String, "its new name", required=True)


class DeleteList(Arguments):
    number = argument(fields.Integer, "number of the list", required=True)
    contacts = argument(fields.Boolean, "also delete its contacts that are in no other list", load_default=False)


def _list(hub: Hub, actor: Actor) -> dict[str, Any]:
    counted = lists.with_counts(actor.account_id)
    return {"lists": [{"number": each.id, "name": each.name, "contacts": count} for each, count in counted]}


def _create(hub: Hub, actor: Actor, name: str) -> dict[str, Any]:
    made = lists.create(hub, actor, name)
    return {"number": made.id, "name": made.name}


def _rename(hub: Hub, actor: Actor, number: int, name: str) -> dict[str, Any]:
    renamed = lists.rename(actor, number, name)
    return {"number": renamed.id, "name": renamed.name}


def _delete(hub: Hub, actor: Actor, number: int, contacts: bool) -> dict[str, Any]:
    if contacts:
        actor.require("contacts.edit")
    chosen = lists.find(actor.account_id, number)
    going = lists.count_only_here(chosen) if contacts else 0
    gone = lists.delete(hub, actor, number, contacts)
    return {"number": gone.id, "name": gone.name, "contacts": going}


ACTIONS: tuple[Action, ...] = (
    Action("lists.list", "Show the lists", "contacts.view", _list, Nothing, changes=False),
    Action("lists.create", "Make a list", "lists.edit", _create, CreateList, target="name"),
    Action("lists.rename", "Rename a list", "lists.edit", _rename, RenameList, target="number"),
    Action("lists.delete", "Delete a list", "lists.edit", _delete, DeleteList, confirm=True, target="number"),
)
