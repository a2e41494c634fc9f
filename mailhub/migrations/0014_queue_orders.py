"""What operators asked of parts of the queue that are too large for one transaction."""

import peewee

from mailhub.migrations import create_tables


class QueueOrder(peewee.Model):
    account_id = peewee.IntegerField(index=True)
    verb = peewee.TextField()
    by_operator = peewee.BooleanField()
    of_account = peewee.IntegerField(null=True)
    domain = peewee.TextField(null=True)
    reason = peewee.TextField(null=True)
    newest = peewee.BigIntegerField()
    reached = peewee.BigIntegerField()

    class Meta:
        legacy_table_names = False
        table_name = "queue_orders"


def up(migrator: object, db: peewee.Database) -> None:
    create_tables(db, (QueueOrder,))
