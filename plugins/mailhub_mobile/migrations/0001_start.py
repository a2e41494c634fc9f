"""The first table of the phone."""

import peewee

from mailhub.migrations import create_tables


class Account(peewee.Model):
    class Meta:
        table_name = "accounts"


class User(peewee.Model):
    class Meta:
        table_name = "users"


class Connector(peewee.Model):
    account = peewee.ForeignKeyField(Account, backref="+")
    user = peewee.ForeignKeyField(User, backref="+")
    name = peewee.TextField()
    kind = peewee.TextField()
    privilege = peewee.TextField()
    created_by = peewee.TextField()
    created_at = peewee.BigIntegerField()
    activated_at = peewee.BigIntegerField(null=True)
    seen_at = peewee.BigIntegerField(null=True)
    agent = peewee.TextField()
    family = peewee.TextField()
    generation = peewee.IntegerField()
    confirmed = peewee.IntegerField()
    rotated_at = peewee.BigIntegerField()
    code_hash = peewee.TextField(index=True)
    code_until = peewee.BigIntegerField()
    revoked_at = peewee.BigIntegerField(null=True)
    revoked_for = peewee.TextField()

    class Meta:
        legacy_table_names = False
        table_name = "connectors"


TABLES = (Connector,)


def up(migrator: object, db: peewee.Database) -> None:
    create_tables(db, TABLES)
