"""The first tables of reports."""

import peewee

from mailhub.migrations import create_tables


class Account(peewee.Model):
    class Meta:
        table_name = "accounts"


class Received(peewee.Model):
    account = peewee.ForeignKeyField(Account, backref="+")
    kind = peewee.TextField()
    org = peewee.TextField()
    report_id = peewee.TextField()
    domain = peewee.TextField()
    begin = peewee.BigIntegerField()
    end = peewee.BigIntegerField()
    mails = peewee.BigIntegerField()
    p = peewee.TextField()
    sp = peewee.TextField()
    pct = peewee.SmallIntegerField()
    verdict = peewee.TextField()
    received_at = peewee.BigIntegerField()

    class Meta:
        legacy_table_names = False
        table_name = "reports_received"
        indexes = ((("account", "kind", "org", "report_id", "domain"), True), (("received_at",), False))


class Row(peewee.Model):
    account = peewee.ForeignKeyField(Account, backref="+")
    domain = peewee.TextField()
    day = peewee.BigIntegerField()
    detail = peewee.BigIntegerField()
    source_ip = peewee.TextField()
    org = peewee.TextField()
    header_from = peewee.TextField()
    disposition = peewee.TextField()
    dkim = peewee.TextField()
    spf = peewee.TextField()
    dkim_domain = peewee.TextField()
    dkim_selector = peewee.TextField()
    dkim_result = peewee.TextField()
    spf_domain = peewee.TextField()
    spf_result = peewee.TextField()
    reason = peewee.TextField()
    mails = peewee.BigIntegerField()

    class Meta:
        legacy_table_names = False
        table_name = "reports_rows"
        indexes = ((("account", "domain", "day", "detail"), True),)


class TlsRow(peewee.Model):
    account = peewee.ForeignKeyField(Account, backref="+")
    domain = peewee.TextField()
    day = peewee.BigIntegerField()
    detail = peewee.BigIntegerField()
    org = peewee.TextField()
    policy_type = peewee.TextField()
    result = peewee.TextField()
    receiving_mx = peewee.TextField()
    sending_ip = peewee.TextField()
    reason = peewee.TextField()
    sessions = peewee.BigIntegerField()

    class Meta:
        legacy_table_names = False
        table_name = "reports_tls_rows"
        indexes = ((("account", "domain", "day", "detail"), True),)


class FailureRow(peewee.Model):
    account = peewee.ForeignKeyField(Account, backref="+")
    domain = peewee.TextField()
    at = peewee.BigIntegerField()
    org = peewee.TextField()
    source_ip = peewee.TextField()
    auth_failure = peewee.TextField()
    delivery_result = peewee.TextField()
    header_from = peewee.TextField()
    envelope_from = peewee.TextField()
    subject = peewee.TextField()
    mails = peewee.BigIntegerField()

    class Meta:
        legacy_table_names = False
        table_name = "reports_failures"
        indexes = ((("account", "domain", "id"), False),)


class Name(peewee.Model):
    address = peewee.TextField(primary_key=True)
    name = peewee.TextField()
    asked_at = peewee.BigIntegerField()

    class Meta:
        legacy_table_names = False
        table_name = "reports_names"


class File(peewee.Model):
    account_id = peewee.BigIntegerField()
    content = peewee.BlobField()
    verdict = peewee.TextField()
    received_at = peewee.BigIntegerField()
    error = peewee.TextField()

    class Meta:
        legacy_table_names = False
        table_name = "reports_files"


def up(migrator: object, db: peewee.Database) -> None:
    """Make the tables."""
    create_tables(db, (Received, Row, TlsRow, FailureRow, Name, File))
