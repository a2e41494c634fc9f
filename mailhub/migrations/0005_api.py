"""API keys, answers kept for requests that come twice, tags of messages."""

import peewee

from mailhub.migrations import create_tables


class Account(peewee.Model):
    class Meta:
        table_name = "accounts"


class User(peewee.Model):
    class Meta:
        table_name = "users"


class ApiKey(peewee.Model):
    account = peewee.ForeignKeyField(Account, backref="+")
    user = peewee.ForeignKeyField(User, backref="+")
    name = peewee.TextField()
    key = peewee.TextField(unique=True)
    secret_hash = peewee.TextField()
    scopes = peewee.TextField()
    next_at = peewee.BigIntegerField()
    created_at = peewee.BigIntegerField()
    used_at = peewee.BigIntegerField(null=True)
    expires_at = peewee.BigIntegerField(null=True)
    revoked_at = peewee.BigIntegerField(null=True)

    class Meta:
        legacy_table_names = False
        table_name = "api_keys"


class KeptAnswer(peewee.Model):
    account_id = peewee.IntegerField()
    key = peewee.TextField()
    digest = peewee.TextField()
    answer = peewee.TextField(null=True)
    at = peewee.BigIntegerField(index=True)

    class Meta:
        legacy_table_names = False
        table_name = "kept_answers"
        primary_key = peewee.CompositeKey("account_id", "key")


class MessageTag(peewee.Model):
    message_id = peewee.BigIntegerField(primary_key=True)
    account_id = peewee.IntegerField()
    tag = peewee.TextField()

    class Meta:
        legacy_table_names = False
        table_name = "message_tags"
        indexes = ((("account_id", "tag", "message_id"), False),)


def up(migrator: object, db: peewee.Database) -> None:
    create_tables(db, (ApiKey, KeptAnswer, MessageTag))
