"""Lists of contacts: find, make, rename, delete, count; a deleted list is emptied by a job."""

import time
from collections.abc import Iterator, Sequence
from typing import Any

from mailhub import jobs
from mailhub.db import bulk, in_list, sql
from mailhub.errors import Conflict, Invalid, NotFound, Sentence
from mailhub.hub import Hub
from mailhub.jobs import Job
from mailhub.permissions import Actor
from mailhub_contacts.models import GROUP, LIST, Contact, ContactList, ListContact

KIND = "lists.delete"
BATCH = 500
"""Contacts a slice takes away in one transaction; each has rows in several tables and indexes."""
MAX_NAME = 100
_OTHER_LIST = (
    "(SELECT 1 FROM list_contacts o JOIN lists l ON l.id = o.list_id AND l.kind = 'list' AND l.deleted_at IS NULL "
    "WHERE o.contact_id = {contact} AND o.list_id <> ?)"
)
"""Whether a contact is in another list that is there. A group keeps nobody: it marks contacts, it does not hold them."""
_TAKEN = {
    LIST: Sentence("There is a list {name} already: choose another name."),
    GROUP: Sentence("There is a group {name} already: choose another name."),
}


def find(account_id: int, number: int, kind: str = "") -> ContactList:
    """An account's list or group, or one of a kind. Raises `NotFound`."""
    there = ContactList.of(account_id).where(ContactList.id == number, ContactList.deleted_at.is_null())
    found: ContactList | None = there.first()
    if found is None or (kind and found.kind != kind):
        raise NotFound("There is no list {number}: the Lists page shows those that are there.", number=number)
    return found


def _there(account_id: int, kind: str) -> Any:
    return ContactList.of(account_id).where(ContactList.kind == kind, ContactList.deleted_at.is_null())


def named(account_id: int, name: str, kind: str = LIST) -> ContactList | None:
    """An account's list or group by its name, or None."""
    there = _there(account_id, kind).where(ContactList.name == name)
    found: ContactList | None = there.first()
    return found


def find_or_create(hub: Hub, actor: Actor, wanted: Sequence[str], kind: str = LIST) -> list[ContactList]:
    """The lists (or groups) these numbers or names mean, each once; a name that is new is made into one.

    Raises `NotFound` for a number that is none, `Forbidden` when one would be made and the actor may not.
    """
    found: dict[int, ContactList] = {}
    for each in filter(None, (text.strip() for text in wanted)):
        chosen = named(actor.account_id, each, kind)
        if chosen is None and each.isdecimal():
            chosen = find(actor.account_id, int(each), kind)
        chosen = chosen or create(hub, actor, each, kind)
        found[chosen.id] = chosen
    return list(found.values())


def create(hub: Hub, actor: Actor, name: str, kind: str = LIST) -> ContactList:
    """A new, empty list or group. Raises `Invalid` for a name that is empty, long or taken."""
    actor.require("lists.edit")
    check_name(actor.account_id, name, kind)
    return ContactList.create(account=actor.account_id, kind=kind, name=name, created_at=hub.ms())


def rename(actor: Actor, number: int, name: str) -> ContactList:
    """Give a list another name. Raises `NotFound`, `Invalid`."""
    chosen = find(actor.account_id, number)
    if name != chosen.name:
        check_name(actor.account_id, name, chosen.kind)
        chosen.name = name
        chosen.save(only=[ContactList.name])
    return chosen


def check_name(account_id: int, name: str, kind: str = LIST) -> None:
    """Raise `Invalid` for a name that is empty, longer than 100 characters, or another list's (or group's)."""
    if not name:
        raise Invalid(fields={"name": Sentence("The list has no name: write one.")})
    if len(name) > MAX_NAME:
        raise Invalid(fields={"name": Sentence("The name is too long: at most {most} characters.", most=MAX_NAME)})
    if named(account_id, name, kind):
        raise Invalid(fields={"name": Sentence(_TAKEN[kind], name=name)})


def delete(hub: Hub, actor: Actor, number: int, with_contacts: bool) -> ContactList:
    """Take a list or group away at once, its rows by a job; with contacts, those go too that are in no other list.

    Opt-outs stay: they belong to the addresses. In the caller's transaction. Raises `NotFound`.
    """
    chosen = find(actor.account_id, number)
    chosen.deleted_at, chosen.with_contacts = hub.ms(), with_contacts
    members = count(chosen)
    shown = chosen.name
    chosen.name = f"{shown} #{chosen.id} {chosen.deleted_at}"  # the name is free for another list
    chosen.save()
    jobs.start(hub, KIND, actor.account_id, chosen.id, members)
    chosen.name = shown
    return chosen


