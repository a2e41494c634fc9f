"""Routes, their rules, pools of local addresses, warm-up plans with their counts, and trials of routes."""

import peewee

from mailhub.migrations import create_tables


class Account(peewee.Model):
    class Meta:
        table_name = "accounts"


class Pool(peewee.Model):
    name = peewee.TextField(unique=True)
    created_at = peewee.BigIntegerField()

    class Meta:
        legacy_table_names = False
        table_name = "pools"


class PoolAddress(peewee.Model):
    pool = peewee.ForeignKeyField(Pool, backref="+", index=True)
    address = peewee.TextField(unique=True)
    helo = peewee.TextField()
    weight = peewee.IntegerField()

    class Meta:
        legacy_table_names = False
        table_name = "pool_addresses"


class WarmUp(peewee.Model):
    address = peewee.ForeignKeyField(PoolAddress, primary_key=True, on_delete="CASCADE", backref="+")
    started_on = peewee.TextField()
    first = peewee.IntegerField()
    growth = peewee.DoubleField()
    most = peewee.IntegerField()
    caps = peewee.TextField()

    class Meta:
        legacy_table_names = False
        table_name = "warm_ups"


class WarmCount(peewee.Model):
    address_id = peewee.IntegerField()
    provider = peewee.TextField()
    day = peewee.IntegerField()
    used = peewee.IntegerField()

    class Meta:
        legacy_table_names = False
        table_name = "warm_counts"
        primary_key = peewee.CompositeKey("address_id", "provider", "day")


class RouteRow(peewee.Model):
    name = peewee.TextField(unique=True)
    kind = peewee.TextField()
    host = peewee.TextField()
    port = peewee.IntegerField()
    tls = peewee.TextField()
    username = peewee.TextField()
    password = peewee.BlobField(null=True)
    pool = peewee.ForeignKeyField(Pool, null=True, backref="+", index=True)
    enabled = peewee.BooleanField()
    created_at = peewee.BigIntegerField()

    class Meta:
        legacy_table_names = False
        table_name = "routes"


class RouteRule(peewee.Model):
    position = peewee.IntegerField()
    stream = peewee.TextField()
    account = peewee.ForeignKeyField(Account, null=True, backref="+")
    sender_domain = peewee.TextField()
    recipient_domain = peewee.TextField()
    provider = peewee.TextField()
    created_at = peewee.BigIntegerField()

    class Meta:
        legacy_table_names = False
        table_name = "route_rules"


class RouteTarget(peewee.Model):
    rule = peewee.ForeignKeyField(RouteRule, on_delete="CASCADE", backref="+", index=True)
    route = peewee.ForeignKeyField(RouteRow, backref="+", index=True)
    weight = peewee.IntegerField()
    rank = peewee.IntegerField()

    class Meta:
        legacy_table_names = False
        table_name = "route_targets"


class RouteChange(peewee.Model):
    number = peewee.IntegerField()

    class Meta:
        legacy_table_names = False
        table_name = "route_changes"


class RouteTrial(peewee.Model):
    route = peewee.TextField()
    recipient = peewee.TextField()
    sender = peewee.TextField()
    send = peewee.BooleanField()
    leave_from = peewee.TextField()
    state = peewee.TextField()
    lines = peewee.TextField()
    meaning = peewee.TextField()
    created_at = peewee.BigIntegerField()
    started_at = peewee.BigIntegerField(null=True)
    ended_at = peewee.BigIntegerField(null=True)

    class Meta:
        legacy_table_names = False
        table_name = "route_trials"


def up(migrator: object, db: peewee.Database) -> None:
    create_tables(db, (Pool, PoolAddress, WarmUp, WarmCount, RouteRow, RouteRule, RouteTarget, RouteChange, RouteTrial))
    db.execute_sql("INSERT INTO route_changes (number) VALUES (1)")
