"""The first tables of contacts."""

from typing import Any

from mailhub_contacts import models


def up(migrator: Any, db: Any) -> None:
    db.create_tables(list(models.TABLES))
