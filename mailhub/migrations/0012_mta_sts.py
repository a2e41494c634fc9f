"""The MTA-STS policies of other domains."""

import peewee

from mailhub.migrations import create_tables


class StsPolicy(peewee.Model):
    domain = peewee.TextField(primary_key=True)
    policy_id = peewee.TextField()
    mode = peewee.TextField()
    hosts = peewee.TextField()
    max_age = peewee.IntegerField()
    fetched_at = peewee.BigIntegerField(index=True)
    expires_at = peewee.BigIntegerField(index=True)

    class Meta:
        legacy_table_names = False
        table_name = "mta_sts_policies"


def up(migrator: object, db: peewee.Database) -> None:
    create_tables(db, [StsPolicy])
