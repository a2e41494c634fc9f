"""What can be asked about single contacts, for every door."""

from typing import Any

from marshmallow import fields, validate

from mailhub.actions import Action, Arguments, argument
from mailhub.errors import Sentence
from mailhub.hub import Hub
from mailhub.permissions import Actor
from mailhub_contacts import people
from mailhub_contacts.texts import Pairs, Texts


class ListContacts(Arguments):
    search = argument(fields.String, "a whole address, or a part of an address or display", load_default="")
    list = argument(fields.Integer, "number of a list; left out: all contacts", load_default=None)
    before = argument(fields.Integer, "go on with contacts older than this number", load_default=None)
    limit = argument(
        fields.Integer,
        "how many, 1 to 1,000",
        load_default=50,
        validate=validate.Range(1, 1000, error=Sentence("The limit is a whole number from 1 to 1,000.")),
    )


class CreateContact(Arguments):
    address = argument(fields.String, "e-mail address", required=True)
    language = argument(fields.String, "en or fr; left out: the account's", load_default=None)
    display = argument(fields.String, "how they are addressed, such as Monsieur Tremblay", load_default=None)
    fields = argument(Pairs, "others: JSON, or city=Lyon,size=M; a new name adds a custom field", load_default=None)
    lists = argument(Texts, "the lists they are in: numbers or names, with commas", load_default=None)


class ChangeContact(CreateContact):
    number = argument(fields.Integer, "number of the contact", required=True)
    address = argument(fields.String, "e-mail address", load_default=None)
    language = argument(fields.String, "en or fr", load_default=None)


class OneContact(Arguments):
    number = argument(fields.Integer, "number of the contact", required=True)


def _list(hub: Hub, actor: Actor, search: str, list: int | None, before: int | None, limit: int) -> dict[str, Any]:
    found = people.search(actor.account_id, search, list, before, limit + 1)
    shown = found[:limit]
    return {"contacts": [people.show(each) for each in shown], "next": shown[-1].id if len(found) > limit else None}


def _show(hub: Hub, actor: Actor, number: int) -> dict[str, Any]:
    return people.show_whole(people.find(actor.account_id, number))


def _create(hub: Hub, actor: Actor, address: str, **changes: Any) -> dict[str, Any]:
    return people.show(people.create(hub, actor, address, changes))


def _change(hub: Hub, actor: Actor, number: int, address: str | None, **changes: Any) -> dict[str, Any]:
    return people.show(people.change(hub, actor, number, address, changes))


def _delete(hub: Hub, actor: Actor, number: int) -> dict[str, Any]:
    return people.show(people.delete(actor, number))


ACTIONS: tuple[Action, ...] = (
    Action("contacts.list", "Find contacts", "contacts.view", _list, ListContacts, changes=False),
    Action("contacts.show", "Show a contact", "contacts.view", _show, OneContact, changes=False, target="number"),
    Action("contacts.create", "Add a contact", "contacts.edit", _create, CreateContact, target="address"),
    Action("contacts.change", "Change a contact", "contacts.edit", _change, ChangeContact, target="number"),
    Action("contacts.delete", "Delete a contact", "contacts.edit", _delete, OneContact, confirm=True, target="number"),
)
