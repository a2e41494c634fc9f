"""Import: an analysed file goes into the contacts, in slices, set by set; no query for a single row."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mailhub import jobs
from mailhub.db import is_postgres, sql, sql_many, transaction
from mailhub.errors import Conflict
from mailhub.hub import Hub
from mailhub.jobs import Job
from mailhub.permissions import Actor
from mailhub_contacts import imports, lists, uploads
from mailhub_contacts.analysing import upload
from mailhub_contacts.bases import AccountBase
from mailhub_contacts.events import IMPORTED
from mailhub_contacts.mapping import CUSTOM, check_columns, choose
from mailhub_contacts.models import ANALYSED, DONE, GROUP, LIST, RUNNING, ContactList, Import, ImportStep
from mailhub_contacts.passing import END, Sorted, go_on
from mailhub_contacts.tallies import Tally
from mailhub_contacts.weighing import encode, weigh
from mailhub_contacts.writing import write_batch

KIND = "contacts.import"
MAX_DIRECT = 64 * 2**20
"""Bytes of a file that may be imported without being analysed first: it is taken in within one transaction."""
MANY_NEW = 1000
"""New contacts from which an import changes what the database should expect of its tables."""


def upload_directly(
    hub: Hub, actor: Actor, file: Path, name: str = "", mapping: Mapping[str, Any] | None = None
) -> Import:
    """Take a file in that nobody wants to analyse. Raises `Conflict` for one larger than 64 MiB."""
    if file.is_file() and file.stat().st_size > MAX_DIRECT:
        raise Conflict("{name} is larger than 64 MB: analyse it first, then import it.", name=name or file.name)
    record = upload(hub, actor, file, name, mapping)
    record.state = ANALYSED
    return record


def begin(
    hub: Hub,
    actor: Actor,
    record: Import,
    wanted: Sequence[str],
    groups: Sequence[str] = (),
    language: str = "",
    mapping: Mapping[str, Any] | None = None,
) -> Import:
    """Start the import of an analysed file into lists and groups, in the caller's transaction.

    Those are numbers, or names, made if new. Raises `Invalid`, and `Conflict` when it was imported already.
    """
    imports.require_analysed(record)
    if mapping:
        record.columns = choose(record.columns, mapping)
    check_columns(record.columns)
    record.language = imports.check_language(language) or record.language
    before = _newest_list(record)
    sets = [*lists.find_or_create(hub, actor, wanted, LIST), *lists.find_or_create(hub, actor, groups, GROUP)]
    record.lists = [each.id for each in sets]
    record.made = {"lists": [each.id for each in sets if each.id > before], "fields": _add_custom_fields(record)}
    record.state, record.position, record.report, record.started_at = RUNNING, "", Tally().json(), hub.ms()
    record.job_id = jobs.start(hub, KIND, record.account_id, record.id, record.rows).id
    record.save()
    return record


def _newest_list(record: Import) -> int:
    newest = ContactList.of(record.account_id).order_by(ContactList.id.desc()).first()
    return newest.id if newest else 0


def _add_custom_fields(record: Import) -> list[str]:
    """Make the account's fields that the columns name; returns the slugs of those that are new."""
    made = []
    for column in record.columns:
        if column["field"].startswith(CUSTOM):
            key = column["field"].removeprefix(CUSTOM)
            added = sql(
                "INSERT INTO custom_fields (account_id, slug, title) VALUES (?, ?, ?) "
                "ON CONFLICT (account_id, slug) DO NOTHING",
                (record.account_id, key, column["name"] or key),
            )
            made += [key] * added.rowcount
    return made


def step(hub: Hub, job: Job, until: float) -> bool:
    """One slice of an import, as a job."""
    record = imports.in_state(job.account_id, job.ref, RUNNING)
    if record is None:
        return False
    more = go_on(hub, record, until, write)
    job.done = Tally.of(record.report).counts["rows"]
    job.total = max(job.done, record.rows)
    if not more:
        finish(hub, record)
    return more


def write(hub: Hub, record: Import, tally: Tally, batch: Sorted) -> None:
    """Take a batch of the import: contacts, their lists, the bad rows, the counts; in the batch's transaction."""
    weighed = weigh(AccountBase(record.account_id), record.language, batch.rows)
    if told := write_batch(record, weighed, hub.ms()):
        ImportStep.insert(record=record.id, number=tally.steps, body=told).execute()
        tally.steps += 1
    sql_many(
        "INSERT INTO import_bad_rows (import_id, number, reason, cells) VALUES (?, ?, ?, ?)",
        [(record.id, each.number, each.reason, encode(each.cells)) for each in batch.bad],
    )
    tally.add(weighed, batch.bad, len(batch.duplicates))


def finish(hub: Hub, record: Import) -> None:
    """The import has read every row: tell it, and forget the file."""
    now = hub.ms()
    with transaction():
        ended = (
            Import.update(state=DONE, finished_at=now)
            .where(
                Import.account == record.account_id, Import.id == record.id,
                Import.state == RUNNING, Import.position == END,
            )
            .execute()
        )  # fmt: skip
        if not ended:
            return  # cancelled, or somebody else has it
        counts = Tally.of(record.report).json()["counts"]
        hub.emit(IMPORTED, record.account_id, number=record.id, name=record.name, **counts)
    uploads.forget(hub, record)
    if is_postgres() and counts["new"] >= MANY_NEW:
        _refresh_statistics()


def _refresh_statistics() -> None:
    """Tell PostgreSQL how large the tables are now.

    A campaign may start before it looks by itself, and until then each page of an audience reads the whole list
    (300,000 contacts: 300 ms a page instead of 5).
    """
    sql("ANALYZE contacts")
    sql("ANALYZE list_contacts")
