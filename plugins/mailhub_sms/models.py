"""SMS as rows: the provider, what is sent and received, who said STOP, codes that confirm a phone."""

from typing import TYPE_CHECKING

import peewee

from mailhub.accounts import OwnedModel, User
from mailhub.db import Model, UTCField

WAITING, SENDING, SENT, DELIVERED = "waiting", "sending", "sent", "delivered"
FAILED, EXPIRED, STOPPED, KEPT = "failed", "expired", "stopped", "kept"


class SmsProvider(Model):
    """Who carries the SMS of this server: one row, or none. `token` is encrypted; `sender` a number or a messaging service."""

    account_sid = peewee.TextField()
    token = peewee.BlobField()
    sender = peewee.TextField()
    api_url = peewee.TextField(default="")
    problem = peewee.TextField(default="")
    changed_at = UTCField()

    class Meta:
        table_name = "sms_provider"


class Sms(OwnedModel):
    """One SMS. `key` makes it one, whoever asks twice; `secret` ones are shown to their user alone.

    `doubtful`: Twilio may have it although it never said so; it is asked before it is given it again.
    """

    user = peewee.ForeignKeyField(User, null=True, index=True)
    if TYPE_CHECKING:
        user_id: int | None
    number = peewee.TextField(index=True)
    text = peewee.TextField()
    secret = peewee.BooleanField(default=False)
    encoding = peewee.TextField()
    segments = peewee.IntegerField()
    state = peewee.TextField(default=WAITING)
    attempts = peewee.IntegerField(default=0)
    doubtful = peewee.BooleanField(default=False)
    due_at = UTCField()
    expires_at = UTCField()
    key = peewee.TextField(null=True, unique=True)
    sid = peewee.TextField(null=True, unique=True)
    error = peewee.TextField(default="")
    created_at = UTCField()
    changed_at = UTCField()

    class Meta:
        table_name = "sms"
        indexes = ((("state", "due_at"), False), (("account", "id"), False))


class SmsReceived(Model):
    """One SMS that came in: kept so that the same one, told twice, is done once."""

    sid = peewee.TextField(unique=True)
    number = peewee.TextField()
    text = peewee.TextField()
    at = UTCField()

    class Meta:
        table_name = "sms_received"


class SmsStop(Model):
    """A number that said STOP: nothing is sent to it until it says START."""

    number = peewee.TextField(unique=True)
    at = UTCField()

    class Meta:
        table_name = "sms_stops"


class PhoneCode(OwnedModel):
    """A code that was sent to a number for a user to prove it is theirs. `kept`: it never left, for want of a provider."""

    user = peewee.ForeignKeyField(User, index=True)
    number = peewee.TextField(index=True)
    code_hash = peewee.TextField()
    tries = peewee.IntegerField(default=0)
    kept = peewee.BooleanField(default=False)
    created_at = UTCField()
    confirmed_at = UTCField(null=True)

    class Meta:
        table_name = "phone_codes"
