"""The first tables of contacts."""

import peewee

from mailhub.migrations import create_tables


class Account(peewee.Model):
    class Meta:
        table_name = "accounts"


class Contact(peewee.Model):
    account = peewee.ForeignKeyField(Account, index=False, backref="+")
    address = peewee.TextField()
    address_key = peewee.BigIntegerField()
    copy = peewee.SmallIntegerField()
    language = peewee.TextField()
    display = peewee.TextField()
    fields = peewee.TextField()
    created_at = peewee.BigIntegerField()
    updated_at = peewee.BigIntegerField()

    class Meta:
        legacy_table_names = False
        table_name = "contacts"
        indexes = (
            (("account", "address_key", "copy"), True),
            (("account", "id"), False),
        )


class ContactList(peewee.Model):
    account = peewee.ForeignKeyField(Account, backref="+")
    name = peewee.TextField()
    created_at = peewee.BigIntegerField()
    deleted_at = peewee.BigIntegerField(null=True)
    with_contacts = peewee.BooleanField()

    class Meta:
        legacy_table_names = False
        table_name = "lists"
        indexes = ((("account", "name"), True),)


class ListContact(peewee.Model):
    list = peewee.ForeignKeyField(ContactList, on_delete="CASCADE", index=False, backref="+")
    contact = peewee.ForeignKeyField(Contact, on_delete="CASCADE", backref="+")

    class Meta:
        legacy_table_names = False
        table_name = "list_contacts"
        primary_key = peewee.CompositeKey("list", "contact")


class CustomField(peewee.Model):
    account = peewee.ForeignKeyField(Account, backref="+")
    slug = peewee.TextField()
    title = peewee.TextField()

    class Meta:
        legacy_table_names = False
        table_name = "custom_fields"
        indexes = ((("account", "slug"), True),)


class Import(peewee.Model):
    account = peewee.ForeignKeyField(Account, backref="+")
    name = peewee.TextField()
    size = peewee.BigIntegerField()
    layout = peewee.TextField()
    columns = peewee.TextField()
    sheet = peewee.TextField()
    others = peewee.TextField()
    rows = peewee.IntegerField()
    language = peewee.TextField()
    lists = peewee.TextField()
    state = peewee.TextField()
    position = peewee.TextField()
    analysis = peewee.TextField(null=True)
    report = peewee.TextField(null=True)
    job_id = peewee.BigIntegerField()
    created_by = peewee.TextField()
    created_at = peewee.BigIntegerField()
    started_at = peewee.BigIntegerField(null=True)
    finished_at = peewee.BigIntegerField(null=True)

    class Meta:
        legacy_table_names = False
        table_name = "imports"


class ImportChunk(peewee.Model):
    record = peewee.ForeignKeyField(Import, on_delete="CASCADE", index=False, backref="+", column_name="import_id")
    number = peewee.IntegerField()
    body = peewee.BlobField()

    class Meta:
        legacy_table_names = False
        table_name = "import_chunks"
        primary_key = peewee.CompositeKey("record", "number")


class ImportSeen(peewee.Model):
    record = peewee.ForeignKeyField(Import, on_delete="CASCADE", index=False, backref="+", column_name="import_id")
    address_key = peewee.BigIntegerField()

    class Meta:
        legacy_table_names = False
        table_name = "import_seen"
        primary_key = peewee.CompositeKey("record", "address_key")


class BadRow(peewee.Model):
    record = peewee.ForeignKeyField(Import, on_delete="CASCADE", index=False, backref="+", column_name="import_id")
    number = peewee.IntegerField()
    reason = peewee.TextField()
    cells = peewee.TextField()

    class Meta:
        legacy_table_names = False
        table_name = "import_bad_rows"
        primary_key = peewee.CompositeKey("record", "number")


TABLES = (
    Contact,
    ContactList,
    ListContact,
    CustomField,
    Import,
    ImportChunk,
    ImportSeen,
    BadRow,
)


def up(migrator: object, db: peewee.Database) -> None:
    """Tables that are nothing but their key are kept in its order on SQLite; PostgreSQL has no such form."""
    for table in (ListContact, ImportSeen):
        table._meta.without_rowid = isinstance(db, peewee.SqliteDatabase)
    create_tables(db, TABLES)
