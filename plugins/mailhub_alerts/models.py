"""What each user wants to be told, what was told, and the campaigns whose bounces are watched: tables."""

from typing import TYPE_CHECKING

import peewee

from mailhub.accounts import OwnedModel, User
from mailhub.db import JsonField, UTCField


class AlertChoice(OwnedModel):
    """What a user chose for one rule: the channels by name, and its threshold in percent where it has one."""

    user = peewee.ForeignKeyField(User, index=True)
    if TYPE_CHECKING:
        user_id: int
    rule = peewee.TextField()
    channels = JsonField(default=list)
    threshold = peewee.DoubleField(null=True)

    class Meta:
        table_name = "alert_choices"
        indexes = ((("account", "user", "rule"), True),)


class ToldAlert(OwnedModel):
    """One alert, told to one user by one channel. `key` says of what, so that nothing is told twice."""

    user = peewee.ForeignKeyField(User, index=True)
    channel = peewee.TextField()
    rule = peewee.TextField()
    key = peewee.TextField()
    text = peewee.TextField()
    at = UTCField()

    class Meta:
        table_name = "alerts"
        indexes = ((("account", "user", "channel", "rule", "key"), True),)


class WatchedSource(OwnedModel):
    """A campaign that was started: its number, and since when (ms) it is over."""

    source_id = peewee.IntegerField(unique=True)
    number = peewee.IntegerField()
    ended_at = UTCField(null=True)

    class Meta:
        table_name = "alert_sources"
