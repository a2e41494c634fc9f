"""Groups beside lists, what an import wrote so that it can be undone; which addresses a file has shown lies on disk now."""

import peewee

from mailhub.migrations import create_tables


class Import(peewee.Model):
    class Meta:
        table_name = "imports"


class ImportStep(peewee.Model):
    record = peewee.ForeignKeyField(Import, on_delete="CASCADE", index=False, backref="+", column_name="import_id")
    number = peewee.IntegerField()
    body = peewee.TextField()

    class Meta:
        legacy_table_names = False
        table_name = "import_steps"
        primary_key = peewee.CompositeKey("record", "number")


COLUMNS = (
    ("lists", "kind TEXT NOT NULL DEFAULT 'list'"),
    ("imports", "made TEXT NOT NULL DEFAULT '{}'"),
    ("imports", "undone TEXT"),
)


def up(migrator: object, db: peewee.Database) -> None:
    for table, column in COLUMNS:
        db.execute_sql(f"ALTER TABLE {table} ADD COLUMN {column}")
    for index in db.get_indexes("lists", _schema(db)):
        if list(index.columns) == ["account_id", "name"]:
            db.execute_sql(f'DROP INDEX "{index.name}"')
    db.execute_sql("CREATE UNIQUE INDEX lists_account_kind_name ON lists (account_id, kind, name)")
    db.execute_sql("DROP TABLE import_seen")
    create_tables(db, (ImportStep,))


def _schema(db: peewee.Database) -> str | None:
    if isinstance(db, peewee.SqliteDatabase):
        return None
    return str(db.execute_sql("SELECT current_schema()").fetchone()[0])
