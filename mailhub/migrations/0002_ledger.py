"""The ledger at any size: rare outcomes, opens and clicks are found by index, links are counted as they are followed."""

import peewee

from mailhub.migrations import create_tables


class FollowedLink(peewee.Model):
    message_id = peewee.BigIntegerField()
    link = peewee.IntegerField()

    class Meta:
        legacy_table_names = False
        table_name = "followed_links"
        primary_key = peewee.CompositeKey("message_id", "link")


class LinkCount(peewee.Model):
    source_id = peewee.IntegerField()
    link = peewee.IntegerField()
    clicks = peewee.IntegerField()
    readers = peewee.IntegerField()

    class Meta:
        legacy_table_names = False
        table_name = "link_counts"
        primary_key = peewee.CompositeKey("source_id", "link")


INDEXES = (
    # Most messages are delivered, so these cost next to nothing where mail is fast.
    "CREATE INDEX messages_source_outcome ON messages (source_id, outcome, id) WHERE outcome <> 'delivered'",
    "CREATE INDEX messages_account_outcome ON messages (account_id, outcome, id) WHERE outcome <> 'delivered'",
    "CREATE INDEX messages_opened ON messages (source_id, id) WHERE opened_at IS NOT NULL",
    "CREATE INDEX messages_clicked ON messages (source_id, id) WHERE clicked_at IS NOT NULL",
)


def up(migrator: object, db: peewee.Database) -> None:
    FollowedLink._meta.without_rowid = isinstance(db, peewee.SqliteDatabase)  # it is nothing but its key
    create_tables(db, (FollowedLink, LinkCount))
    for statement in INDEXES:
        db.execute_sql(statement)
    _count_links(db)


def _count_links(db: peewee.Database) -> None:
    """Count the clicks that the counters have taken in already."""
    sqlite = isinstance(db, peewee.SqliteDatabase)
    link = "json_extract(\"values\", '$.link')" if sqlite else "(\"values\"::json ->> 'link')::integer"
    db.execute_sql(
        "CREATE TEMP TABLE clicks_so_far AS "
        f"SELECT source_id, message_id, {link} AS link FROM events WHERE kind = 'clicked' AND source_id <> 0 "
        "AND id <= (SELECT coalesce(max(position), 0) FROM cursors WHERE name = 'counters')"
    )
    db.execute_sql(
        "INSERT INTO followed_links (message_id, link) "
        "SELECT DISTINCT message_id, link FROM clicks_so_far WHERE link IS NOT NULL"
    )
    db.execute_sql(
        "INSERT INTO link_counts (source_id, link, clicks, readers) "
        "SELECT source_id, link, count(*), count(DISTINCT message_id) FROM clicks_so_far "
        "WHERE link IS NOT NULL GROUP BY source_id, link"
    )
    db.execute_sql("DROP TABLE clicks_so_far")
