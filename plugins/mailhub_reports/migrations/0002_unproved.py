"""Reports that are not proved to be from who they say are kept apart."""

import peewee

from mailhub.migrations import create_tables


class Account(peewee.Model):
    class Meta:
        table_name = "accounts"


class Unproved(peewee.Model):
    account = peewee.ForeignKeyField(Account, backref="+")
    kind = peewee.TextField()
    org = peewee.TextField()
    author = peewee.TextField()
    report_id = peewee.TextField()
    domain = peewee.TextField()
    begin = peewee.BigIntegerField()
    end = peewee.BigIntegerField()
    mails = peewee.BigIntegerField()
    why = peewee.TextField()
    received_at = peewee.BigIntegerField()

    class Meta:
        legacy_table_names = False
        table_name = "reports_unproved"
        indexes = ((("account", "domain", "kind", "org", "author", "report_id"), True), (("received_at",), False))


def up(migrator: object, db: peewee.Database) -> None:
    """Make the table, and keep beside a waiting file whose mail it came in."""
    create_tables(db, (Unproved,))
    db.execute_sql("ALTER TABLE reports_files ADD COLUMN author TEXT NOT NULL DEFAULT ''")
