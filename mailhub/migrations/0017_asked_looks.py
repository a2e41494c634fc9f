"""When somebody asked for a look at the records of a domain."""

import peewee


def up(migrator: object, db: peewee.Database) -> None:
    moment = "BIGINT" if isinstance(db, peewee.PostgresqlDatabase) else "INTEGER"
    db.execute_sql(f"ALTER TABLE domains ADD COLUMN asked_at {moment}")
    db.execute_sql("CREATE INDEX domains_asked_at ON domains (asked_at) WHERE asked_at IS NOT NULL")
