"""Mail that came from elsewhere, on disk and not yet understood: its bytes once, a row for each recipient.

The listener writes here and does nothing else; `understanding` claims, acts and takes away. What nobody understands
stays, `kept` for staff.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import peewee

from mailhub.db import Model, UTCField, in_list, is_postgres, sql, sql_many
from mailhub.messages import NEVER
from mailhub.sentences import SentenceField

LEASE = 120_000
"""Milliseconds a claim lasts when nobody frees it earlier."""
BYTES = 8_000_000
"""Octets of mail one claim brings at most, unless the first mail alone is larger."""


class ArrivedMail(Model):
    """A mail as it came, with our Received line on top: once, whatever the number of its recipients.

    `policy` is what the listener does with mail that fails authentication: tag, quarantine or refuse.
    """

    id = peewee.BigIntegerField(primary_key=True)
    sender = peewee.TextField()
    peer = peewee.TextField()
    helo = peewee.TextField()
    received_at = UTCField()
    policy = peewee.TextField()
    size = peewee.IntegerField()
    content = peewee.BlobField()

    class Meta:
        table_name = "arrived_mails"


class Arrival(Model):
    """One recipient of a mail that came. `holder` is the slot that has it claimed until `due_at`.

    `attempts` counts claims, so that a mail that kills whoever reads it is found. A kept one is due never; `kept` says
    why (a key of `keeping.REASONS`), `told` what was said, `subject` is for the list.
    """

    id = peewee.BigIntegerField(primary_key=True)
    mail_id = peewee.BigIntegerField(index=True)
    recipient = peewee.TextField()
    due_at = UTCField()
    attempts = peewee.SmallIntegerField(default=0)
    holder = peewee.SmallIntegerField(null=True)
    kept = peewee.TextField(default="")
    told = SentenceField(default="")
    subject = peewee.TextField(default="")

    class Meta:
        table_name = "arrivals"
        indexes = ((("due_at", "id"), False),)


class Came(NamedTuple):
    """A mail for some recipients, as the listener has it; moments in ms."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes
    peer: str
    helo: str
    received_at: int
    policy: str


class Claimed(NamedTuple):
    """One recipient of one mail, claimed. `attempts` counts this claim too."""

    id: int
    mail_id: int
    recipient: str
    attempts: int
    sender: str
    peer: str
    helo: str
    received_at: int
    policy: str
    content: bytes


def write(ids: Sequence[int], came: Came) -> None:
    """Put a mail on disk, in the caller's transaction. `ids`: one for the mail and one for each recipient."""
    sql(
        "INSERT INTO arrived_mails (id, sender, peer, helo, received_at, policy, size, content) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (ids[0], came.sender, came.peer, came.helo, came.received_at, came.policy, len(came.content), came.content),
    )
    sql_many(
        "INSERT INTO arrivals (id, mail_id, recipient, due_at, attempts, kept, told, subject) "
        "VALUES (?, ?, ?, ?, 0, '', '', '')",
        [(id_, ids[0], each, came.received_at) for id_, each in zip(ids[1:], came.recipients, strict=True)],
    )


def claim(slot: int, now: int, limit: int) -> list[Claimed]:
    """Take what is due, the oldest first, in the caller's transaction: `limit` at most and not more than `BYTES`.

    What was claimed before and not finished comes alone: it may be what killed the process that had it.
    """
    skip = " FOR UPDATE OF a SKIP LOCKED" if is_postgres() else ""
    rows = sql(
        "SELECT a.id, a.attempts, m.size FROM arrivals a JOIN arrived_mails m ON m.id = a.mail_id "
        f"WHERE a.due_at <= ? ORDER BY a.due_at, a.id LIMIT ?{skip}",
        (now, limit),
    ).fetchall()
    ids = _together(rows)
    if not ids:
        return []
    condition, parameters = in_list("id", ids)
    sql(
        f"UPDATE arrivals SET holder = ?, due_at = ?, attempts = attempts + 1 WHERE {condition}",
        (slot, now + LEASE, *parameters),
    )
    condition, parameters = in_list("a.id", ids)
    found = sql(
        "SELECT a.id, a.mail_id, a.recipient, a.attempts, m.sender, m.peer, m.helo, m.received_at, m.policy, m.content "
        f"FROM arrivals a JOIN arrived_mails m ON m.id = a.mail_id WHERE {condition} ORDER BY a.id",
        parameters,
    ).fetchall()
    return [Claimed._make((*row[:-1], bytes(row[-1]))) for row in found]


def _together(rows: Sequence[tuple[int, int, int]]) -> list[int]:
    """Which of the rows (id, attempts, octets) are claimed together."""
    ids: list[int] = []
    octets = 0
    for id_, attempts, size in rows:
        octets += size
        if ids and (attempts or octets > BYTES):
            break
        ids.append(id_)
        if attempts:
            break
    return ids


def release(slot: int, now: int) -> int:
    """Give back what a slot has claimed and nobody works on any more: its process died. Returns how many."""
    released: int = sql(
        "UPDATE arrivals SET holder = NULL, due_at = ? WHERE holder = ? AND due_at < ?", (now, slot, NEVER)
    ).rowcount
    return released


def still(slot: int, claimed: Iterable[Claimed]) -> set[int]:
    """Which of the claims are the slot's still; their rows are locked until the caller's transaction ends."""
    wanted = {each.id: each.attempts for each in claimed}
    if not wanted:
        return set()
    condition, parameters = in_list("id", list(wanted))
    locked = " FOR UPDATE" if is_postgres() else ""
    rows = sql(
        f"SELECT id, attempts FROM arrivals WHERE {condition} AND holder = ? ORDER BY id{locked}", (*parameters, slot)
    ).fetchall()
    return {id_ for id_, attempts in rows if wanted[id_] == attempts}


def take_away(claimed: Sequence[Claimed]) -> None:
    """Forget what was understood, and the bytes when no other recipient needs them; in the caller's transaction."""
    remove([each.id for each in claimed], [each.mail_id for each in claimed])


def remove(ids: Sequence[int], mails: Sequence[int]) -> None:
    """Delete arrivals, and those of their mails that have none left."""
    if not ids:
        return
    condition, parameters = in_list("id", ids)
    sql(f"DELETE FROM arrivals WHERE {condition}", parameters)
    condition, parameters = in_list("id", sorted(set(mails)))
    sql(
        f"DELETE FROM arrived_mails WHERE {condition} "
        "AND NOT EXISTS (SELECT 1 FROM arrivals a WHERE a.mail_id = arrived_mails.id)",
        parameters,
    )


def put_off(claimed: Sequence[Claimed], until: int, *, counted: bool) -> None:
    """Look at claims again at `until` (ms). `counted`: this attempt stays counted, as it failed."""
    if not claimed:
        return
    condition, parameters = in_list("id", [each.id for each in claimed])
    sql(
        f"UPDATE arrivals SET holder = NULL, due_at = ?, attempts = attempts - ? WHERE {condition}",
        (until, 0 if counted else 1, *parameters),
    )


def keep(each: Claimed, why: str, told: Any, subject: str) -> None:
    """Keep one for staff, in the caller's transaction. `told` is a sentence, or ""."""
    Arrival.update(holder=None, due_at=NEVER, kept=why, told=told, subject=subject).where(
        Arrival.id == each.id
    ).execute()


def waiting(now: int, most: int) -> int:
    """How many are due now, counted up to `most`."""
    row = sql("SELECT count(*) FROM (SELECT 1 FROM arrivals WHERE due_at <= ? LIMIT ?) AS due", (now, most)).fetchone()
    return int(row[0])
