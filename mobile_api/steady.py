"""A wish is carried out on what was seen, once: in a transaction in which what was read stays true to its end."""

from collections.abc import Callable
from typing import Any

import peewee

from mailhub import repeats
from mailhub.db import is_postgres, sql, transaction
from mailhub.hub import Hub
from mobile_api.access import Device

TRIES = 5
_AGAIN = ("40001", "40P01", "23505")
"""PostgreSQL: somebody else changed what was read, each waited for the other, the same row was added twice."""


def carry_out(hub: Hub, device: Device, key: str, asked: dict[str, Any], work: Callable[[], Any]) -> Any:
    """Do `work`, which reads, decides and acts; where somebody else was faster it is all done anew.

    With a `key` the same wish of the same device within a day gets the first answer (JSON) again. Raises what `work`
    and `repeats.once` raise; then nothing has changed.
    """
    for left in reversed(range(TRIES)):
        try:
            with transaction():
                if is_postgres():  # SQLite's writing transactions are so by themselves
                    sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                return _once(hub, device, key, asked, work)
        except (peewee.OperationalError, peewee.IntegrityError) as error:
            if not left or _sqlstate(error) not in _AGAIN:
                raise
    raise AssertionError("the last try either answered or raised")


def _sqlstate(error: peewee.PeeweeException) -> str:
    """The code of what psycopg had raised; "" on SQLite."""
    return str(getattr(getattr(error, "orig", None), "sqlstate", ""))


def _once(hub: Hub, device: Device, key: str, asked: dict[str, Any], work: Callable[[], Any]) -> Any:
    if not key:
        return work()
    repeats.check_key(key)
    mine = f"phone {device.number} {key}"
    return repeats.once(device.actor.account_id, mine, "phone", asked, hub.ms(), work)
