"""What submitters asked to be told about their mail, as the next server hears it (RFC 3461)."""

from collections.abc import Sequence

from mailhub.db import in_list, sql
from mailhub.delivery.smtp_words import Dsn


def wishes(messages: Sequence[int]) -> dict[int, Dsn]:
    """The wishes about these messages (by id, not none); one query, and nearly always no answer.

    SUCCESS too: a server that offers DSN tells of it, and MailHub does for one that does not (section 6.2.1).
    """
    condition, parameters = in_list("message_id", messages)
    rows = sql(f"SELECT message_id, ret, envid, notify, orcpt FROM envelopes WHERE {condition}", parameters).fetchall()
    return {number: Dsn(*asked) for number, *asked in rows}
