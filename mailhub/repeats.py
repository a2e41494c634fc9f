"""Requests that come twice: the answer to a request with an idempotency key is kept for a day and given again.

The row is written in the transaction that does the work, so that work and answer are there together or not at all.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import peewee

from mailhub.db import Model, UTCField, sql, transaction
from mailhub.errors import Conflict, Invalid, Sentence

KEPT = 24 * 3_600_000
"""Milliseconds an answer is kept."""
LONGEST = 200


class KeptAnswer(Model):
    """One answer. `key` begins with door and user; `digest` is of the action and its arguments; `answer` is JSON."""

    account_id = peewee.IntegerField()
    key = peewee.TextField()
    digest = peewee.TextField()
    answer = peewee.TextField(null=True)
    at = UTCField(index=True)

    class Meta:
        table_name = "kept_answers"
        primary_key = peewee.CompositeKey("account_id", "key")


def check_key(key: str) -> None:
    """Raise `Invalid` unless it is 1 to 200 printable characters of ASCII."""
    if not key or len(key) > LONGEST or not (key.isascii() and key.isprintable()):
        sentence = Sentence("The idempotency key is not 1 to {most} printable ASCII characters.", most=LONGEST)
        raise Invalid(fields={"Idempotency-Key": sentence})


def once(account_id: int, key: str, action: str, given: Mapping[str, Any], now: int, work: Callable[[], Any]) -> Any:
    """Do `work` in the caller's transaction, or give the answer it had before.

    A second request waits for the first one's commit. Raises `Conflict` when the key was used for something else.
    """
    digest = hashlib.sha256(json.dumps([action, given], sort_keys=True, default=_written).encode()).hexdigest()
    sql("DELETE FROM kept_answers WHERE account_id = ? AND key = ? AND at < ?", (account_id, key, now - KEPT))
    taken = sql(
        "INSERT INTO kept_answers (account_id, key, digest, answer, at) VALUES (?, ?, ?, NULL, ?) ON CONFLICT DO NOTHING",
        (account_id, key, digest, now),
    )
    if not taken.rowcount:
        return _again(account_id, key, digest)
    result = work()
    sql(
        "UPDATE kept_answers SET answer = ? WHERE account_id = ? AND key = ?",
        (json.dumps(result, ensure_ascii=False), account_id, key),
    )
    return result


def _written(value: Any) -> str:
    """What JSON has no word for; a file by what is in it, since the same upload comes under another path."""
    if not isinstance(value, Path):
        return str(value)
    with value.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _again(account_id: int, key: str, digest: str) -> Any:
    known, answer = sql(
        "SELECT digest, answer FROM kept_answers WHERE account_id = ? AND key = ?", (account_id, key)
    ).fetchone()
    if known != digest:
        raise Conflict("This idempotency key was used for another request: take a new key for each request.")
    return json.loads(answer)


def forget_old(now: int) -> None:
    """Take away the answers that are older than a day."""
    with transaction():
        sql("DELETE FROM kept_answers WHERE at < ?", (now - KEPT,))
