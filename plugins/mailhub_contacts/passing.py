"""One pass through an uploaded file, in slices: to analyse it or to import it. Goes on where it was, counts none twice.

What a batch changes, its counts and the place after it are written in one transaction of at most 1,000 rows.
"""

import json
import sys
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from mailhub.db import bulk, is_postgres, sql
from mailhub.hub import Hub
from mailhub_contacts import uploads
from mailhub_contacts.mapping import BadCells, Row, reader
from mailhub_contacts.models import ANALYSING, RUNNING, Import
from mailhub_contacts.seen import Seen, row_of
from mailhub_contacts.sheets import Batch, Layout, Sheet, open_sheet
from mailhub_contacts.tallies import Tally

BATCH = 1000
_TURN = 0.0005  # seconds
END = "end"
"""The position of a pass that has read every row."""


class Sorted(NamedTuple):
    """A batch: rows that name their address first, those that name one again (with the number of the first), bad ones."""

    rows: Sequence[Row]
    duplicates: Sequence[tuple[Row, int]]
    bad: Sequence[BadCells]


Take = Callable[[Hub, Import, Tally, Sorted], None]
Read = Callable[[int, list[str]], Row | BadCells]
_NOTHING = Sorted((), (), ())


class Moved(Exception):
    """Somebody else has the import now, or it was cancelled: this batch is not written."""


def go_on(hub: Hub, record: Import, until: float, take: Take, most: float = float("inf")) -> bool:
    """Read on until about `until` (monotonic seconds), giving each batch to `take` in its transaction.

    Stops too when more than `most` rows were counted. Returns True when there is more to do.
    """
    if record.position == END:
        return False
    try:
        with Seen(_seen_path(hub, record)) as seen:
            return _go_through(hub, record, seen, until, take, most)
    except Moved:
        return False


def _go_through(hub: Hub, record: Import, seen: Seen, until: float, take: Take, most: float) -> bool:
    sheet, read = opened(hub, record), reader(record.columns)
    catch_up(sheet, read, seen, record.position)
    found = _sorted(sheet, read, seen, record.position)
    for token, batch in _read_ahead(found) if is_postgres() else found:
        tally = _write(hub, record, token, batch, take)
        if time.monotonic() >= until or tally.counts["rows"] > most:
            return True
    _write(hub, record, END, _NOTHING, take)
    return False


def _sorted(sheet: Sheet, read: Read, seen: Seen, position: str) -> Iterator[tuple[str, Sorted]]:
    """Yield the batches with the places behind them."""
    for batch in sheet.batches(position, BATCH):
        yield batch.token, sort_out(read, seen, batch)


def _read_ahead(found: Iterator[tuple[str, Sorted]]) -> Iterator[tuple[str, Sorted]]:
    """The same; a thread reads the next while a server's database takes one.

    Each answer of the database waits for the thread's turn to end, so turns are short meanwhile. Not for SQLite: its work
    is this process's own, and on a busy machine the two wait for each other more than they gain.
    """
    turn = sys.getswitchinterval()
    sys.setswitchinterval(_TURN)
    try:
        with ThreadPoolExecutor(1, "read-ahead") as thread:
            waiting = thread.submit(next, found, None)
            while now := waiting.result():
                waiting = thread.submit(next, found, None)
                yield now
    finally:
        sys.setswitchinterval(turn)


def opened(hub: Hub, record: Import) -> Sheet:
    """The uploaded file, read as it was found to be at upload."""
    layout = Layout(**record.layout) if record.layout else None
    return open_sheet(uploads.spool(hub, record), name=record.name, layout=layout, scratch=uploads.scratch(hub))


def _seen_path(hub: Hub, record: Import) -> Path:
    """Other columns, or another way to read the file, make other addresses."""
    at = next((column["index"] for column in record.columns if column["field"] == "address"), -1)
    way = zlib.crc32(json.dumps([at, record.layout], sort_keys=True).encode())
    return uploads.scratch(hub) / f"import-{record.id}.seen-{way:x}"


def catch_up(sheet: Sheet, read: Read, seen: Seen, position: str) -> None:
    """Note the addresses that another machine has passed."""
    if seen.row >= row_of(position):
        return
    for batch in sheet.batches(seen.token, BATCH):
        sort_out(read, seen, batch)
        if seen.row >= row_of(position):
            return


def sort_out(read: Read, seen: Seen, batch: Batch) -> Sorted:
    """Read a batch's cells, and tell bad rows, first rows and later ones apart."""
    rows: list[Row] = []
    bad: list[BadCells] = []
    for number, cells in batch.numbered():
        found = read(number, cells)
        if isinstance(found, Row):
            rows.append(found)
        else:
            bad.append(found)
    return Sorted(*seen.sort(rows, batch.token), bad)


def _write(hub: Hub, record: Import, token: str, batch: Sorted, take: Take) -> Tally:
    column = tally_column(record)
    tally = Tally.of(getattr(record, column))
    with bulk():
        if is_postgres():  # what a crash of the database loses is read again: the place is lost with it
            sql("SET LOCAL synchronous_commit TO off")
        take(hub, record, tally, batch)
        if not _move(record, token, column, tally):
            raise Moved
    record.position = token
    setattr(record, column, tally.json())
    return tally


def _move(record: Import, token: str, column: str, tally: Tally) -> bool:
    """Write the place and the counts, unless the import went elsewhere since it was read."""
    still = (Import.id == record.id, Import.position == record.position, Import.state == record.state)
    changes = {"position": token, column: tally.json()}
    return bool(Import.update(changes).where(Import.account == record.account_id, *still).execute())


def tally_column(record: Import) -> str:
    """Where a pass counts: `analysis` while it is analysed, `report` while it is imported."""
    return {ANALYSING: "analysis", RUNNING: "report"}[record.state]
