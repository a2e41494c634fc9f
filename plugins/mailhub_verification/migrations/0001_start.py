"""The first tables of verification."""

import peewee

from mailhub.migrations import create_tables


class Account(peewee.Model):
    class Meta:
        table_name = "accounts"


class Verification(peewee.Model):
    account = peewee.ForeignKeyField(Account, backref="+")
    audience = peewee.TextField()
    name = peewee.TextField()
    state = peewee.TextField()
    marker = peewee.BigIntegerField()
    done = peewee.BigIntegerField()
    total = peewee.BigIntegerField()
    verdicts = peewee.TextField()
    reasons = peewee.TextField()
    scores = peewee.TextField()
    job_id = peewee.BigIntegerField()
    created_by = peewee.TextField()
    created_at = peewee.BigIntegerField()
    finished_at = peewee.BigIntegerField(null=True)
    scope = peewee.TextField()
    suppress_marker = peewee.BigIntegerField()
    suppress_job_id = peewee.BigIntegerField()
    suppressed = peewee.BigIntegerField()
    suppressed_by = peewee.TextField()
    suppressed_at = peewee.BigIntegerField(null=True)

    class Meta:
        legacy_table_names = False
        table_name = "verifications"


class Verified(peewee.Model):
    verification = peewee.ForeignKeyField(Verification, index=False, on_delete="CASCADE", backref="+")
    key = peewee.BigIntegerField()
    address = peewee.TextField()
    verdict = peewee.TextField()
    score = peewee.SmallIntegerField()
    reasons = peewee.TextField()
    suggestion = peewee.TextField()
    active_at = peewee.BigIntegerField(null=True)

    class Meta:
        legacy_table_names = False
        table_name = "verified_addresses"
        primary_key = peewee.CompositeKey("verification", "key")
        indexes = ((("verification", "verdict", "key"), False),)


def up(migrator: object, db: peewee.Database) -> None:
    """Make the tables."""
    create_tables(db, (Verification, Verified))
