"""What is kept of Slack: connected workspaces, linked users, where cards go, the cards themselves. Questions about a row."""

from typing import TYPE_CHECKING

import peewee

from mailhub.accounts import Account, OwnedModel, User
from mailhub.db import Model, UTCField


class Workspace(OwnedModel):
    """A Slack workspace that an account connected: one each. The operator's serves every account its people belong to.

    Token and secrets are sealed (see `mailhub.secrets`); empty is not set. `team` and what follows is what Slack said of
    the token; `problem` is what keeps it from working, as an English sentence. `changed_at` tells running apps to begin anew.
    """

    account = peewee.ForeignKeyField(Account, unique=True, backref="+")
    bot_token = peewee.BlobField()
    signing_secret = peewee.BlobField()
    app_token = peewee.BlobField()
    team = peewee.TextField(default="")
    team_name = peewee.TextField(default="")
    bot_id = peewee.TextField(default="")
    bot_user = peewee.TextField(default="")
    problem = peewee.TextField(default="")
    connected = peewee.BooleanField(default=False)  # by Socket Mode, now
    heard_at = UTCField(null=True)
    changed_at = UTCField()

    class Meta:
        table_name = "slack_workspaces"


class SlackLink(OwnedModel):
    """A user of a workspace who is a user of MailHub. `account` is where they work from Slack at present."""

    workspace = peewee.ForeignKeyField(Workspace, on_delete="CASCADE", index=False)
    slack_user = peewee.TextField()
    slack_name = peewee.TextField(default="")
    user = peewee.ForeignKeyField(User, index=True)
    created_at = UTCField()
    if TYPE_CHECKING:
        workspace_id: int
        user_id: int

    class Meta:
        table_name = "slack_links"
        indexes = ((("workspace", "slack_user"), True),)


class LinkRequest(Model):
    """Somebody in Slack asked to be linked: what the signed address they were given stands for. Used once."""

    workspace = peewee.ForeignKeyField(Workspace, on_delete="CASCADE")
    slack_user = peewee.TextField()
    slack_name = peewee.TextField(default="")
    expires_at = UTCField()
    used_at = UTCField(null=True)
    if TYPE_CHECKING:
        workspace_id: int

    class Meta:
        table_name = "slack_link_requests"


class Seen(Model):
    """A press or command that was taken: the same one, sent again, does nothing."""

    key = peewee.TextField(primary_key=True)
    at = UTCField()

    class Meta:
        table_name = "slack_seen"


class Channel(OwnedModel):
    """Where the cards of an account's campaigns are posted."""

    account = peewee.ForeignKeyField(Account, unique=True, backref="+")
    workspace = peewee.ForeignKeyField(Workspace, on_delete="CASCADE", index=True)
    channel = peewee.TextField()
    problem = peewee.TextField(default="")
    if TYPE_CHECKING:
        workspace_id: int

    class Meta:
        table_name = "slack_channels"


class Card(OwnedModel):
    """A card that follows a campaign: posted in `channel` as message `ts`, or private behind a `response_url` (sealed).

    `shown` is a digest of what it shows; `edits` how often a private one has been changed. A card that is over is deleted.
    """

    workspace = peewee.ForeignKeyField(Workspace, on_delete="CASCADE", index=True)
    number = peewee.IntegerField()
    language = peewee.TextField(default="en")
    time_zone = peewee.TextField(default="UTC")
    channel = peewee.TextField(default="")
    ts = peewee.TextField(default="")
    response_url = peewee.BlobField(null=True)
    shown = peewee.TextField(default="")
    edits = peewee.IntegerField(default=0)
    next_at = UTCField(index=True)
    created_at = UTCField()
    if TYPE_CHECKING:
        workspace_id: int

    class Meta:
        table_name = "slack_cards"
