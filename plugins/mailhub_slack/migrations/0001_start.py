"""The tables of Slack."""

import peewee

from mailhub.migrations import create_tables


class Account(peewee.Model):
    class Meta:
        table_name = "accounts"


class User(peewee.Model):
    class Meta:
        table_name = "users"


class Workspace(peewee.Model):
    account = peewee.ForeignKeyField(Account, backref="+", unique=True)
    bot_token = peewee.BlobField()
    signing_secret = peewee.BlobField()
    app_token = peewee.BlobField()
    team = peewee.TextField()
    team_name = peewee.TextField()
    bot_id = peewee.TextField()
    bot_user = peewee.TextField()
    problem = peewee.TextField()
    connected = peewee.BooleanField()
    heard_at = peewee.BigIntegerField(null=True)
    changed_at = peewee.BigIntegerField()

    class Meta:
        legacy_table_names = False
        table_name = "slack_workspaces"


class SlackLink(peewee.Model):
    account = peewee.ForeignKeyField(Account, backref="+", index=True)
    workspace = peewee.ForeignKeyField(Workspace, backref="+", on_delete="CASCADE", index=False)
    slack_user = peewee.TextField()
    slack_name = peewee.TextField()
    user = peewee.ForeignKeyField(User, backref="+", index=True)
    created_at = peewee.BigIntegerField()

    class Meta:
        legacy_table_names = False
        table_name = "slack_links"
        indexes = ((("workspace", "slack_user"), True),)


class LinkRequest(peewee.Model):
    workspace = peewee.ForeignKeyField(Workspace, backref="+", on_delete="CASCADE")
    slack_user = peewee.TextField()
    slack_name = peewee.TextField()
    expires_at = peewee.BigIntegerField()
    used_at = peewee.BigIntegerField(null=True)

    class Meta:
        legacy_table_names = False
        table_name = "slack_link_requests"


class Seen(peewee.Model):
    key = peewee.TextField(primary_key=True)
    at = peewee.BigIntegerField()

    class Meta:
        legacy_table_names = False
        table_name = "slack_seen"


class Channel(peewee.Model):
    account = peewee.ForeignKeyField(Account, backref="+", unique=True)
    workspace = peewee.ForeignKeyField(Workspace, backref="+", on_delete="CASCADE", index=True)
    channel = peewee.TextField()
    problem = peewee.TextField()

    class Meta:
        legacy_table_names = False
        table_name = "slack_channels"


class Card(peewee.Model):
    account = peewee.ForeignKeyField(Account, backref="+", index=True)
    workspace = peewee.ForeignKeyField(Workspace, backref="+", on_delete="CASCADE", index=True)
    number = peewee.IntegerField()
    language = peewee.TextField()
    time_zone = peewee.TextField()
    channel = peewee.TextField()
    ts = peewee.TextField()
    response_url = peewee.BlobField(null=True)
    shown = peewee.TextField()
    edits = peewee.IntegerField()
    next_at = peewee.BigIntegerField(index=True)
    created_at = peewee.BigIntegerField()

    class Meta:
        legacy_table_names = False
        table_name = "slack_cards"


def up(migrator: object, db: peewee.Database) -> None:
    create_tables(db, (Workspace, SlackLink, LinkRequest, Seen, Channel, Card))
