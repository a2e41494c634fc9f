"""The plugin's tables: a list that is verified, and what was found of each address."""

from typing import Any

import peewee

from mailhub.accounts import OwnedModel
from mailhub.db import JsonField, Model, UTCField

RUNNING, DONE, CANCELLED, FAILED, DELETED = "running", "done", "cancelled", "failed", "deleted"
"""States of a verification. `failed` is never stored: it is what a stopped job makes of the first. A `deleted` one is seen
by nobody, and goes when its findings are gone."""


class Verification(OwnedModel):
    """One list on its way through verification. `marker` is the key of the last recipient that is through.

    `verdicts`, `reasons` and `scores` count addresses by verdict, by slug, and by tens of the score (eleven numbers, the
    last for 100). `suppress_*` is the same for suppressing what is undeliverable; `scope` is "" before that was asked for.
    """

    audience = peewee.TextField()
    name = peewee.TextField()
    state = peewee.TextField(default=RUNNING)
    marker = peewee.BigIntegerField(default=0)
    done = peewee.BigIntegerField(default=0)
    total = peewee.BigIntegerField(default=0)
    verdicts = JsonField(default=dict)
    reasons = JsonField(default=dict)
    scores = JsonField(default=list)
    job_id = peewee.BigIntegerField(default=0)
    created_by = peewee.TextField(default="")
    created_at = UTCField()
    finished_at = UTCField(null=True)
    scope = peewee.TextField(default="")
    suppress_marker = peewee.BigIntegerField(default=0)
    suppress_job_id = peewee.BigIntegerField(default=0)
    suppressed = peewee.BigIntegerField(default=0)
    suppressed_by = peewee.TextField(default="")
    suppressed_at = UTCField(null=True)

    class Meta:
        table_name = "verifications"


class Verified(Model):
    """What was found of one address. `key` is the recipient's, `reasons` are slugs with blanks between."""

    verification: Any = peewee.ForeignKeyField(Verification, index=False, on_delete="CASCADE")
    key = peewee.BigIntegerField()
    address = peewee.TextField()
    verdict = peewee.TextField()
    score = peewee.SmallIntegerField()
    reasons = peewee.TextField(default="")
    suggestion = peewee.TextField(default="")
    active_at = UTCField(null=True)

    class Meta:
        table_name = "verified_addresses"
        primary_key = peewee.CompositeKey("verification", "key")
        indexes = ((("verification", "verdict", "key"), False),)
