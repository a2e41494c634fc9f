"""Imports as rows: find one, tell where it stands, stop it, forget what it no longer needs."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mailhub.accounts import Account
from mailhub.address import REASONS
from mailhub.db import bulk, sql, transaction
from mailhub.errors import Conflict, Invalid, NotFound, Sentence
from mailhub.hub import Hub
from mailhub.jobs import Job, rows
from mailhub.vocabulary import LANGUAGES
from mailhub_contacts import uploads
from mailhub_contacts.models import (
    ANALYSED,
    ANALYSING,
    CANCELLED,
    DONE,
    FAILED,
    GROUP,
    LIST,
    RUNNING,
    UNDOING,
    UNDONE,
    BadRow,
    ContactList,
    Import,
    ImportChunk,
    ImportStep,
)  # fmt: skip
from mailhub_contacts.tallies import Tally

DAY = 86_400_000
KEPT = 7 * DAY
"""Milliseconds an analysed file waits for its import before it is forgotten."""
UNDO_KEPT = 30 * DAY
"""Milliseconds after its end that an import can be undone."""
STEPS = 100
OVER = (DONE, CANCELLED, FAILED)


def find(account_id: int, number: int) -> Import:
    """An account's import. Raises `NotFound`."""
    record: Import | None = Import.of(account_id).where(Import.id == number).first()
    if record is None:
        raise NotFound("There is no import {number}: the Import page shows those that are there.", number=number)
    return record


def in_state(account_id: int, number: int, state: str) -> Import | None:
    """An account's import if it is in this state: what a job asks before each slice."""
    record: Import | None = Import.of(account_id).where(Import.id == number, Import.state == state).first()
    return record


def latest(account_id: int, limit: int = 20) -> list[Import]:
    """An account's last imports, newest first."""
    return list(Import.of(account_id).order_by(Import.id.desc()).limit(limit))


def account_of(account_id: int) -> Account:
    """The account's row, for its language."""
    return Account.get_by_id(account_id)


def check_language(language: str) -> str:
    """The language in lower case, or "". Raises `Invalid` for one MailHub does not speak."""
    language = language.lower()
    if language and language not in LANGUAGES:
        raise Invalid(
            fields={"language": Sentence("{language} is no language of MailHub: write en or fr.", language=language)}
        )
    return language


def job_of(record: Import) -> Job | None:
    """The job that works on it, or did."""
    return Job.of(record.account_id).where(Job.id == record.job_id).first() if record.job_id else None


def state_of(record: Import, job: Job | None) -> str:
    """Where it stands; `failed` when its job was given up."""
    stopped = job is not None and job.state == rows.FAILED and record.state in (ANALYSING, RUNNING, UNDOING)
    return FAILED if stopped else record.state


def require_analysable(record: Import) -> None:
    """Raise `Conflict` when an import is being worked on, or is over."""
    job = job_of(record)
    state = state_of(record, job)
    if record.state == ANALYSING and (job is None or job.state != rows.WAITING):
        return
    if state != ANALYSED:
        raise Conflict("{name} cannot be analysed now: its import is {state}.", name=record.name, state=state)


def require_analysed(record: Import) -> None:
    """Raise `Conflict` unless it was analysed and not imported yet."""
    if record.state == ANALYSING:
        raise Conflict("{name} is still being analysed: wait until that is done.", name=record.name)
    if record.state != ANALYSED:
        raise Conflict("{name} was imported already: choose the file again.", name=record.name)


def is_undoable(hub: Hub, record: Import, state: str) -> bool:
    """Whether it is over, wrote something, and what it wrote is still known."""
    ended = record.finished_at or record.started_at or 0
    if record.report is None or (record.undone is not None and state != FAILED):
        return False
    return state in OVER and ended > hub.ms() - UNDO_KEPT


def address_column(record: Import) -> int:
    """The index of the column that holds the addresses."""
    return next(int(column["index"]) for column in record.columns if column["field"] == "address")


def show(hub: Hub, record: Import) -> dict[str, Any]:
    """All a door needs to tell about an import: how it was read, what was counted, how far it is."""
    job = job_of(record)
    return {
        "number": record.id,
        "name": record.name,
        "state": state_of(record, job),
        "job": record.job_id or None,
        "error": job.error if job else "",
        **_form(record),
        **_tally(record.analysis),
        "report": _tally(record.report) if record.report else None,
        "lists": _sets(record, LIST),
        "groups": _sets(record, GROUP),
        "undoable": is_undoable(hub, record, state_of(record, job)),
        "undone": record.undone,
        **_progress(hub, record, job),
    }


