"""What submitters asked to be told about their mail, as the next server hears it (RFC 3461)."""

from collections.abc import Sequence

from mailhub.db import in_list, sql
from mailhub.delivery.smtp_words import Dsn


def wishes(messages: Sequence[int]) -> dict[int, Dsn]:
    """The wishes about these messages (by id, not none); one query, and nearly always no answer.

    SUCCESS is not passed on: MailHub itself tells of it once the next server has the mail, so it is told once.
    """
    condition, parameters = in_list("message_id", messages)
    rows = sql(f"SELECT message_id, ret, envid, notify, orcpt FROM envelopes WHERE {condition}", parameters).fetchall()
    return {number: Dsn(ret, envid, _without_success(notify), orcpt) for number, ret, envid, notify, orcpt in rows}


def _without_success(notify: str) -> str:
    if not notify:
        return ""
    return ",".join(each for each in notify.split(",") if each != "SUCCESS") or "NEVER"
