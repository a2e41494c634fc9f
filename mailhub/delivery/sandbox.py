"""The sandbox route: keeps what it delivers, for the Sandbox page; nothing leaves the machine."""

import zlib
from collections.abc import Sequence
from typing import NamedTuple

from mailhub.db import sandbox_db
from mailhub.hub import Hub
from mailhub.messages import Kept

DAY = 86_400_000


class Delivered(NamedTuple):
    """One mail for the sandbox. `at` is in ms."""

    id: int
    account_id: int
    source_id: int
    envelope_from: str
    recipient: str
    subject: str
    message: bytes
    at: int
    system: bool = False


def keep(mails: Sequence[Delivered]) -> None:
    """Store mails in one transaction of the sandbox's own database. Keeping a mail twice changes nothing."""
    rows = [
        (each.id, each.account_id, each.source_id, each.system, each.envelope_from, each.recipient, each.subject,
         len(each.message), zlib.compress(each.message, 1), each.at)
        for each in mails
    ]  # fmt: skip
    mark = sandbox_db.param
    with sandbox_db.atomic():
        sandbox_db.cursor().executemany(
            "INSERT INTO sandbox (id, account_id, source_id, system, envelope_from, recipient, subject, size, body, at) "
            f"VALUES ({','.join([mark] * 10)}) ON CONFLICT (id) DO NOTHING",
            rows,
        )


def message_of(kept: Kept) -> bytes:
    """The mail as it was delivered, byte for byte."""
    return zlib.decompress(bytes(kept.body))


def forget_old(hub: Hub) -> None:
    """Delete what is older than `delivery.sandbox_days`."""
    Kept.delete().where(Kept.at < hub.ms() - hub.config.delivery.sandbox_days * DAY).execute()
