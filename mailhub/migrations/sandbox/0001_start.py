"""The sandbox's table."""

import peewee

from mailhub import messages


def up(migrator: object, db: peewee.Database) -> None:
    db.create_tables([messages.Kept])