def step(hub: Hub, job: Job, until: float) -> bool:
    """One slice of emptying a deleted list, as a job."""
    chosen = ContactList.of(job.account_id).where(ContactList.id == job.ref).first()
    if chosen is None or chosen.deleted_at is None:
        return False
    while time.monotonic() < until:
        with bulk():
            gone = _take_away(chosen)
            if not gone:
                ContactList.delete().where(ContactList.account == job.account_id, ContactList.id == chosen.id).execute()
                return False
        job.done += gone
    return True


def _take_away(chosen: ContactList) -> int:
    """Empty a list by one batch; returns how many contacts it held."""
    rows = sql("SELECT contact_id FROM list_contacts WHERE list_id = ? LIMIT ?", (chosen.id, BATCH)).fetchall()
    if not rows:
        return 0
    condition, ids = in_list("contact_id", [row[0] for row in rows])
    sql(f"DELETE FROM list_contacts WHERE list_id = ? AND {condition}", [chosen.id, *ids])
    if chosen.with_contacts:
        among, ids = in_list("id", [row[0] for row in rows])
        sql(
            f"DELETE FROM contacts WHERE account_id = ? AND {among} AND NOT EXISTS {_OTHER_LIST.format(contact='contacts.id')}",
            [chosen.account_id, *ids, chosen.id],
        )
    return len(rows)


def count(chosen: ContactList) -> int:
    """How many contacts a list holds."""
    return int(sql("SELECT count(*) FROM list_contacts WHERE list_id = ?", (chosen.id,)).fetchone()[0])


def count_only_here(chosen: ContactList) -> int:
    """How many of a list's contacts are in no other list that is there."""
    row = sql(
        "SELECT count(*) FROM list_contacts m WHERE m.list_id = ? "
        f"AND NOT EXISTS {_OTHER_LIST.format(contact='m.contact_id')}",
        (chosen.id, chosen.id),
    ).fetchone()
    return int(row[0])


def with_counts(account_id: int, kind: str = LIST) -> list[tuple[ContactList, int]]:
    """An account's lists (or groups) by name, each with how many contacts it holds."""
    counted = dict(
        sql(
            "SELECT l.id, count(m.contact_id) FROM lists l JOIN list_contacts m ON m.list_id = l.id "
            "WHERE l.account_id = ? AND l.kind = ? AND l.deleted_at IS NULL GROUP BY l.id",
            (account_id, kind),
        ).fetchall()
    )
    found = _there(account_id, kind).order_by(ContactList.name)
    return [(each, counted.get(each.id, 0)) for each in found]


def of_contact(account_id: int, contact_id: int, kind: str = LIST) -> list[ContactList]:
    """The lists (or groups) a contact is in, by name."""
    return list(
        _there(account_id, kind)
        .join(ListContact, on=ListContact.list == ContactList.id)
        .where(ListContact.contact == contact_id)
        .order_by(ContactList.name)
    )


def put(contact: Contact, chosen: Sequence[ContactList], kind: str = LIST) -> None:
    """Leave a contact in these lists (or groups) and in no other, in the caller's transaction."""
    mine = ContactList.of(contact.account_id).where(ContactList.kind == kind)
    ListContact.delete().where(
        ListContact.contact == contact.id, ListContact.list.in_(mine.select(ContactList.id))
    ).execute()
    for each in chosen:
        if each.account_id != contact.account_id:
            raise Conflict("The list {name} belongs to another account.", name=each.name)
        sql("INSERT INTO list_contacts (list_id, contact_id) VALUES (?, ?)", (each.id, contact.id))


def members(account_id: int, number: int | None, page: int = 1000) -> Iterator[Contact]:
    """A list's contacts (all of the account's without a number), for an export; a page at a time, by id."""
    after = 0
    while found := list(select(account_id, number).where(Contact.id > after).order_by(Contact.id).limit(page)):
        yield from found
        after = found[-1].id


def select(account_id: int, number: int | None) -> Any:
    """A query for an account's contacts, or for those in one of its lists. Raises `NotFound` for another's list."""
    query = Contact.of(account_id)
    if number is None:
        return query
    chosen = find(account_id, number)
    return query.join(ListContact, on=ListContact.contact == Contact.id).where(ListContact.list == chosen.id)
