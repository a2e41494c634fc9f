"""The plugin's tables: which reports came, what they say summed up by day, single failures, names of addresses."""

import peewee

from mailhub.accounts import OwnedModel
from mailhub.db import Model, UTCField
from mailhub.sentences import SentenceField

DMARC, TLS, FAILURE = "dmarc", "tls", "failure"


class Received(OwnedModel):
    """A report that is in the tables below, so that it is counted once. `domain` is the one it is about; `p`, `sp` and
    `pct` the policy its reporter saw ("" and 100 for none); `verdict` as in `proving.Proof`."""

    kind = peewee.TextField()
    org = peewee.TextField()
    report_id = peewee.TextField()
    domain = peewee.TextField()
    begin = UTCField()
    end = UTCField()
    mails = peewee.BigIntegerField(default=0)
    p = peewee.TextField(default="")
    sp = peewee.TextField(default="")
    pct = peewee.SmallIntegerField(default=100)
    verdict = peewee.TextField(default="")
    received_at = UTCField()

    class Meta:
        table_name = "reports_received"
        indexes = ((("account", "kind", "org", "report_id", "domain"), True), (("received_at",), False))


class Unproved(OwnedModel):
    """A report whose mail does not prove that it is from `org`: what it says is in no other table. `domain` is the
    account's own, `author` the domain in From, `why` a key of `proving.WHY`."""

    kind = peewee.TextField()
    org = peewee.TextField()
    author = peewee.TextField()
    report_id = peewee.TextField()
    domain = peewee.TextField()
    begin = UTCField()
    end = UTCField()
    mails = peewee.BigIntegerField()
    why = peewee.TextField()
    received_at = UTCField()

    class Meta:
        table_name = "reports_unproved"
        indexes = ((("account", "domain", "kind", "org", "author", "report_id"), True), (("received_at",), False))


class Row(OwnedModel):
    """Mails of a day in the name of a domain that fared alike. `domain` is the account's own, `header_from` the very
    name in From; `source_ip` "" stands for sources too many to keep apart; `detail` is a hash of all that tells it from
    others of its day."""

    domain = peewee.TextField()
    day = UTCField()
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
        table_name = "reports_rows"
        indexes = ((("account", "domain", "day", "detail"), True),)


class TlsRow(OwnedModel):
    """Sessions of a day with a domain's servers that went alike; `result` "" for those that went well."""

    domain = peewee.TextField()
    day = UTCField()
    detail = peewee.BigIntegerField()
    org = peewee.TextField()
    policy_type = peewee.TextField()
    result = peewee.TextField()
    receiving_mx = peewee.TextField()
    sending_ip = peewee.TextField()
    reason = peewee.TextField()
    sessions = peewee.BigIntegerField()

    class Meta:
        table_name = "reports_tls_rows"
        indexes = ((("account", "domain", "day", "detail"), True),)


class FailureRow(OwnedModel):
    """A mail that failed, as a receiver tells it. Whom it was for is not kept."""

    domain = peewee.TextField()
    at = UTCField()
    org = peewee.TextField()
    source_ip = peewee.TextField()
    auth_failure = peewee.TextField()
    delivery_result = peewee.TextField()
    header_from = peewee.TextField()
    envelope_from = peewee.TextField()
    subject = peewee.TextField()
    mails = peewee.BigIntegerField()

    class Meta:
        table_name = "reports_failures"
        indexes = ((("account", "domain", "id"), False),)


class Name(Model):
    """The name of an address that leads back to it; "" for one without."""

    address = peewee.TextField(primary_key=True)
    name = peewee.TextField()
    asked_at = UTCField()

    class Meta:
        table_name = "reports_names"


class File(Model):
    """A large report waiting to be read by a job. `account_id` is 0 for one that came by mail; `verdict` and `author` are
    its `proving.Proof`; `error` says why one could not be read, and then `content` is empty."""

    account_id = peewee.BigIntegerField(default=0)
    content = peewee.BlobField()
    verdict = peewee.TextField(default="")
    received_at = UTCField()
    error = SentenceField(default="")
    author = peewee.TextField(default="")

    class Meta:
        table_name = "reports_files"
