"""What was seen at the last look at a domain's records."""

from typing import TYPE_CHECKING

import peewee

from mailhub.accounts import Domain
from mailhub.db import JsonField, Model, UTCField


class DomainCheck(Model):
    """One thing that is checked of a domain: `kind` (proof, spf, dkim…) and the DNS `name` it stands under.

    `said` keeps a sentence as its template and values, so that pages can translate it. `since` is when `state` began,
    `good_at` when it was last well, `failures` how many looks in a row failed, `broken_at` when that was told.
    """

    domain = peewee.ForeignKeyField(Domain, backref="+", on_delete="CASCADE")
    if TYPE_CHECKING:
        domain_id: int
    kind = peewee.TextField()
    name = peewee.TextField()
    state = peewee.TextField()
    found = peewee.TextField(default="")
    said = JsonField(default=dict)
    since = UTCField()
    checked_at = UTCField()
    good_at = UTCField(null=True)
    failures = peewee.IntegerField(default=0)
    broken_at = UTCField(null=True)

    class Meta:
        table_name = "domain_checks"
        indexes = ((("domain", "kind", "name"), True),)


def checks_of(domain: Domain) -> dict[tuple[str, str], DomainCheck]:
    """What was last seen of a domain, by kind and DNS name."""
    rows = DomainCheck.select().where(DomainCheck.domain == domain)
    return {(row.kind, row.name): row for row in rows}
