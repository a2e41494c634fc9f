"""Undo: what an import wrote is taken back, batch by batch from its end, unless somebody has changed it since.

A step (see `writing.write_batch`) holds `at` (ms), `new` (contacts added), `changed` (number, `updated_at` before, what was
written: name → before, after) and `listed` (list → who came into it). Numbers are packed by `spans`.
"""

import json
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import peewee

from mailhub import jobs
from mailhub.db import bulk, in_list, sql, transaction
from mailhub.errors import Conflict
from mailhub.hub import Hub
from mailhub.jobs import Job
from mailhub_contacts import imports, spans
from mailhub_contacts.models import FAILED, UNDOING, UNDONE, ContactList, CustomField, Import, ImportStep, ListContact
from mailhub_contacts.tallies import Tally
from mailhub_contacts.weighing import encode_fields
from mailhub_contacts.writing import rewrite

KIND = "contacts.undo"
COUNTS = ("removed", "restored", "unlisted", "kept")
"""Contacts taken away and changed back, places in lists and groups taken back, contacts left as somebody made them."""

Before = tuple[int, int, dict[str, tuple[str | None, str]]]


def begin(hub: Hub, record: Import) -> Import:
    """Start to undo an import, in the caller's transaction.

    Raises `Conflict` when it wrote nothing, is under way, was undone, or is over for more than 30 days.
    """
    require_undoable(hub, record)
    steps = Tally.of(record.report).steps
    record.state, record.undone = UNDOING, record.undone or dict.fromkeys(COUNTS, 0)
    record.job_id = jobs.start(hub, KIND, record.account_id, record.id, steps).id
    record.save()
    return record


def require_undoable(hub: Hub, record: Import) -> None:
    """Raise `Conflict` when an import cannot be undone."""
    state = imports.state_of(record, imports.job_of(record))
    if record.undone is not None and state != FAILED:
        raise Conflict("The import of {name} is undone already, or being undone.", name=record.name)
    if not record.report or state not in imports.OVER:
        raise Conflict("{name} is not imported: there is nothing to undo.", name=record.name)
    if not imports.is_undoable(hub, record, state):
        raise Conflict("The import of {name} is too old to undo: at most 30 days.", name=record.name)


def step(hub: Hub, job: Job, until: float) -> bool:
    """One slice of an undo, as a job."""
    record = imports.in_state(job.account_id, job.ref, UNDOING)
    if record is None:
        return False
    while (last := _last(record)) is not None:
        with bulk():
            told = _take_back(record, last.body, hub.ms())
            undone = {name: record.undone[name] + told[name] for name in COUNTS}
            gone = ImportStep.delete().where(ImportStep.record == record.id, ImportStep.number == last.number).execute()
            Import.update(undone=undone).where(Import.account == record.account_id, Import.id == record.id).execute()
        record.undone = undone
        job.done += gone
        if time.monotonic() >= until:
            return True
    _finish(record)
    return False


def _last(record: Import) -> ImportStep | None:
    found: ImportStep | None = (
        ImportStep.select().where(ImportStep.record == record.id).order_by(ImportStep.number.desc()).first()
    )
    return found


def _take_back(record: Import, told: Mapping[str, Any], now: int) -> Counter[str]:
    counts: Counter[str] = Counter()
    for number, packed in told["listed"].items():
        counts["unlisted"] += _unlist(record, int(number), spans.unpack(packed))
    _restore(record, told["changed"], told["at"], now, counts)
    _remove(record, spans.unpack(told["new"]), counts)
    return counts


def _unlist(record: Import, number: int, contacts: list[int]) -> int:
    named, ids = in_list("contact_id", contacts)
    return int(
        sql(
            f"DELETE FROM list_contacts WHERE list_id IN (SELECT id FROM lists WHERE id = ? AND account_id = ?) AND {named}",
            [number, record.account_id, *ids],
        ).rowcount
    )


def _remove(record: Import, contacts: list[int], counts: Counter[str]) -> None:
    """Take added contacts away, less those that were changed, or put into a list or group, since."""
    if not contacts:
        return
    among, ids = in_list("id", contacts)
    removed = sql(
        f"DELETE FROM contacts WHERE account_id = ? AND {among} AND updated_at = created_at AND NOT EXISTS "
        "(SELECT 1 FROM list_contacts m WHERE m.contact_id = contacts.id)",
        [record.account_id, *ids],
    ).rowcount
    left = sql(f"SELECT count(*) FROM contacts WHERE account_id = ? AND {among}", [record.account_id, *ids])
    counts["removed"] += removed
    counts["kept"] += left.fetchone()[0]


def _restore(record: Import, changed: Sequence[Before], at: int, now: int, counts: Counter[str]) -> None:
    """Change contacts back, field by field: one that says something else by now stays."""
    if not changed:
        return
    among, ids = in_list("id", [each[0] for each in changed])
    rows = sql(
        f"SELECT id, language, display, fields, updated_at FROM contacts WHERE account_id = ? AND {among}",
        [record.account_id, *ids],
    )
    there = {row[0]: row[1:] for row in rows.fetchall()}
    written = []
    for number, before_at, told in changed:
        if number in there:
            restored, whole = restore(there[number][:3], told)
            counts["restored" if whole else "kept"] += 1
            written.append((*restored, before_at if whole and there[number][3] == at else now, number))
    rewrite(written)


def restore(
    contact: tuple[str, str, str], told: Mapping[str, tuple[str | None, str]]
) -> tuple[tuple[str, str, str], bool]:
    """A contact (language, display, fields as JSON) as it was before; and whether nothing of it was changed since."""
    language, display, fields = contact
    now: dict[str, str] = {**json.loads(fields), "language": language, "display": display}
    whole = True
    for name, (before, after) in told.items():
        if now.get(name) != after:
            whole = False
        elif before is None:
            del now[name]
        else:
            now[name] = before
    return (now.pop("language"), now.pop("display"), encode_fields(now)), whole


def _finish(record: Import) -> None:
    """Everything is taken back: lists and groups made for it go too when they are empty, and fields that nobody has."""
    with transaction():
        for number in record.made.get("lists", ()):
            ContactList.delete().where(
                ContactList.account == record.account_id, ContactList.id == number, ~_anybody(number)
            ).execute()
        for slug in record.made.get("fields", ()):
            if not _is_used(record.account_id, slug):
                CustomField.delete().where(CustomField.account == record.account_id, CustomField.slug == slug).execute()
        Import.update(state=UNDONE).where(
            Import.account == record.account_id, Import.id == record.id, Import.state == UNDOING
        ).execute()


def _anybody(number: int) -> Any:
    return peewee.fn.EXISTS(ListContact.select(ListContact.contact).where(ListContact.list == number))


def _is_used(account_id: int, slug: str) -> bool:
    """Whether any contact has a field; slugs have no character that a pattern or JSON would take for another, but _."""
    found = sql(
        "SELECT 1 FROM contacts WHERE account_id = ? AND fields LIKE ? ESCAPE '!' LIMIT 1",
        (account_id, f'%"{slug.replace("_", "!_")}":%'),
    )
    return found.fetchone() is not None
