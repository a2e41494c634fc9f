"""The first tables of webhooks."""

import peewee

from mailhub.migrations import create_tables


class Account(peewee.Model):
    class Meta:
        table_name = "accounts"


class Endpoint(peewee.Model):
    account = peewee.ForeignKeyField(Account, backref="+")
    url = peewee.TextField()
    kinds = peewee.TextField()
    batch = peewee.IntegerField()
    secret = peewee.BlobField()
    state = peewee.TextField()
    reason = peewee.TextField()
    position = peewee.BigIntegerField()
    failures = peewee.IntegerField()
    failing_since = peewee.BigIntegerField(null=True)
    next_at = peewee.BigIntegerField()
    created_at = peewee.BigIntegerField()

    class Meta:
        legacy_table_names = False
        table_name = "webhook_endpoints"


class Extra(peewee.Model):
    endpoint = peewee.ForeignKeyField(Endpoint, backref="+", on_delete="CASCADE")
    event_id = peewee.BigIntegerField()

    class Meta:
        legacy_table_names = False
        table_name = "webhook_extras"


class Delivery(peewee.Model):
    endpoint = peewee.ForeignKeyField(Endpoint, backref="+", index=False, on_delete="CASCADE")
    webhook_id = peewee.TextField()
    event_id = peewee.BigIntegerField()
    kind = peewee.TextField()
    events = peewee.IntegerField()
    at = peewee.BigIntegerField()
    took = peewee.IntegerField()
    code = peewee.SmallIntegerField()
    text = peewee.TextField()

    class Meta:
        legacy_table_names = False
        table_name = "webhook_deliveries"
        indexes = ((("endpoint", "id"), False),)


def up(migrator: object, db: peewee.Database) -> None:
    create_tables(db, (Endpoint, Extra, Delivery))
