"""The sandbox's table."""

import peewee

from mailhub.migrations import create_tables


class Kept(peewee.Model):
    id = peewee.BigIntegerField(primary_key=True)
    account_id = peewee.IntegerField()
    source_id = peewee.IntegerField()
    system = peewee.BooleanField()
    envelope_from = peewee.TextField()
    recipient = peewee.TextField()
    subject = peewee.TextField()
    size = peewee.IntegerField()
    body = peewee.BlobField()
    at = peewee.BigIntegerField()

    class Meta:
        legacy_table_names = False
        table_name = "sandbox"
        indexes = (
            (("account_id", "id"), False),
            (("at",), False),
        )


TABLES = (Kept,)


def up(migrator: object, db: peewee.Database) -> None:
    create_tables(db, TABLES)
