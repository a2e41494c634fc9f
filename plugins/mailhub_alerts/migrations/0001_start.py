"""The first tables of alerts. What happened before they were there is told to nobody."""

import peewee

from mailhub.migrations import create_tables


class Account(peewee.Model):
    class Meta:
        table_name = "accounts"


class User(peewee.Model):
    class Meta:
        table_name = "users"


class AlertChoice(peewee.Model):
    account = peewee.ForeignKeyField(Account, backref="+")
    user = peewee.ForeignKeyField(User, backref="+")
    rule = peewee.TextField()
    channels = peewee.TextField()
    threshold = peewee.DoubleField(null=True)

    class Meta:
        legacy_table_names = False
        table_name = "alert_choices"
        indexes = ((("account", "user", "rule"), True),)


class ToldAlert(peewee.Model):
    account = peewee.ForeignKeyField(Account, backref="+")
    user = peewee.ForeignKeyField(User, backref="+")
    channel = peewee.TextField()
    rule = peewee.TextField()
    key = peewee.TextField()
    text = peewee.TextField()
    at = peewee.BigIntegerField()

    class Meta:
        legacy_table_names = False
        table_name = "alerts"
        indexes = ((("account", "user", "channel", "rule", "key"), True),)


class WatchedSource(peewee.Model):
    account = peewee.ForeignKeyField(Account, backref="+")
    source_id = peewee.IntegerField(unique=True)
    number = peewee.IntegerField()
    ended_at = peewee.BigIntegerField(null=True)

    class Meta:
        legacy_table_names = False
        table_name = "alert_sources"


def up(migrator: object, db: peewee.Database) -> None:
    create_tables(db, [AlertChoice, ToldAlert, WatchedSource])
    db.execute_sql("INSERT INTO cursors (name, position) SELECT 'alerts', COALESCE(MAX(id), 0) FROM events")
