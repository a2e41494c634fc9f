"""Connectors: the table, and questions about one row."""

from typing import TYPE_CHECKING

import peewee

from mailhub.accounts import OwnedModel, User
from mailhub.db import UTCField

KINDS = ("iphone", "ipad", "android", "other")
READ, WRITE = PRIVILEGES = ("read", "write")


class Connector(OwnedModel):
    """One device of one user in one account, and what may be done from it. Its number is the row's.

    `activated_at` is the first sign-in. `family` is new at each sign-in and empty while no device is signed in;
    `generation` counts the refresh tokens given in it, `confirmed` the last of them that was seen in use. `code_hash`
    is the SHA-256 of the pairing code that waits, empty when there is none.
    """

    user = peewee.ForeignKeyField(User, index=True)
    if TYPE_CHECKING:
        user_id: int
    name = peewee.TextField()
    kind = peewee.TextField()
    privilege = peewee.TextField(default=READ)
    created_by = peewee.TextField(default="")
    created_at = UTCField()
    activated_at = UTCField(null=True)
    seen_at = UTCField(null=True)
    agent = peewee.TextField(default="")
    family = peewee.TextField(default="")
    generation = peewee.IntegerField(default=0)
    confirmed = peewee.IntegerField(default=0)
    rotated_at = UTCField(default=0)
    code_hash = peewee.TextField(default="", index=True)
    code_until = UTCField(default=0)
    revoked_at = UTCField(null=True)
    revoked_for = peewee.TextField(default="")

    class Meta:
        table_name = "connectors"

    @property
    def number(self) -> int:
        """What people call it by."""
        return int(self.id)

    @property
    def state(self) -> str:
        """`revoked`, `active` (a device is signed in), `out` (none is any more), or `waiting` for its first sign-in."""
        if self.revoked_at is not None:
            return "revoked"
        if self.family:
            return "active"
        return "waiting" if self.activated_at is None else "out"
