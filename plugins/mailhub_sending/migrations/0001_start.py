"""The first tables of sending."""

import peewee

from mailhub.migrations import create_tables


class Account(peewee.Model):
    class Meta:
        table_name = "accounts"


class Campaign(peewee.Model):
    account = peewee.ForeignKeyField(Account, backref="+")
    number = peewee.IntegerField()
    name = peewee.TextField()
    state = peewee.TextField()
    from_name = peewee.TextField()
    from_address = peewee.TextField()
    reply_to = peewee.TextField()
    language = peewee.TextField()
    include = peewee.TextField()
    exclude = peewee.TextField()
    editor = peewee.TextField()
    track_opens = peewee.BooleanField()
    track_clicks = peewee.BooleanField()
    rate = peewee.IntegerField(null=True)
    source_id = peewee.IntegerField(index=True, null=True)
    content_id = peewee.IntegerField(null=True)
    stopped = peewee.TextField(null=True)
    problem = peewee.TextField()
    created_by = peewee.TextField()
    created_at = peewee.BigIntegerField()
    validated_at = peewee.BigIntegerField(null=True)
    scheduled_at = peewee.BigIntegerField(null=True)
    started_at = peewee.BigIntegerField(null=True)
    finished_at = peewee.BigIntegerField(null=True)

    class Meta:
        legacy_table_names = False
        table_name = "campaigns"
        indexes = (
            (("account", "number"), True),
            (("state", "scheduled_at"), False),
        )


class CampaignText(peewee.Model):
    campaign = peewee.ForeignKeyField(Campaign, on_delete="CASCADE", backref="+")
    language = peewee.TextField()
    subject = peewee.TextField()
    body = peewee.TextField()
    text = peewee.TextField()

    class Meta:
        legacy_table_names = False
        table_name = "campaign_texts"
        indexes = ((("campaign", "language"), True),)


class CampaignNumber(peewee.Model):
    account = peewee.ForeignKeyField(Account, backref="+", primary_key=True)
    last = peewee.IntegerField()

    class Meta:
        legacy_table_names = False
        table_name = "campaign_numbers"


TABLES = (
    Campaign,
    CampaignText,
    CampaignNumber,
)


def up(migrator: object, db: peewee.Database) -> None:
    create_tables(db, TABLES)
