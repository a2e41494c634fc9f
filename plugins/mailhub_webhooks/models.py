"""The plugin's tables: endpoints with their cursors, what goes out besides the order, and the log."""

import peewee

from mailhub.accounts import Account, OwnedModel
from mailhub.db import JsonField, Model, UTCField
from mailhub.sentences import SentenceField

ACTIVE, DISABLED = "active", "disabled"


class Endpoint(OwnedModel):
    """Where an account's events go. `position` is the last event that was taken there, or passed over.

    `secret` is sealed by the keyring; `batch` events share a request at most; `failing_since` (ms) is when it stopped
    to answer, `failures` how often it was tried since, `next_at` when it is tried again.
    """

    account = peewee.ForeignKeyField(Account, index=True)
    url = peewee.TextField()
    kinds = JsonField(default=list)
    batch = peewee.IntegerField(default=1)
    secret = peewee.BlobField()
    state = peewee.TextField(default=ACTIVE)
    reason = SentenceField(default="")
    position = peewee.BigIntegerField(default=0)
    failures = peewee.IntegerField(default=0)
    failing_since = UTCField(null=True)
    next_at = UTCField(default=0)
    created_at = UTCField()

    class Meta:
        table_name = "webhook_endpoints"


class Extra(Model):
    """An event that goes to an endpoint once more, or as a test, beside the order of its cursor."""

    endpoint = peewee.ForeignKeyField(Endpoint, index=True, on_delete="CASCADE")
    event_id = peewee.BigIntegerField()

    class Meta:
        table_name = "webhook_extras"


class Delivery(Model):
    """One request of the log. `webhook_id` is the header's; `code` the answer's status, 0 when there was none."""

    endpoint = peewee.ForeignKeyField(Endpoint, index=False, on_delete="CASCADE")
    webhook_id = peewee.TextField()
    event_id = peewee.BigIntegerField()
    kind = peewee.TextField()
    events = peewee.IntegerField()
    at = UTCField()
    took = peewee.IntegerField()
    code = peewee.SmallIntegerField(default=0)
    text = SentenceField(default="")

    class Meta:
        table_name = "webhook_deliveries"
        indexes = ((("endpoint", "id"), False),)