def _form(record: Import) -> dict[str, Any]:
    layout = record.layout
    text = layout["kind"] in ("csv", "txt")
    return {
        "kind": layout["kind"],
        "encoding": layout["encoding"] if text else "",
        "separator": layout["separator"] if text else "",
        "header": layout["header_row"] > 0,
        "sheet": record.sheet,
        "other_sheets": record.others,
        "columns": record.columns,
        "language": record.language,
    }


def _tally(stored: dict[str, Any] | None) -> dict[str, Any]:
    told = Tally.of(stored).json()
    told["bad"] = [{**each, "sentence": REASONS[each["reason"]]} for each in told["bad"]]
    return told


def _sets(record: Import, kind: str) -> list[dict[str, Any]]:
    chosen = ContactList.of(record.account_id).where(
        ContactList.id.in_(record.lists), ContactList.kind == kind, ContactList.deleted_at.is_null()
    )
    return [{"number": each.id, "name": each.name} for each in chosen.order_by(ContactList.name)]


def _progress(hub: Hub, record: Import, job: Job | None) -> dict[str, Any]:
    """How far it is. `seconds` it took so far, `rate` rows a second, `left` seconds until it is done, about."""
    done = Tally.of(record.report or record.analysis).counts["rows"]
    total = max(record.rows, done)
    if job and record.undone is not None:
        done, total = job.done, job.total
    began = record.started_at or (job.created_at if job else hub.ms())
    seconds = max((record.finished_at or hub.ms()) - began, 0) / 1000
    rate = done / seconds if seconds > 0 else 0
    return {
        "done": done,
        "total": total,
        "seconds": round(seconds, 1),
        "rate": round(rate) or None,
        "left": round((total - done) / rate) if rate else None,
        "started_at": record.started_at,
        "finished_at": record.finished_at,
    }


def cancel(hub: Hub, record: Import) -> None:
    """Stop an import, in the caller's transaction; what it has written stays. Raises `Conflict` when it is over."""
    if record.state in (DONE, CANCELLED, UNDOING, UNDONE):
        raise Conflict("The import of {name} is over: there is nothing to cancel.", name=record.name)
    if record.job_id:
        rows.cancel(record.job_id)
    record.state, record.finished_at = CANCELLED, hub.ms()
    Import.update(state=CANCELLED, finished_at=record.finished_at).where(
        Import.account == record.account_id, Import.id == record.id
    ).execute()


def bad_rows(record: Import, page: int = 1000) -> Iterator[BadRow]:
    """The rows that were not imported, in the order of the file; a page at a time, however many there are."""
    after = 0
    while found := list(
        BadRow.select().where(BadRow.record == record.id, BadRow.number > after).order_by(BadRow.number).limit(page)
    ):
        yield from found
        after = found[-1].number


def forget_old(hub: Hub) -> None:
    """Take away uploads that nobody needs: of imports that are over, and analysed files nobody imported in a week."""
    kept = ImportChunk.select(ImportChunk.record).where(ImportChunk.number == 0).limit(100)
    for record in Import.select().where(Import.id.in_(kept)):
        if record.state in (ANALYSED, ANALYSING) and record.created_at < hub.ms() - KEPT:
            with transaction():
                cancel(hub, record)
        if state_of(record, job_of(record)) in OVER:
            uploads.forget(hub, record)
    _forget_steps(hub)
    _sweep(uploads.scratch(hub))


def _forget_steps(hub: Hub) -> None:
    """What undoes an import is kept for 30 days."""
    old = sql(
        "SELECT DISTINCT s.import_id FROM import_steps s JOIN imports i ON i.id = s.import_id WHERE i.finished_at < ? LIMIT 100",
        (hub.ms() - UNDO_KEPT,),
    )
    for (number,) in old.fetchall():
        while _forget_some(number):
            continue


def _forget_some(number: int) -> bool:
    some = ImportStep.select(ImportStep.number).where(ImportStep.record == number).limit(STEPS)
    with bulk():
        gone = ImportStep.delete().where(
            ImportStep.record == number, ImportStep.number.in_([each.number for each in some])
        )
        return bool(gone.execute() == STEPS)


def _sweep(folder: Path) -> None:
    """What other processes left on this machine's disk more than a day ago can be made again."""
    for path in folder.iterdir():
        if path.stat().st_mtime * 1000 < time.time() * 1000 - DAY:
            path.unlink(missing_ok=True)
