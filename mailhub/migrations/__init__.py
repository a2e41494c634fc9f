"""Bringing a database to this version: numbered scripts of the core and of each plugin, each run once, in order.

A script `NNNN_name.py` defines `up(migrator, db)` with its own frozen copy of the tables it makes. The history of a
room (core, or a plugin's name) is a table of its own, so a plugin that is switched off keeps what it had.
"""

import contextlib
import fcntl
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import peewee
from playhouse.migrations import Runner

from mailhub.db import Lock, db, is_postgres, sandbox_db
from mailhub.errors import UserError

CORE = Path(__file__).parent


def migrate(data: Path, plugins: Mapping[str, Path]) -> list[str]:
    """Run what is pending for the core and for `plugins` (name → its migrations folder).

    `data` is the data folder, whose lock keeps two processes from migrating at once. Returns the names that ran.
    Raises `UserError` when the database was written by a newer version.
    """
    rooms = {"core": CORE, **plugins}
    pending = [_pending(room, folder) for room, folder in rooms.items()]  # all are looked at: any may be newer
    if not any(pending):
        return []
    with _alone(data):
        return [f"{room}/{name}" for room, folder in rooms.items() for name in _runner(room, folder).up()]


def _runner(room: str, folder: Path) -> Runner:
    database = sandbox_db.obj if room == "sandbox" else db.obj
    return Runner(database, str(folder), table_name=f"migrations_{room}")


def _pending(room: str, folder: Path) -> bool:
    status = _runner(room, folder).status()
    newer = [each.name for each in status if each.path is None]
    if newer:
        raise UserError(
            f"This database was written by a newer MailHub ({room}: {newer[-1]}): "
            "start that version, or restore the backup made before the upgrade."
        )
    return any(each.applied is None for each in status)


@contextlib.contextmanager
def _alone(data: Path) -> Iterator[None]:
    if is_postgres():
        db.execute_sql("SELECT pg_advisory_lock(%s)", (int(Lock.MIGRATION),))
        try:
            yield
        finally:
            db.execute_sql("SELECT pg_advisory_unlock(%s)", (int(Lock.MIGRATION),))
        return
    with (data / "run" / "migrate.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def create_tables(database: peewee.Database, models: Sequence[type[peewee.Model]]) -> None:
    """Create a script's frozen tables in `database`, bound for this call only."""
    with database.bind_ctx(models, bind_refs=False, bind_backrefs=False):
        database.create_tables(list(models), safe=False)
