"""What became of tagged messages, by day. What was counted before has no tag."""

import peewee

from mailhub.migrations import create_tables


class TagCount(peewee.Model):
    account_id = peewee.IntegerField()
    tag = peewee.TextField()
    day = peewee.IntegerField()
    kind = peewee.TextField()
    count = peewee.IntegerField()

    class Meta:
        legacy_table_names = False
        table_name = "tag_counts"
        primary_key = peewee.CompositeKey("account_id", "tag", "day", "kind")


def up(migrator: object, db: peewee.Database) -> None:
    create_tables(db, (TagCount,))
