"""The ledger's tables. Entries and their lines are only ever added; balances are their sums, kept beside them.

Amounts are whole numbers: millionths of the currency in a unit such as `EUR`, mails in the unit `mails`.
"""

import peewee

from mailhub.accounts import OwnedModel
from mailhub.db import Model, UTCField

MAILS = "mails"
AVAILABLE, RESERVED, CHARGED, PAID, GIVEN = "available", "reserved", "charged", "paid", "given"
BOOKS = (AVAILABLE, RESERVED, CHARGED, PAID, GIVEN)
"""Of each account: what it may spend, what waits for outcomes, what was spent; and where it came from: paid, or given."""
TOP_UP, GRANT, RESERVE, CHARGE, RELEASE, REVERSAL = "top_up", "grant", "reserve", "charge", "release", "reversal"


class Terms(Model):
    """An account's terms. `price` is in millionths (None: the server's); `low` is what is told of its threshold:
    nothing yet (it has credit), `due`, or `told`. Whoever writes in an account's ledger locks this row first."""

    account_id = peewee.IntegerField(primary_key=True)
    price = peewee.BigIntegerField(null=True)
    low = peewee.TextField(index=True)
    topped_up_at = UTCField()

    class Meta:
        table_name = "billing_terms"


class Entry(OwnedModel):
    """One movement: `count` mails of a source, or a top-up with its note; `reverses` is the entry it takes back.

    `first_event` and `last_event` are the range of events whose outcomes it stands for. `key` books nothing twice.
    """

    at = UTCField()
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
        table_name = "billing_entries"
        indexes = ((("account", "id"), False), (("account", "key"), True))


class Line(Model):
    """One side of an entry; the sides of an entry sum to zero in each unit."""

    entry = peewee.ForeignKeyField(Entry, backref="lines")
    account_id = peewee.IntegerField()
    book = peewee.TextField()
    unit = peewee.TextField()
    amount = peewee.BigIntegerField()

    class Meta:
        table_name = "billing_lines"


class Balance(Model):
    """The sum of an account's lines in one book and unit."""

    account_id = peewee.IntegerField()
    book = peewee.TextField()
    unit = peewee.TextField()
    amount = peewee.BigIntegerField()

    class Meta:
        table_name = "billing_balances"
        primary_key = peewee.CompositeKey("account_id", "book", "unit")


class Charged(Model):
    """A source whose messages are charged: those with numbers above `after_id`."""

    source_id = peewee.IntegerField(primary_key=True)
    account_id = peewee.IntegerField()
    after_id = peewee.BigIntegerField()

    class Meta:
        table_name = "billing_sources"


class Lot(Model):
    """Messages of a source reserved at one price: how many wait for their outcome, were charged, were given back."""

    source_id = peewee.IntegerField()
    account_id = peewee.IntegerField()
    unit = peewee.TextField()
    price = peewee.BigIntegerField()
    waiting = peewee.BigIntegerField()
    charged = peewee.BigIntegerField()
    released = peewee.BigIntegerField()

    class Meta:
        table_name = "billing_lots"
        indexes = ((("source_id", "unit", "price"), True), (("account_id",), False))


class Outcomes(Model):
    """Outcomes that the cursor has passed and the ledger has yet to take in: `count` of a source, to charge or release."""

    account_id = peewee.IntegerField(index=True)
    source_id = peewee.IntegerField()
    kind = peewee.TextField()
    count = peewee.IntegerField()
    first_event = peewee.BigIntegerField()
    last_event = peewee.BigIntegerField()

    class Meta:
        table_name = "billing_outcomes"
