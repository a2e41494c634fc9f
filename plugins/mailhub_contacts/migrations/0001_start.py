"""The first tables of contacts."""

from typing import Any

import peewee

from mailhub_contacts import models


def up(migrator: Any, db: Any) -> None:
    """Tables that are nothing but their key are kept in its order on SQLite; PostgreSQL has no such form."""
    for table in (models.ListContact, models.ImportSeen):
        table._meta.without_rowid = isinstance(db, peewee.SqliteDatabase)
    db.create_tables(list(models.TABLES))
