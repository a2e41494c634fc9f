"""What stays of purged messages; old mail that came whole is found by its age."""

import peewee

from mailhub.migrations import create_tables


class PastMessage(peewee.Model):
    id = peewee.BigIntegerField(primary_key=True)
    source_id = peewee.IntegerField()
    address_key = peewee.BigIntegerField()

    class Meta:
        legacy_table_names = False
        table_name = "past_messages"


class PastRecipient(peewee.Model):
    account_id = peewee.IntegerField()
    address_key = peewee.BigIntegerField()
    address = peewee.TextField()

    class Meta:
        legacy_table_names = False
        table_name = "past_recipients"
        primary_key = peewee.CompositeKey("account_id", "address_key")


def up(migrator: object, db: peewee.Database) -> None:
    PastRecipient._meta.without_rowid = isinstance(db, peewee.SqliteDatabase)
    create_tables(db, (PastMessage, PastRecipient))
    db.execute_sql("CREATE INDEX contents_mime ON contents (created_at) WHERE kind = 'mime'")
