"""Why a message waits, each lane as its worker last saw it, and the pace that workers share."""

import peewee

from mailhub.migrations import create_tables


class LaneState(peewee.Model):
    node = peewee.SmallIntegerField()
    route_id = peewee.IntegerField()
    egress_id = peewee.IntegerField()
    destination = peewee.TextField()
    route = peewee.TextField()
    egress = peewee.TextField()
    provider = peewee.TextField()
    connections = peewee.IntegerField()
    backlog = peewee.IntegerField()
    rate = peewee.IntegerField()
    usual = peewee.IntegerField()
    state = peewee.TextField()
    why = peewee.TextField()
    until = peewee.BigIntegerField(null=True)
    at = peewee.BigIntegerField(index=True)

    class Meta:
        legacy_table_names = False
        table_name = "lanes"
        primary_key = peewee.CompositeKey("node", "route_id", "egress_id", "destination")


class LanePace(peewee.Model):
    key = peewee.TextField(primary_key=True)
    next_at = peewee.DoubleField()
    share = peewee.DoubleField()
    base = peewee.DoubleField()
    slowed_at = peewee.BigIntegerField()
    blocked_until = peewee.BigIntegerField()
    blocks = peewee.IntegerField()
    words = peewee.TextField()
    changed_at = peewee.BigIntegerField(index=True)

    class Meta:
        legacy_table_names = False
        table_name = "lane_paces"


def up(migrator: object, db: peewee.Database) -> None:
    create_tables(db, (LaneState, LanePace))
    db.execute_sql("ALTER TABLE queue ADD COLUMN reason TEXT NOT NULL DEFAULT ''")
    number = "INTEGER" if isinstance(db, peewee.SqliteDatabase) else "SMALLINT"
    db.execute_sql(f"ALTER TABLE queue ADD COLUMN code {number} NOT NULL DEFAULT 0")
    db.execute_sql("ALTER TABLE queue ADD COLUMN text TEXT NOT NULL DEFAULT ''")
