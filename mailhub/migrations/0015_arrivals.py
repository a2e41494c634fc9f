"""Mail that came from elsewhere: its bytes once, and for each recipient what is still to understand or is kept for staff."""

import peewee

from mailhub.migrations import create_tables


class ArrivedMail(peewee.Model):
    id = peewee.BigIntegerField(primary_key=True)
    sender = peewee.TextField()
    peer = peewee.TextField()
    helo = peewee.TextField()
    received_at = peewee.BigIntegerField()
    policy = peewee.TextField()
    size = peewee.IntegerField()
    content = peewee.BlobField()

    class Meta:
        legacy_table_names = False
        table_name = "arrived_mails"


class Arrival(peewee.Model):
    id = peewee.BigIntegerField(primary_key=True)
    mail_id = peewee.BigIntegerField(index=True)
    recipient = peewee.TextField()
    due_at = peewee.BigIntegerField()
    attempts = peewee.SmallIntegerField()
    holder = peewee.SmallIntegerField(null=True)
    kept = peewee.TextField()
    told = peewee.TextField()
    subject = peewee.TextField()

    class Meta:
        legacy_table_names = False
        table_name = "arrivals"
        indexes = ((("due_at", "id"), False),)


def up(migrator: object, db: peewee.Database) -> None:
    create_tables(db, (ArrivedMail, Arrival))
    db.execute_sql("CREATE INDEX arrivals_holder ON arrivals (holder) WHERE holder IS NOT NULL")
    if isinstance(db, peewee.PostgresqlDatabase):
        # What comes and goes within seconds is not worth compressing.
        db.execute_sql("ALTER TABLE arrived_mails ALTER COLUMN content SET STORAGE EXTERNAL")
