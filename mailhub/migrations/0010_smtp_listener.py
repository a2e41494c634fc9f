"""Bans and limits at the SMTP listener, and what submitters asked to be told. What bounced before is told to nobody."""

import peewee

from mailhub.migrations import create_tables


class SmtpBan(peewee.Model):
    subject = peewee.TextField(primary_key=True)
    reason = peewee.TextField()
    count = peewee.IntegerField()
    made_at = peewee.BigIntegerField()
    until = peewee.BigIntegerField(null=True)
    changed_at = peewee.BigIntegerField(index=True)

    class Meta:
        legacy_table_names = False
        table_name = "smtp_bans"


class SmtpUse(peewee.Model):
    credential_id = peewee.IntegerField()
    minute = peewee.BigIntegerField()
    messages = peewee.IntegerField()
    recipients = peewee.IntegerField()

    class Meta:
        legacy_table_names = False
        table_name = "smtp_uses"
        primary_key = peewee.CompositeKey("credential_id", "minute")


class Envelope(peewee.Model):
    message_id = peewee.BigIntegerField(primary_key=True)
    ret = peewee.TextField()
    envid = peewee.TextField()
    notify = peewee.TextField()
    orcpt = peewee.TextField()

    class Meta:
        legacy_table_names = False
        table_name = "envelopes"


class SentNotice(peewee.Model):
    address_key = peewee.BigIntegerField()
    hour = peewee.BigIntegerField()
    count = peewee.IntegerField()

    class Meta:
        legacy_table_names = False
        table_name = "sent_notices"
        primary_key = peewee.CompositeKey("address_key", "hour")


COLUMNS = (
    ("smtp_credentials", "used_from TEXT NOT NULL DEFAULT ''"),
    ("smtp_credentials", "limits TEXT NOT NULL DEFAULT '{}'"),
    ("smtp_credentials", "networks TEXT NOT NULL DEFAULT '[]'"),
    ("contents", "envelope_from TEXT"),
)


def up(migrator: object, db: peewee.Database) -> None:
    create_tables(db, (SmtpBan, SmtpUse, Envelope, SentNotice))
    for table, column in COLUMNS:
        db.execute_sql(f"ALTER TABLE {table} ADD COLUMN {column}")
    db.execute_sql("INSERT INTO cursors (name, position) SELECT 'dsn', COALESCE(MAX(id), 0) FROM events")
