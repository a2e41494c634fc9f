"""The first tables of SMS."""

import peewee

from mailhub.migrations import create_tables


class Account(peewee.Model):
    class Meta:
        table_name = "accounts"


class User(peewee.Model):
    class Meta:
        table_name = "users"


class SmsProvider(peewee.Model):
    account_sid = peewee.TextField()
    token = peewee.BlobField()
    sender = peewee.TextField()
    api_url = peewee.TextField()
    problem = peewee.TextField()
    changed_at = peewee.BigIntegerField()

    class Meta:
        legacy_table_names = False
        table_name = "sms_provider"


class Sms(peewee.Model):
    account = peewee.ForeignKeyField(Account, backref="+")
    user = peewee.ForeignKeyField(User, null=True, backref="+")
    number = peewee.TextField(index=True)
    text = peewee.TextField()
    secret = peewee.BooleanField()
    encoding = peewee.TextField()
    segments = peewee.IntegerField()
    state = peewee.TextField()
    attempts = peewee.IntegerField()
    doubtful = peewee.BooleanField()
    due_at = peewee.BigIntegerField()
    expires_at = peewee.BigIntegerField()
    key = peewee.TextField(null=True, unique=True)
    sid = peewee.TextField(null=True, unique=True)
    error = peewee.TextField()
    created_at = peewee.BigIntegerField()
    changed_at = peewee.BigIntegerField()

    class Meta:
        legacy_table_names = False
        table_name = "sms"
        indexes = ((("state", "due_at"), False), (("account", "id"), False))


class SmsReceived(peewee.Model):
    sid = peewee.TextField(unique=True)
    number = peewee.TextField()
    text = peewee.TextField()
    at = peewee.BigIntegerField()

    class Meta:
        legacy_table_names = False
        table_name = "sms_received"


class SmsStop(peewee.Model):
    number = peewee.TextField(unique=True)
    at = peewee.BigIntegerField()

    class Meta:
        legacy_table_names = False
        table_name = "sms_stops"


class PhoneCode(peewee.Model):
    account = peewee.ForeignKeyField(Account, backref="+")
    user = peewee.ForeignKeyField(User, backref="+")
    number = peewee.TextField(index=True)
    code_hash = peewee.TextField()
    tries = peewee.IntegerField()
    kept = peewee.BooleanField()
    created_at = peewee.BigIntegerField()
    confirmed_at = peewee.BigIntegerField(null=True)

    class Meta:
        legacy_table_names = False
        table_name = "phone_codes"


def up(migrator: object, db: peewee.Database) -> None:
    create_tables(db, [SmsProvider, Sms, SmsReceived, SmsStop, PhoneCode])
