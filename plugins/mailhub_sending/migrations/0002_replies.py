"""Replies to campaigns, and the choice of where they go. Ready-made marketers from whom nothing was taken see to them."""

import json

import peewee

from mailhub.migrations import create_tables

ADDED = ("replies.view", "replies.handle")
MARKETER = [
    "campaigns.view", "campaigns.edit", "campaigns.validate", "campaigns.start", "campaigns.pause", "campaigns.cancel",
    "contacts.view", "contacts.edit", "contacts.import", "lists.edit", "suppressions.view", "suppressions.edit",
    "messages.view", "sandbox.view", "alerts.edit", "phones.edit", "slack.use", "verifications.view", "verifications.run",
]  # fmt: skip


class Account(peewee.Model):
    class Meta:
        table_name = "accounts"


class Campaign(peewee.Model):
    class Meta:
        table_name = "campaigns"


class Reply(peewee.Model):
    account = peewee.ForeignKeyField(Account, backref="+")
    campaign = peewee.ForeignKeyField(Campaign, on_delete="CASCADE", backref="+")
    message_id = peewee.BigIntegerField()
    digest = peewee.TextField()
    kind = peewee.TextField()
    test = peewee.BooleanField()
    recipient = peewee.TextField()
    sender = peewee.TextField()
    sender_name = peewee.TextField()
    subject = peewee.TextField()
    opening = peewee.TextField()
    size = peewee.IntegerField()
    received_at = peewee.BigIntegerField(index=True)
    forwarded_to = peewee.TextField()
    forwarded_id = peewee.BigIntegerField(null=True)
    kept_here = peewee.TextField()
    confirmed = peewee.BooleanField(null=True)
    handled_at = peewee.BigIntegerField(null=True)
    handled_by = peewee.TextField()
    content = peewee.BlobField()

    class Meta:
        legacy_table_names = False
        table_name = "replies"
        indexes = ((("message_id", "digest"), True),)


def up(migrator: object, db: peewee.Database) -> None:
    create_tables(db, (Reply,))
    db.execute_sql("ALTER TABLE campaigns ADD COLUMN replies TEXT NOT NULL DEFAULT ''")
    allow(db)


def allow(db: peewee.Database) -> None:
    """Ready-made marketers see to replies."""
    place = "%s" if isinstance(db, peewee.PostgresqlDatabase) else "?"
    for number, permissions in db.execute_sql("SELECT id, permissions FROM roles WHERE name = 'marketer'").fetchall():
        has = json.loads(permissions)
        if set(MARKETER) <= set(has):
            given = [*has, *(each for each in ADDED if each not in has)]
            db.execute_sql(f"UPDATE roles SET permissions = {place} WHERE id = {place}", (json.dumps(given), number))
