"""Contacts one by one: find, search, make, change, delete."""

from collections.abc import Mapping
from typing import Any

from mailhub.address import REASONS, address_key, check, normalise
from mailhub.addresses import Suppression
from mailhub.db import from_ms
from mailhub.errors import Conflict, Invalid, NotFound, Sentence
from mailhub.hub import Hub
from mailhub.permissions import Actor
from mailhub_contacts import imports, lists, suppressions, timeline
from mailhub_contacts.columns import FIELDS, looks_like_address, slug
from mailhub_contacts.mapping import CUSTOM
from mailhub_contacts.models import Contact, CustomField, ListContact

PAGE = 50
TEXTS = tuple(field for field in FIELDS if field not in ("address", "language", "display"))
"""The known fields that are kept in `Contact.fields`."""


def find(account_id: int, number: int) -> Contact:
    """An account's contact. Raises `NotFound`."""
    contact: Contact | None = Contact.of(account_id).where(Contact.id == number).first()
    if contact is None:
        raise NotFound("There is no contact {number}: the Contacts page shows those that are there.", number=number)
    return contact


def find_address(account_id: int, address: str) -> Contact | None:
    """An account's contact with this address, however it is typed, or None."""
    same = Contact.of(account_id).where(Contact.address_key == address_key(address)).order_by(Contact.copy)
    contact: Contact | None = same.first()
    return contact


def custom_fields(account_id: int) -> list[CustomField]:
    """The fields an account added, by title."""
    return list(CustomField.of(account_id).order_by(CustomField.title))


def search(
    account_id: int, text: str = "", number: int | None = None, before: int | None = None, limit: int = PAGE
) -> list[Contact]:
    """Contacts, newest first, with numbers below `before`.

    A whole address is found by its key, other text inside address and display.

    `number` is a list's. Raises `NotFound` for a list that is not there.
    """
    query = lists.select(account_id, number)
    if before is not None:
        query = query.where(Contact.id < before)
    if looks_like_address(text):
        query = query.where(Contact.address_key == address_key(text))
    elif text:
        query = query.where(Contact.address.contains(text) | Contact.display.contains(text))
    return list(query.order_by(Contact.id.desc()).limit(limit))


def some(account_id: int, numbers: list[int]) -> list[Contact]:
    """An account's contacts with these numbers, in their order."""
    return list(Contact.of(account_id).where(Contact.id.in_(numbers)).order_by(Contact.id)) if numbers else []


def suppressed_among(account_id: int, contacts: list[Contact]) -> dict[int, str]:
    """Which of these contacts' addresses are suppressed in any scope: address key → reason."""
    keys = [contact.address_key for contact in contacts]
    rows = Suppression.of(account_id).where(Suppression.address_key.in_(keys)) if keys else []
    return {row.address_key: row.reason for row in rows}


def create(hub: Hub, actor: Actor, address: str, changes: Mapping[str, Any]) -> Contact:
    """A new contact. Raises `Invalid` for a bad address, `Conflict` when the address is a contact already."""
    clean = _checked(address)
    if find_address(actor.account_id, clean):
        raise Conflict("{address} is a contact already: change that one.", address=clean)
    account = imports.account_of(actor.account_id)
    now = hub.ms()
    contact = Contact(
        account=account, address=clean, address_key=address_key(clean), language=account.language,
        fields={}, created_at=now, updated_at=now,
    )  # fmt: skip
    _apply(contact, changes)
    contact.save(force_insert=True)
    _put(hub, actor, contact, changes)
    return contact


def change(hub: Hub, actor: Actor, number: int, address: str | None, changes: Mapping[str, Any]) -> Contact:
    """Change a contact; what `changes` does not name (or holds None for) stays. Raises as `create`, and `NotFound`."""
    contact = find(actor.account_id, number)
    if address is not None:
        _readdress(contact, _checked(address))
    _apply(contact, changes)
    contact.updated_at = hub.ms()
    contact.save()
    _put(hub, actor, contact, changes)
    return contact


def delete(actor: Actor, number: int) -> Contact:
    """Delete a contact with its places in lists; whether its address is suppressed stays known. Raises `NotFound`."""
    contact = find(actor.account_id, number)
    ListContact.delete().where(ListContact.contact == contact.id).execute()
    Contact.delete().where(Contact.account == actor.account_id, Contact.id == contact.id).execute()
    return contact


def _checked(address: str) -> str:
    clean = normalise(address)
    if (reason := check(clean)) is not None:
        raise Invalid(fields={"address": Sentence(REASONS[reason])})
    return clean


def _readdress(contact: Contact, address: str) -> None:
    other = find_address(contact.account_id, address)
    if other and other.id != contact.id:
        raise Conflict("{address} is a contact already: change that one.", address=address)
    contact.address, contact.address_key = address, address_key(address)


def _apply(contact: Contact, changes: Mapping[str, Any]) -> None:
    language, display, fields = (changes.get(name) for name in ("language", "display", "fields"))
    if language is not None:
        contact.language = imports.check_language(language)
    if display is not None:
        contact.display = display
    if fields is not None:
        told = _known(contact.account_id, fields)
        contact.fields = {name: text for name, text in (contact.fields | told).items() if text}


def _known(account_id: int, fields: Mapping[str, Any]) -> dict[str, str]:
    """The given fields by slug; those the account does not have are added to it."""
    titles = {field.slug: field.title for field in custom_fields(account_id)}
    told = {}
    for name, value in fields.items():
        key = slug(name.removeprefix(CUSTOM))
        if key in FIELDS and key not in TEXTS:
            raise Invalid(fields={"fields": Sentence("{name} is no field of this kind: give it by itself.", name=name)})
        if key not in titles and key not in TEXTS:
            CustomField.create(account=account_id, slug=key, title=name.removeprefix(CUSTOM))
            titles[key] = name
        told[key] = "" if value is None else str(value).replace("\0", "").strip()
    return told


def _put(hub: Hub, actor: Actor, contact: Contact, changes: Mapping[str, Any]) -> None:
    if changes.get("lists") is not None:
        lists.put(contact, lists.find_or_create(hub, actor, changes["lists"]))


def show(contact: Contact) -> dict[str, Any]:
    """A contact as other doors see it."""
    return {
        "number": contact.id,
        "address": contact.address,
        "language": contact.language,
        "display": contact.display,
        "fields": contact.fields,
    }


def show_whole(contact: Contact) -> dict[str, Any]:
    """A contact with its lists, how its address is suppressed, and what happened to its messages (times ISO 8601)."""
    account = contact.account_id
    entries = suppressions.of_address(account, contact.address_key)
    moments = timeline.of_address(account, contact.address_key)
    told = [{**each._asdict(), "at": from_ms(each.at).isoformat(), "message": str(each.message)} for each in moments]
    return {
        **show(contact),
        "lists": [{"number": each.id, "name": each.name} for each in lists.of_contact(account, contact.id)],
        "suppressions": [suppressions.show(each) for each in entries],
        "timeline": told,
    }
