"""A process's node: a number of its own that makes its message ids unique and marks what it has claimed.

Ids are 63 bits: 41 of milliseconds since 2024, 10 of the node, 12 of a counter. They sort by time and need no database.
"""

import contextlib
import os
import threading
import time
import uuid
from pathlib import Path
from typing import IO

import peewee

from mailhub import locks
from mailhub.db import Model, UTCField, now_ms, sql, transaction
from mailhub.errors import UserError

EPOCH = 1_704_067_200_000
"""2024-01-01 in milliseconds: where the ids' clock starts."""
NODES = 1024
_COUNTER = 4096
_LEASE = 24 * 3600 * 1000
_RENEW = 6 * 3600 * 1000


class Node(Model):
    """A number in use. Another machine may take it when the lease has run out; on its own machine, when its lock is free."""

    number = peewee.SmallIntegerField(primary_key=True)
    machine = peewee.TextField()
    leased_until = UTCField()

    class Meta:
        table_name = "nodes"

    @classmethod
    def take(cls, number: int, machine: str) -> bool:
        """Write down that `machine` has `number`, for the next day; False when another machine has it."""
        now = now_ms()
        free = (cls.machine == machine) | (cls.leased_until <= now)
        if cls.update(machine=machine, leased_until=now + _LEASE).where(cls.number == number, free).execute():
            return True
        new = sql(
            "INSERT INTO nodes (number, machine, leased_until) VALUES (?, ?, ?) ON CONFLICT (number) DO NOTHING",
            (number, machine, now + _LEASE),
        )
        return bool(new.rowcount)


class NodeLease:
    """This process's node. Made once a process, after any fork; `release()` on a clean stop."""

    def __init__(self, data: Path) -> None:
        """Take the lowest free number. Raises `UserError` when all 1,024 are in use."""
        self.run = data / "run"
        self.machine = _machine(data)
        self._guard = threading.Lock()
        self._lock: IO[str]
        with transaction():
            self.number = self._take()
            self._last = _newest()
        self._renew_at = now_ms() + _RENEW

    @property
    def journal(self) -> Path:
        """Where this node's outcomes go before they are in the database."""
        return self.run / f"node-{self.number}.journal"

    def _take(self) -> int:
        rows = {row.number: row for row in Node.select()}
        for number in range(NODES):
            row = rows.get(number)
            if row and row.machine != self.machine and row.leased_until > now_ms():
                continue
            lock = lock_node(self.run, number)
            if lock is None or (self.run / f"node-{number}.journal").exists():
                continue  # in use, or its journal waits to be replayed
            if Node.take(number, self.machine):
                self._lock = lock
                return number
        raise UserError("All 1,024 nodes are in use: stop processes that are not needed, then start this one again.")

    def release(self) -> None:
        """Give the number back: on a clean stop, when nothing is claimed any more."""
        if self.journal.exists() and self.journal.stat().st_size == 0:
            self.journal.unlink()
        self._lock.close()

    def new_ids(self, count: int) -> range:
        """`count` ids, each larger than any this process made before. Raises ValueError for more than 4,096 at once."""
        if count > _COUNTER:
            raise ValueError(f"{count} ids were asked for, and 4,096 is the most at once")
        self.renew()
        with self._guard:
            start = max(self._last + 1, ((now_ms() - EPOCH) << 12))
            if start % _COUNTER + count > _COUNTER:
                start = ((start >> 12) + 1) << 12
            self._last = start + count - 1
        first = ((start >> 12) << 22) | (self.number << 12) | (start & 0xFFF)
        return range(first, first + count)

    def renew(self) -> None:
        """Keep the number: whoever works for longer than a day calls this now and then; it writes every six hours.

        Raises RuntimeError when this machine slept so long that another one has taken the number.
        """
        if now_ms() > self._renew_at:
            if not Node.take(self.number, self.machine):
                raise RuntimeError(
                    f"node {self.number} was taken by another machine: this process must be started again"
                )
            self._renew_at = now_ms() + _RENEW


def keep_nodes(node: NodeLease) -> None:
    """Renew the numbers of all this machine's living processes: an idle one makes no ids, and must keep its number."""
    for row in Node.select().where(Node.machine == node.machine):
        lock = lock_node(node.run, row.number)
        if lock is None:
            Node.take(row.number, node.machine)
        else:
            lock.close()


def lock_node(run: Path, number: int) -> IO[str] | None:
    """Take a node's lock, or None when a living process has it. The lock goes with the process, also at kill -9."""
    return locks.take(run / f"node-{number}.lock")


def _machine(data: Path) -> str:
    path = data / "run" / "machine"
    if not path.exists():
        draft = path.with_suffix(f".{os.getpid()}.{time.monotonic_ns()}")
        draft.write_text(uuid.uuid4().hex)
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
    return path.read_text()


def _newest() -> int:
    """Where the ids known so far end: were the clock set back since, an id made anew would stand for two messages."""
    newest = max(sql(f"SELECT max(id) FROM {table}").fetchone()[0] or 0 for table in ("queue", "messages"))
    return (newest >> 22 << 12) | (_COUNTER - 1)


def time_of(message_id: int) -> int:
    """When an id was made, in milliseconds since 1970."""
    return (message_id >> 22) + EPOCH


def first_at(moment: int) -> int:
    """The smallest id that can be made at a moment (ms since 1970); ids made earlier are below it."""
    return max(0, moment - EPOCH) << 22
