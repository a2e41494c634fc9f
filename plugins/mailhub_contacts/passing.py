"""One pass through an uploaded file, in slices: to analyse it or to import it. Goes on where it was, counts none twice.

What a batch changes, its counts and the place after it are written in one transaction of at most 1,000 rows.
"""

import time
from collections.abc import Callable, Sequence

from mailhub.db import bulk, sql
from mailhub.hub import Hub
from mailhub_contacts import uploads
from mailhub_contacts.mapping import BadCells, Row, reader
from mailhub_contacts.models import ANALYSING, RUNNING, Import
from mailhub_contacts.sheets import Batch, Layout, Sheet, open_sheet
from mailhub_contacts.weighing import Tally

BATCH = 1000
CLEARED = 2000
END = "end"
"""The position of a pass that has read every row."""

Take = Callable[[Hub, Import, Tally, Sequence[Row], Sequence[BadCells]], None]


class Moved(Exception):
    """Somebody else has the import now, or it was cancelled: this batch is not written."""


def go_on(hub: Hub, record: Import, until: float, take: Take) -> bool:
    """Read on until about `until` (monotonic seconds), giving each batch to `take` in its transaction.

    Returns True when there is more to do.
    """
    try:
        if record.position != END and _read(hub, record, until, take):
            return True
    except Moved:
        return False
    return forget_seen(record, until)


def opened(hub: Hub, record: Import) -> Sheet:
    """The uploaded file, read as it was found to be at upload."""
    layout = Layout(**record.layout) if record.layout else None
    return open_sheet(uploads.spool(hub, record), name=record.name, layout=layout, scratch=uploads.scratch(hub))


def _read(hub: Hub, record: Import, until: float, take: Take) -> bool:
    read = reader(record.columns)
    for batch in opened(hub, record).batches(record.position, BATCH):
        rows, bad = _sort_out(read, batch)
        _write(hub, record, batch.token, rows, bad, take)
        if time.monotonic() >= until:
            return True
    _write(hub, record, END, [], [], take)
    return time.monotonic() >= until


def _sort_out(read: Callable[[int, list[str]], Row | BadCells], batch: Batch) -> tuple[list[Row], list[BadCells]]:
    rows: list[Row] = []
    bad: list[BadCells] = []
    for number, cells in batch.numbered():
        found = read(number, cells)
        if isinstance(found, Row):
            rows.append(found)
        else:
            bad.append(found)
    return rows, bad


def _write(hub: Hub, record: Import, token: str, rows: Sequence[Row], bad: Sequence[BadCells], take: Take) -> None:
    column = tally_column(record)
    tally = Tally.of(getattr(record, column))
    with bulk():
        take(hub, record, tally, rows, bad)
        if not _move(record, token, column, tally):
            raise Moved
    record.position = token
    setattr(record, column, tally.json())


def _move(record: Import, token: str, column: str, tally: Tally) -> bool:
    """Write the place and the counts, unless the import went elsewhere since it was read."""
    still = (Import.id == record.id, Import.position == record.position, Import.state == record.state)
    changes = {"position": token, column: tally.json()}
    return bool(Import.update(changes).where(Import.account == record.account_id, *still).execute())


def tally_column(record: Import) -> str:
    """Where a pass counts: `analysis` while it is analysed, `report` while it is imported."""
    return {ANALYSING: "analysis", RUNNING: "report"}[record.state]


def forget_seen(record: Import, until: float) -> bool:
    """Take away the notes of which addresses the file has shown. Returns True when some are left."""
    while True:
        with bulk():
            gone = sql(
                "DELETE FROM import_seen WHERE import_id = ? AND address_key IN "
                "(SELECT address_key FROM import_seen WHERE import_id = ? LIMIT ?)",
                (record.id, record.id, CLEARED),
            ).rowcount
        if gone < CLEARED:
            return False
        if time.monotonic() >= until:
            return True
