"""Analyse: what a file would bring, before anything of it is written into the contacts."""

import math
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, NamedTuple

from mailhub import jobs
from mailhub.db import transaction
from mailhub.errors import Invalid, Sentence
from mailhub.hub import Hub
from mailhub.jobs import Job
from mailhub.permissions import Actor
from mailhub_contacts import imports, uploads
from mailhub_contacts.bases import AccountBase
from mailhub_contacts.columns import guess
from mailhub_contacts.mapping import check_columns, choose, describe, find_address
from mailhub_contacts.models import ANALYSED, ANALYSING, Import
from mailhub_contacts.passing import END, Sorted, go_on
from mailhub_contacts.sheets import Layout, Sheet, open_sheet, read_as
from mailhub_contacts.tallies import Tally
from mailhub_contacts.weighing import weigh

AT_ONCE = 50_000
"""Rows up to which a file is analysed while the person waits; longer ones are a job."""
KIND = "contacts.analyse"


def upload(hub: Hub, actor: Actor, file: Path, name: str = "", mapping: Mapping[str, Any] | None = None) -> Import:
    """Take a contact file in: find out how it is to be read, guess its columns, keep its bytes.

    `name` is what the person calls it. Raises `UserError` when it is no sheet or has no column of addresses.
    """
    name = name or file.name
    if not file.is_file():
        raise Invalid(fields={"file": Sentence("There is no file {name}: choose one that is there.", name=name)})
    uploads.require_room(actor.account_id, file.stat().st_size)
    sheet = open_sheet(file, name=name)
    columns = _columns(sheet, name, mapping)
    record = Import(
        account=actor.account_id,
        name=name,
        size=file.stat().st_size,
        layout=asdict(sheet.layout),
        columns=columns,
        sheet=sheet.sheet,
        others=list(sheet.others),
        rows=sheet.rows,
        language=default_language(hub, actor.account_id),
        created_by=actor.name,
        created_at=hub.ms(),
    )
    record.save(force_insert=True)
    with file.open("rb") as content:
        uploads.store(record, content)
    return record


def _columns(sheet: Sheet, name: str, mapping: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    columns = describe(guess(sheet.header, sheet.sample), sheet.sample)
    find_address(columns, sheet.sample)
    if mapping:
        return choose(columns, mapping)
    if all(column["field"] != "address" for column in columns):
        sentence = Sentence("{name} has no column of e-mail addresses: add one, or choose another file.", name=name)
        raise Invalid(fields={"file": sentence})
    return columns


def default_language(hub: Hub, account_id: int) -> str:
    """The language of contacts whose row has none, until somebody chooses another: the account's."""
    return imports.account_of(account_id).language


class Reading(NamedTuple):
    """How a person wants a file to be read, where that is not what was found; `header` is yes, no or ""."""

    encoding: str = ""
    separator: str = ""
    sheet: str = ""
    header: str = ""


def _read_another_way(hub: Hub, record: Import, how: Reading) -> None:
    """Open an upload anew: its columns are guessed afresh. Raises `UserError` when it cannot be read so."""
    layout = read_as(Layout(**record.layout), how.encoding, how.separator)
    if how.sheet and how.sheet != record.sheet:
        layout = replace(layout, page=how.sheet)
    header = {"yes": True, "no": False}.get(how.header)
    sheet = open_sheet(
        uploads.spool(hub, record), name=record.name, layout=layout, scratch=uploads.scratch(hub), header=header
    )
    columns = describe(guess(sheet.header, sheet.sample), sheet.sample)
    find_address(columns, sheet.sample)
    record.layout, record.columns, record.rows = asdict(sheet.layout), columns, sheet.rows
    record.sheet, record.others = sheet.sheet, list(sheet.others)


def analyse(
    hub: Hub,
    record: Import,
    mapping: Mapping[str, Any] | None = None,
    language: str = "",
    how: Reading = Reading(),  # noqa: B008
) -> Import:
    """Begin an analysis from the first row, with another mapping, language or way to read it if one is given.

    A file of up to 50,000 rows is through when this returns; for a longer one a job goes on. Raises `Invalid` when
    no column holds addresses, `Conflict` when the import is under way or over.
    """
    imports.require_analysable(record)
    if any(how):
        _read_another_way(hub, record, how)
    columns = choose(record.columns, mapping) if mapping else record.columns
    check_columns(columns)
    record.columns, record.language = columns, imports.check_language(language) or record.language
    record.state, record.position, record.analysis, record.job_id = ANALYSING, "", None, 0
    record.save()
    # The number of rows is a guess from the first thousand: only one far above the limit is believed.
    if record.rows > 2 * AT_ONCE or go_on(hub, record, math.inf, count, most=AT_ONCE):
        _go_on_later(hub, record)
    else:
        finish(record)
    return imports.find(record.account_id, record.id)


def _go_on_later(hub: Hub, record: Import) -> None:
    with transaction():
        job_id = jobs.start(hub, KIND, record.account_id, record.id, record.rows).id
        Import.update(job_id=job_id).where(Import.account == record.account_id, Import.id == record.id).execute()


def step(hub: Hub, job: Job, until: float) -> bool:
    """One slice of a long analysis, as a job."""
    record = imports.in_state(job.account_id, job.ref, ANALYSING)
    if record is None:
        return False
    more = go_on(hub, record, until, count)
    job.done = Tally.of(record.analysis).counts["rows"]
    job.total = max(job.done, record.rows)
    if not more:
        finish(record)
    return more


def count(hub: Hub, record: Import, tally: Tally, batch: Sorted) -> None:
    """Take a batch of the analysis: weigh it, count it, keep the first rows of each kind to be shown."""
    weighed = weigh(AccountBase(record.account_id), record.language, batch.rows)
    tally.add(weighed, batch.bad, len(batch.duplicates))
    tally.show_bad(batch.bad, imports.address_column(record))
    tally.show_duplicates(batch.duplicates)
    tally.show(weighed)


def finish(record: Import) -> None:
    """The analysis has read every row: the import waits for a person now."""
    rows = Tally.of(record.analysis).counts["rows"]
    with transaction():
        Import.update(state=ANALYSED, position="", rows=rows).where(
            Import.account == record.account_id, Import.id == record.id,
            Import.state == ANALYSING, Import.position == END,
        ).execute()  # fmt: skip
