"""MTA-STS policies as rows, so that all processes hold to what one of them has read, also after a restart."""

from typing import Any

import peewee

from mailhub.db import Model, UTCField, sql


class StsPolicy(Model):
    """The policy of one domain (RFC 8461 section 3.2). `hosts` are separated by blanks; `max_age` is in seconds."""

    domain = peewee.TextField(primary_key=True)
    policy_id = peewee.TextField()
    mode = peewee.TextField()
    hosts = peewee.TextField()
    max_age = peewee.IntegerField()
    fetched_at = UTCField(index=True)
    expires_at = UTCField(index=True)

    class Meta:
        table_name = "mta_sts_policies"


def since(moment: int, now: int, most: int) -> list[StsPolicy]:
    """The newest policies fetched at or after `moment` that still hold at `now` (both ms), oldest first."""
    found = StsPolicy.select().where(StsPolicy.fetched_at >= moment, StsPolicy.expires_at > now)
    return list(found.order_by(StsPolicy.fetched_at.desc()).limit(most))[::-1]


def keep(row: dict[str, Any], now: int) -> None:
    """Write a policy (the columns by name) over the older one of its domain, and take away those that ended before `now`.

    Runs in the caller's transaction.
    """
    values: Any = StsPolicy.insert(**row)
    values.on_conflict(conflict_target=[StsPolicy.domain], update=row).execute()
    sql("DELETE FROM mta_sts_policies WHERE expires_at <= ?", (now,))
