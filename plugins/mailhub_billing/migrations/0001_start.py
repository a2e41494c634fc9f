"""The tables of credit, and the triggers that keep entries and lines as they were written."""

import peewee

from mailhub.migrations import create_tables


class Account(peewee.Model):
    class Meta:
        table_name = "accounts"


class Terms(peewee.Model):
    account_id = peewee.IntegerField(primary_key=True)
    price = peewee.BigIntegerField(null=True)
    low = peewee.TextField(index=True)
    topped_up_at = peewee.BigIntegerField()

    class Meta:
        legacy_table_names = False
        table_name = "billing_terms"


class Entry(peewee.Model):
    account = peewee.ForeignKeyField(Account, backref="+")
    at = peewee.BigIntegerField()
    kind = peewee.TextField()
    source_id = peewee.IntegerField()
    count = peewee.IntegerField()
    note = peewee.TextField()
    made_by = peewee.TextField()
    key = peewee.TextField(null=True)
    reverses = peewee.IntegerField(null=True, unique=True)
    first_event = peewee.BigIntegerField()
    last_event = peewee.BigIntegerField()

    class Meta:
        legacy_table_names = False
        table_name = "billing_entries"
        indexes = ((("account", "id"), False), (("account", "key"), True))


class Line(peewee.Model):
    entry = peewee.ForeignKeyField(Entry, backref="+")
    account_id = peewee.IntegerField()
    book = peewee.TextField()
    unit = peewee.TextField()
    amount = peewee.BigIntegerField()

    class Meta:
        legacy_table_names = False
        table_name = "billing_lines"


class Balance(peewee.Model):
    account_id = peewee.IntegerField()
    book = peewee.TextField()
    unit = peewee.TextField()
    amount = peewee.BigIntegerField()

    class Meta:
        legacy_table_names = False
        table_name = "billing_balances"
        primary_key = peewee.CompositeKey("account_id", "book", "unit")


class Charged(peewee.Model):
    source_id = peewee.IntegerField(primary_key=True)
    account_id = peewee.IntegerField()
    after_id = peewee.BigIntegerField()

    class Meta:
        legacy_table_names = False
        table_name = "billing_sources"


class Lot(peewee.Model):
    source_id = peewee.IntegerField()
    account_id = peewee.IntegerField()
    unit = peewee.TextField()
    price = peewee.BigIntegerField()
    waiting = peewee.BigIntegerField()
    charged = peewee.BigIntegerField()
    released = peewee.BigIntegerField()

    class Meta:
        legacy_table_names = False
        table_name = "billing_lots"
        indexes = ((("source_id", "unit", "price"), True), (("account_id",), False))


class Outcomes(peewee.Model):
    account_id = peewee.IntegerField(index=True)
    source_id = peewee.IntegerField()
    kind = peewee.TextField()
    count = peewee.IntegerField()
    first_event = peewee.BigIntegerField()
    last_event = peewee.BigIntegerField()

    class Meta:
        legacy_table_names = False
        table_name = "billing_outcomes"


TABLES = (Terms, Entry, Line, Balance, Charged, Lot, Outcomes)
KEPT = ("billing_entries", "billing_lines")


def up(migrator: object, db: peewee.Database) -> None:
    create_tables(db, TABLES)
    if isinstance(db, peewee.SqliteDatabase):
        for table in KEPT:
            for act in ("UPDATE", "DELETE"):
                db.execute_sql(
                    f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
                    "BEGIN SELECT RAISE(ABORT, 'the ledger is only ever added to'); END"
                )
        return
    db.execute_sql(
        "CREATE FUNCTION billing_keep() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the ledger is only ever added to'; END $$"
    )
    for table in KEPT:
        db.execute_sql(
            f"CREATE TRIGGER {table}_keep BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION billing_keep()"
        )
