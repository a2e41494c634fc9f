"""How much an SMTP login may submit in a minute and in an hour: its limits, and what all processes have counted so far.

The listener counts in memory and brings its counts here about once a second; nothing is asked or written per mail.
"""

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import peewee

from mailhub.accounts import SmtpCredential
from mailhub.config_sections import SmtpConfig
from mailhub.db import Model, in_list, sql, sql_many, transaction
from mailhub.hub import Hub
from mailhub.vocabulary import Schedule

NAMES = ("messages_per_minute", "messages_per_hour", "recipients_per_minute", "recipients_per_hour")
"""What can be limited: keys of [smtp] and of a login's own limits."""
MINUTE = 60_000
HOUR = 60
"""Minutes whose counts matter."""


class SmtpUse(Model):
    """What a login submitted in one minute (`minute` counts since 1970)."""

    credential_id = peewee.IntegerField()
    minute = peewee.BigIntegerField()
    messages = peewee.IntegerField(default=0)
    recipients = peewee.IntegerField(default=0)

    class Meta:
        table_name = "smtp_uses"
        primary_key = peewee.CompositeKey("credential_id", "minute")


class Limits(NamedTuple):
    """Messages and recipients a minute and an hour; 0: any number."""

    messages_per_minute: int = 0
    messages_per_hour: int = 0
    recipients_per_minute: int = 0
    recipients_per_hour: int = 0


class Used(NamedTuple):
    """What was submitted in one minute."""

    credential_id: int
    minute: int
    messages: int
    recipients: int


def limits_of(config: SmtpConfig, own: Mapping[str, int]) -> Limits:
    """The limits of a login: its own, but never more than the server's."""
    return Limits(*(_smaller(getattr(config, name), int(own.get(name, 0))) for name in NAMES))


def limits_now(config: SmtpConfig, credentials: Sequence[int]) -> dict[int, Limits]:
    """The limits that these logins (by id, not none) have now."""
    condition, parameters = in_list("id", credentials)
    rows = sql(f"SELECT id, limits FROM smtp_credentials WHERE {condition}", parameters).fetchall()
    return {number: limits_of(config, json.loads(own)) for number, own in rows}


def _smaller(one: int, other: int) -> int:
    return min(one, other) if one and other else one or other


def add(uses: Sequence[Used]) -> None:
    """Add counts to what is known, in the caller's transaction."""
    sql_many(
        "INSERT INTO smtp_uses (credential_id, minute, messages, recipients) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (credential_id, minute) DO UPDATE SET messages = smtp_uses.messages + excluded.messages, "
        "recipients = smtp_uses.recipients + excluded.recipients",
        sorted(uses),  # always in one order: two processes never wait for each other
    )


def used(credentials: Sequence[int], minute: int) -> list[Used]:
    """What these logins (by id, not none) submitted in the hour up to a minute, all processes together."""
    condition, parameters = in_list("credential_id", credentials)
    query = f"SELECT credential_id, minute, messages, recipients FROM smtp_uses WHERE {condition} AND minute > ?"
    return [Used(*row) for row in sql(query, [*parameters, minute - HOUR]).fetchall()]


def last_hour(hub: Hub, account_id: int) -> dict[int, tuple[int, int]]:
    """Messages and recipients of the last hour by login (its id), for those of an account that have limits."""
    rows = sql(
        "SELECT u.credential_id, sum(u.messages), sum(u.recipients) FROM smtp_uses u "
        "JOIN smtp_credentials c ON c.id = u.credential_id WHERE c.account_id = ? AND u.minute > ? "
        "GROUP BY u.credential_id",
        (account_id, hub.ms() // MINUTE - HOUR),
    ).fetchall()
    return {number: (int(messages), int(recipients)) for number, messages, recipients in rows}


def limits_on(hub: Hub, credential: SmtpCredential) -> Limits:
    """The limits a login has now."""
    return limits_of(hub.config.smtp, credential.limits or {})


def forget_old(hub: Hub) -> None:
    """Delete counts that no limit looks at any more; the clock's work."""
    with transaction():
        sql("DELETE FROM smtp_uses WHERE minute < ?", (hub.ms() // MINUTE - 2 * HOUR,))


SCHEDULES = (Schedule("smtp_uses.forget", 600, forget_old),)
