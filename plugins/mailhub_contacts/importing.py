"""Import: an analysed file goes into the contacts, in slices, set by set; no query for a single row."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mailhub import jobs
from mailhub.db import in_list, is_postgres, sql, sql_many, transaction
from mailhub.errors import Conflict
from mailhub.hub import Hub
from mailhub.jobs import Job
from mailhub.permissions import Actor
from mailhub_contacts import imports, lists, uploads
from mailhub_contacts.analysing import upload
from mailhub_contacts.events import IMPORTED
from mailhub_contacts.mapping import CUSTOM, BadCells, Row, check_columns, choose
from mailhub_contacts.models import ANALYSED, DONE, RUNNING, Import
from mailhub_contacts.passing import END, go_on
from mailhub_contacts.weighing import Change, Tally, encode, weigh

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
    language: str = "",
    mapping: Mapping[str, Any] | None = None,
) -> Import:
    """Start the import of an analysed file into lists (numbers, or names, made if new), in the caller's transaction.

    Raises `Invalid`, and `Conflict` when it was imported already.
    """
    imports.require_analysed(record)
    if mapping:
        record.columns = choose(record.columns, mapping)
    check_columns(record.columns)
    record.language = imports.check_language(language) or record.language
    record.lists = [each.id for each in lists.find_or_create(hub, actor, wanted)]
    _add_custom_fields(record)
    record.state, record.position, record.report, record.started_at = RUNNING, "", Tally().json(), hub.ms()
    record.job_id = jobs.start(hub, KIND, record.account_id, record.id, record.rows).id
    record.save()
    return record


def _add_custom_fields(record: Import) -> None:
    for column in record.columns:
        if column["field"].startswith(CUSTOM):
            key = column["field"].removeprefix(CUSTOM)
            sql(
                "INSERT INTO custom_fields (account_id, slug, title) VALUES (?, ?, ?) "
                "ON CONFLICT (account_id, slug) DO NOTHING",
                (record.account_id, key, column["name"] or key),
            )


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


def write(hub: Hub, record: Import, tally: Tally, rows: Sequence[Row], bad: Sequence[BadCells]) -> None:
    """Take a batch of the import: contacts, their lists, the bad rows, the counts; in the batch's transaction."""
    weighed = weigh(record, rows)
    now = hub.ms()
    _add(record, weighed.new, now)
    _change(weighed.changed, now)
    _enlist(record, weighed.keys)
    sql_many(
        "INSERT INTO import_bad_rows (import_id, number, reason, cells) VALUES (?, ?, ?, ?)",
        [(record.id, each.number, each.reason, encode(each.cells)) for each in bad],
    )
    tally.add(weighed, bad)


def _add(record: Import, rows: Sequence[Row], now: int) -> None:
    sql_many(
        "INSERT INTO contacts "
        "(account_id, address, address_key, copy, language, display, fields, created_at, updated_at) "
        "VALUES (?, ?, ?, 0, ?, ?, ?, ?, ?) ON CONFLICT (account_id, address_key, copy) DO NOTHING",
        [
            (record.account_id, row.address, row.key, row.language or record.language, row.display,
             encode(row.fields), now, now)
            for row in rows
        ],
    )  # fmt: skip


def _change(changes: Sequence[Change], now: int) -> None:
    sql_many(
        "UPDATE contacts SET language = ?, display = ?, fields = ?, updated_at = ? WHERE id = ?",
        [(each.language, each.display, each.fields, now, each.id) for each in changes],
    )


def _enlist(record: Import, keys: list[int]) -> None:
    """A list that was deleted meanwhile takes nobody in."""
    if not record.lists or not keys:
        return
    wanted, chosen = in_list("l.id", record.lists)
    named, parameters = in_list("c.address_key", keys)
    sql(
        "INSERT INTO list_contacts (list_id, contact_id) SELECT l.id, c.id FROM contacts c "
        f"JOIN lists l ON l.account_id = c.account_id AND {wanted} AND l.deleted_at IS NULL "
        f"WHERE c.account_id = ? AND {named} AND c.copy = 0 ON CONFLICT (list_id, contact_id) DO NOTHING",
        [*chosen, record.account_id, *parameters],
    )


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
