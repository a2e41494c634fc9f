"""Uploaded files: kept in the database in pieces, put on this machine's disk when they are read."""

from pathlib import Path
from typing import BinaryIO

from mailhub.db import sql, transaction
from mailhub.errors import Conflict
from mailhub.hub import Hub
from mailhub_contacts.models import Import, ImportChunk

CHUNK = 2**20
MAX_KEPT = 4 * 2**30
"""Bytes of files that may wait in an account at a time; each goes when it is imported or discarded, or after a week."""


def require_room(account_id: int, size: int) -> None:
    """Raise `Conflict` when a file of `size` bytes would be more than an account may have waiting."""
    waiting = sql(
        "SELECT coalesce(sum(i.size), 0) FROM imports i WHERE i.account_id = ? AND EXISTS "
        "(SELECT 1 FROM import_chunks c WHERE c.import_id = i.id AND c.number = 0)",
        (account_id,),
    ).fetchone()[0]
    if waiting + size > MAX_KEPT:
        raise Conflict(
            "Files of {waiting} MB wait for their import already, and {most} MB may: import them, or discard some first.",
            waiting=int(waiting) // 2**20,
            most=MAX_KEPT // 2**20,
        )


def store(record: Import, file: BinaryIO) -> int:
    """Keep a file's bytes, piece by piece; returns how many bytes there were."""
    size = number = 0
    while chunk := file.read(CHUNK):
        with transaction():
            sql(
                "INSERT INTO import_chunks (import_id, number, body) VALUES (?, ?, ?)",
                (record.id, number, chunk),
            )
        size, number = size + len(chunk), number + 1
    return size


def spool(hub: Hub, record: Import) -> Path:
    """The uploaded file on this machine's disk; written there once, and found again by the next slice."""
    folder = scratch(hub)
    path = folder / f"import-{record.id}"
    if path.exists() and path.stat().st_size == record.size:
        return path
    draft = path.with_suffix(".part")
    with draft.open("wb") as file:
        for number in range(-(-record.size // CHUNK)):
            file.write(_chunk(record, number))
    return draft.replace(path)


def _chunk(record: Import, number: int) -> bytes:
    row = sql("SELECT body FROM import_chunks WHERE import_id = ? AND number = ?", (record.id, number)).fetchone()
    if row is None:
        raise LookupError(f"piece {number} of import {record.id} is not in the database")
    return bytes(row[0])


def scratch(hub: Hub) -> Path:
    """The folder for files that are being read; everything in it can be made again."""
    folder = hub.config.data / "run" / "imports"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def forget(hub: Hub, record: Import) -> None:
    """Take an upload out of the database, and off this machine's disk."""
    clean(hub, record)
    with transaction():
        ImportChunk.delete().where(ImportChunk.record == record.id).execute()


def clean(hub: Hub, record: Import) -> None:
    """Take an upload, and what a workbook was unpacked to, off this machine's disk."""
    for path in scratch(hub).glob(f"import-{record.id}*"):
        if path.name == f"import-{record.id}" or path.name.startswith(f"import-{record.id}."):
            path.unlink(missing_ok=True)
