"""The sandbox route: keeps what it delivers, for the Sandbox page; nothing leaves the machine."""

import re
import zlib
from collections.abc import Sequence
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from typing import NamedTuple

from mailhub.db import sandbox_db
from mailhub.hub import Hub
from mailhub.messages import Kept

DAY = 86_400_000
_SUBJECT = re.compile(rb"\r\nsubject:((?:[^\r\n]|\r\n[ \t])*)", re.IGNORECASE)


class Delivered(NamedTuple):
    """One mail for the sandbox. `at` is in ms."""

    id: int
    account_id: int
    source_id: int
    envelope_from: str
    recipient: str
    message: bytes
    at: int
    system: bool = False


def keep(mails: Sequence[Delivered]) -> None:
    """Store mails in one transaction of the sandbox's own database. Keeping a mail twice changes nothing."""
    rows = [
        (each.id, each.account_id, each.source_id, each.system, each.envelope_from, each.recipient,
         subject_of(each.message), len(each.message), zlib.compress(each.message, 1), each.at)
        for each in mails
    ]  # fmt: skip
    mark = sandbox_db.param
    with sandbox_db.atomic():
        sandbox_db.cursor().executemany(
            "INSERT INTO sandbox (id, account_id, source_id, system, envelope_from, recipient, subject, size, body, at) "
            f"VALUES ({','.join([mark] * 10)}) ON CONFLICT (id) DO NOTHING",
            rows,
        )


def subject_of(message: bytes) -> str:
    """The subject of a mail as its reader sees it (RFC 2047 decoded); "" when there is none."""
    head = message.partition(b"\r\n\r\n")[0]
    found = _SUBJECT.search(b"\r\n" + head)
    if found is None:
        return ""
    folded = found[1].decode("utf-8", "replace").replace("\r\n", "")
    try:
        subject = str(make_header(decode_header(folded)))
    except (LookupError, ValueError, HeaderParseError):
        subject = folded
    # Encoded words can spell what no database keeps as text: NUL and half characters.
    return "".join(sign if sign.isprintable() else " " for sign in subject).strip()


def message_of(kept: Kept) -> bytes:
    """The mail as it was delivered, byte for byte."""
    return zlib.decompress(bytes(kept.body))


def forget_old(hub: Hub) -> None:
    """Delete what is older than `delivery.sandbox_days`."""
    Kept.delete().where(Kept.at < hub.ms() - hub.config.delivery.sandbox_days * DAY).execute()
