"""The sandbox's table."""

from mailhub import messages


def up(migrator, db):
    db.create_tables([messages.Kept])
