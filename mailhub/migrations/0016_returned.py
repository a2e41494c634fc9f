"""What comes back of delivered mail: the class of a bounce, when somebody complained, days of soft bounces."""

import peewee

from mailhub.migrations import create_tables


class SoftBounce(peewee.Model):
    account_id = peewee.IntegerField()
    address_key = peewee.BigIntegerField()
    day = peewee.IntegerField()

    class Meta:
        legacy_table_names = False
        table_name = "soft_bounces"
        primary_key = peewee.CompositeKey("account_id", "address_key", "day")


COLUMNS = (
    "ALTER TABLE messages ADD COLUMN bounce TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE messages ADD COLUMN complained_at {moment}",
    "CREATE INDEX messages_complained ON messages (source_id, id) WHERE complained_at IS NOT NULL",
)


def up(migrator: object, db: peewee.Database) -> None:
    create_tables(db, (SoftBounce,))
    for statement in COLUMNS:
        db.execute_sql(statement.format(moment="BIGINT" if isinstance(db, peewee.PostgresqlDatabase) else "INTEGER"))
