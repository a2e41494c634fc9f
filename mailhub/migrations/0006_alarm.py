"""Mail of the system stream that waits for its sender, and the phone a user confirmed."""

import peewee

from mailhub.migrations import create_tables


class Account(peewee.Model):
    class Meta:
        table_name = "accounts"


class Alarm(peewee.Model):
    id = peewee.BigIntegerField(primary_key=True)
    account = peewee.ForeignKeyField(Account, backref="+")
    recipient = peewee.TextField()
    subject = peewee.TextField()
    body = peewee.TextField()
    state = peewee.TextField()
    attempts = peewee.IntegerField()
    due_at = peewee.BigIntegerField()
    error = peewee.TextField()
    created_at = peewee.BigIntegerField()

    class Meta:
        legacy_table_names = False
        table_name = "alarms"
        indexes = ((("state", "due_at"), False),)


def up(migrator: object, db: peewee.Database) -> None:
    create_tables(db, [Alarm])
    db.execute_sql("ALTER TABLE users ADD COLUMN phone TEXT")
    number = "INTEGER" if isinstance(db, peewee.SqliteDatabase) else "BIGINT"
    db.execute_sql(f"ALTER TABLE users ADD COLUMN phone_confirmed_at {number}")
    db.execute_sql("CREATE UNIQUE INDEX users_phone ON users (phone)")
