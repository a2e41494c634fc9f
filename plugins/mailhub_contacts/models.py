"""The plugin's tables, and questions about one row. What can be done with them is in files named after each subject."""

from typing import Any

import peewee

from mailhub.accounts import Account, OwnedModel
from mailhub.db import JsonField, Model, UTCField

ANALYSING, ANALYSED, RUNNING = "analysing", "analysed", "running"
DONE, CANCELLED, FAILED = "done", "cancelled", "failed"
UNDOING, UNDONE = "undoing", "undone"
"""States of an import. `failed` is never stored: it is what a stopped job makes of the ones in -ing."""
LIST, GROUP = "list", "group"
"""Kinds of a set of contacts: a list is where they came from and goes with them, a group is a mark on some of them."""


class Contact(OwnedModel):
    """Who is written to. `fields` holds the texts of known and custom fields by slug; `language` is en, fr or "".

    `copy` counts from 0 the contacts of an account that share one address; 0 unless duplicates are allowed.
    """

    account = peewee.ForeignKeyField(Account, index=False)  # both indexes below begin with it
    address = peewee.TextField()
    address_key = peewee.BigIntegerField()
    copy = peewee.SmallIntegerField(default=0)
    language = peewee.TextField(default="")
    display = peewee.TextField(default="")
    fields = JsonField(default=dict)
    created_at = UTCField()
    updated_at = UTCField()

    class Meta:
        table_name = "contacts"
        indexes = ((("account", "address_key", "copy"), True), (("account", "id"), False))


class ContactList(OwnedModel):
    """A named set of contacts: a list, or a group. One with `deleted_at` is gone for people; a job takes its rows away."""

    kind = peewee.TextField(default=LIST)
    name = peewee.TextField()
    created_at = UTCField()
    deleted_at = UTCField(null=True)
    with_contacts = peewee.BooleanField(default=False)

    class Meta:
        table_name = "lists"
        indexes = ((("account", "kind", "name"), True),)


class ListContact(Model):
    """A contact's place in a list. Written in sets by SQL, never row by row."""

    list = peewee.ForeignKeyField(ContactList, index=False, on_delete="CASCADE")
    contact = peewee.ForeignKeyField(Contact, index=True, on_delete="CASCADE")

    class Meta:
        table_name = "list_contacts"
        primary_key = peewee.CompositeKey("list", "contact")


class CustomField(OwnedModel):
    """A field that an account added. `slug` is its key in `Contact.fields` and its name in a template."""

    slug = peewee.TextField()
    title = peewee.TextField()

    class Meta:
        table_name = "custom_fields"
        indexes = ((("account", "slug"), True),)


class Import(OwnedModel):
    """A file on its way into the contacts: uploaded and analysed, then perhaps imported.

    `columns` is a list of {index, name, field, sample}; `position` is the token of the next row (see `sheets.Batch`),
    `analysis` and `report` are tallies (see `tallies.Tally`). `lists` holds numbers of lists and groups; `made` tells what
    was made for it, and `undone` what undoing it did (see `undoing`).
    """

    name = peewee.TextField()
    size = peewee.BigIntegerField(default=0)
    layout = JsonField(default=dict)
    columns = JsonField(default=list)
    sheet = peewee.TextField(default="")
    others = JsonField(default=list)
    rows = peewee.IntegerField(default=0)
    language = peewee.TextField(default="")
    lists = JsonField(default=list)
    state = peewee.TextField(default=ANALYSING)
    position = peewee.TextField(default="")
    analysis = JsonField(null=True)
    report = JsonField(null=True)
    job_id = peewee.BigIntegerField(default=0)
    made = JsonField(default=dict)
    undone = JsonField(null=True)
    created_by = peewee.TextField(default="")
    created_at = UTCField()
    started_at = UTCField(null=True)
    finished_at = UTCField(null=True)

    class Meta:
        table_name = "imports"


class ImportChunk(Model):
    """A piece (1 MiB at most) of an uploaded file, numbered from 0. In the database, since machines share no disk."""

    record: Any = peewee.ForeignKeyField(Import, column_name="import_id", index=False, on_delete="CASCADE")
    number = peewee.IntegerField()
    body = peewee.BlobField()

    class Meta:
        table_name = "import_chunks"
        primary_key = peewee.CompositeKey("record", "number")


class ImportStep(Model):
    """What one batch of an import wrote, numbered from 0, so that it can be undone (see `undoing`)."""

    record: Any = peewee.ForeignKeyField(Import, column_name="import_id", index=False, on_delete="CASCADE")
    number = peewee.IntegerField()
    body = JsonField()

    class Meta:
        table_name = "import_steps"
        primary_key = peewee.CompositeKey("record", "number")


class Segment(OwnedModel):
    """Contacts that rules describe, whoever they are by now. `rules` is what `segment_rules` reads."""

    name = peewee.TextField()
    rules = JsonField()
    created_at = UTCField()
    updated_at = UTCField()

    class Meta:
        table_name = "segments"
        indexes = ((("account", "name"), True),)


class BadRow(Model):
    """A row that was not imported.

    `number` counts as the person's own program does, `reason` is a key of `address.REASONS`.
    """

    record: Any = peewee.ForeignKeyField(Import, column_name="import_id", index=False, on_delete="CASCADE")
    number = peewee.IntegerField()
    reason = peewee.TextField()
    cells = JsonField(default=list)

    class Meta:
        table_name = "import_bad_rows"
        primary_key = peewee.CompositeKey("record", "number")


TABLES = (Contact, ContactList, ListContact, CustomField, Import, ImportChunk, ImportStep, BadRow)
