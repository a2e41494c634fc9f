"""Segments, indexes of who unsubscribed from a campaign and of copies. Ready-made marketers from whom nothing was taken
make segments too."""

import json

import peewee

from mailhub.migrations import create_tables

MARKETER = [
    "campaigns.view", "campaigns.edit", "campaigns.validate", "campaigns.start", "campaigns.pause", "campaigns.cancel",
    "contacts.view", "contacts.edit", "contacts.import", "lists.edit", "suppressions.view", "suppressions.edit",
    "messages.view", "sandbox.view", "alerts.edit", "phones.edit", "slack.use", "verifications.view", "verifications.run",
]  # fmt: skip


class Account(peewee.Model):
    class Meta:
        table_name = "accounts"


class Segment(peewee.Model):
    account = peewee.ForeignKeyField(Account, backref="+")
    name = peewee.TextField()
    rules = peewee.TextField()
    created_at = peewee.BigIntegerField()
    updated_at = peewee.BigIntegerField()

    class Meta:
        legacy_table_names = False
        table_name = "segments"
        indexes = ((("account", "name"), True),)


def up(migrator: object, db: peewee.Database) -> None:
    create_tables(db, (Segment,))
    db.execute_sql("CREATE INDEX events_unsubscribed ON events (source_id) WHERE kind = 'unsubscribed'")
    db.execute_sql("CREATE INDEX contacts_copies ON contacts (account_id) WHERE copy > 0")
    allow(db)


def allow(db: peewee.Database) -> None:
    """Ready-made marketers make segments."""
    place = "%s" if isinstance(db, peewee.PostgresqlDatabase) else "?"
    for number, permissions in db.execute_sql("SELECT id, permissions FROM roles WHERE name = 'marketer'").fetchall():
        has = json.loads(permissions)
        if set(MARKETER) <= set(has) and "segments.edit" not in has:
            given = json.dumps([*has, "segments.edit"])
            db.execute_sql(f"UPDATE roles SET permissions = {place} WHERE id = {place}", (given, number))
