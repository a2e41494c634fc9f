"""Domains are proved and checked, their keys are rotated, and an account may have one above it."""

import peewee

from mailhub.migrations import create_tables


class Domain(peewee.Model):
    class Meta:
        table_name = "domains"


class DomainCheck(peewee.Model):
    domain = peewee.ForeignKeyField(Domain, backref="+", on_delete="CASCADE")
    kind = peewee.TextField()
    name = peewee.TextField()
    state = peewee.TextField()
    found = peewee.TextField()
    said = peewee.TextField()
    since = peewee.BigIntegerField()
    checked_at = peewee.BigIntegerField()
    good_at = peewee.BigIntegerField(null=True)
    failures = peewee.IntegerField()
    broken_at = peewee.BigIntegerField(null=True)

    class Meta:
        legacy_table_names = False
        table_name = "domain_checks"
        indexes = ((("domain", "kind", "name"), True),)


def up(migrator: object, db: peewee.Database) -> None:
    sqlite = isinstance(db, peewee.SqliteDatabase)
    number, yes_or_no, no = ("INTEGER", "INTEGER", "0") if sqlite else ("BIGINT", "BOOLEAN", "FALSE")
    for table, column in (
        ("accounts", "parent_id INTEGER REFERENCES accounts (id)"),
        ("domains", "token TEXT NOT NULL DEFAULT ''"),
        ("domains", f"proved_at {number}"),
        ("domains", f"shared {yes_or_no} NOT NULL DEFAULT {no}"),
        ("domains", f"inherited {yes_or_no} NOT NULL DEFAULT {no}"),
        ("domains", f"own_links {yes_or_no} NOT NULL DEFAULT {no}"),
        ("domains", f"checked_at {number}"),
        ("domains", f"check_at {number} NOT NULL DEFAULT 0"),
        ("dkim_keys", "state TEXT NOT NULL DEFAULT 'active'"),
        ("dkim_keys", f"changed_at {number} NOT NULL DEFAULT 0"),
    ):
        db.execute_sql(f"ALTER TABLE {table} ADD COLUMN {column}")
    token = "lower(hex(randomblob(16)))" if sqlite else "replace(gen_random_uuid()::text, '-', '')"
    # Whoever has a domain already goes on writing from it.
    db.execute_sql(f"UPDATE domains SET token = {token}, proved_at = created_at")
    db.execute_sql("UPDATE dkim_keys SET changed_at = created_at")
    db.execute_sql("CREATE INDEX accounts_parent ON accounts (parent_id)")
    db.execute_sql("CREATE INDEX domains_check_at ON domains (check_at)")
    db.execute_sql("CREATE UNIQUE INDEX domains_proved ON domains (name) WHERE proved_at IS NOT NULL")
    create_tables(db, [DomainCheck])
