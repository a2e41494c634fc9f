"""The activity log: who did what, from which door, when; append-only, each row sealed by the hash of the one before.

Personal values are sealed by a salted commitment, so that erasing them (and their salt) leaves the chain whole.
"""

import hashlib
import json
import secrets
from collections.abc import Mapping
from typing import Any

import peewee

from mailhub.accounts import OwnedModel
from mailhub.db import JsonField, UTCField, is_postgres, sql
from mailhub.permissions import Actor

GENESIS = "0" * 64


class Activity(OwnedModel):
    """One thing somebody did. `personal` may be emptied (erasure); `commitment` keeps its seal."""

    sequence = peewee.IntegerField()
    at = UTCField()
    door = peewee.TextField()
    user_id = peewee.IntegerField(null=True)
    action = peewee.TextField()
    target = peewee.TextField(default="")
    personal = JsonField(null=True)
    salt = peewee.TextField(null=True)
    commitment = peewee.TextField(default="")
    previous = peewee.TextField()
    hash = peewee.TextField()

    class Meta:
        table_name = "activity"
        indexes = ((("account", "sequence"), True),)


def write(actor: Actor, action: str, at: int, target: str = "", values: Mapping[str, Any] | None = None) -> None:
    """Append to the account's log, in the caller's transaction.

    `values` (who, and what was asked) are personal: kept beside a commitment. `at` is in ms.
    """
    if is_postgres():
        # One writer an account; no stronger lock, which would wait for everyone who adds a row to the account.
        sql("SELECT id FROM accounts WHERE id = ? FOR NO KEY UPDATE", (actor.account_id,))
    last = Activity.of(actor.account_id).order_by(Activity.sequence.desc()).first()
    personal = {"who": actor.name, **(values or {})}
    salt = secrets.token_hex(16)
    row = Activity(
        account=actor.account_id,
        sequence=last.sequence + 1 if last else 1,
        at=at,
        door=actor.door,
        user_id=actor.user_id,
        action=action,
        target=target,
        personal=personal,
        salt=salt,
        commitment=_commit(personal, salt),
        previous=last.hash if last else GENESIS,
    )
    row.hash = _seal(row)
    row.save(force_insert=True)


def first_broken(account_id: int) -> int | None:
    """The sequence number of the first row that is missing or was changed, or None when the chain is whole."""
    previous, expected = GENESIS, 1
    for row in Activity.of(account_id).order_by(Activity.sequence).iterator():
        if row.sequence != expected or row.previous != previous or row.hash != _seal(row):
            return expected
        if row.personal is not None and _commit(row.personal, row.salt) != row.commitment:
            return expected
        previous, expected = row.hash, expected + 1
    return None


def _commit(personal: Mapping[str, Any], salt: str) -> str:
    text = json.dumps(personal, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(f"{salt}\n{text}".encode()).hexdigest()


def _seal(row: Activity) -> str:
    parts = [row.previous, row.account_id, row.sequence, row.at, row.door, row.user_id, row.action, row.target]
    return hashlib.sha256(json.dumps([*parts, row.commitment], ensure_ascii=False).encode()).hexdigest()
