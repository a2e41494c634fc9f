"""Campaigns, their texts and the replies to them: tables, and questions about one row."""

from typing import TYPE_CHECKING, Any

import peewee

from mailhub.accounts import Account, OwnedModel
from mailhub.db import JsonField, Model, UTCField, sql
from mailhub.messages import Source
from mailhub.sentences import SentenceField

HTML, MARKDOWN, MJML = "html", "markdown", "mjml"
EDITORS = (MARKDOWN, HTML, MJML)
HERE, DIRECT = "mailhub", "direct"
WAYS = (HERE, DIRECT)
"""Where replies to a campaign go: to MailHub, which keeps and forwards them, or to the reply address itself."""


class Campaign(OwnedModel):
    """One mail to an audience. `number` counts from 1 in each account; `rate` is messages a minute (None: no limit).

    `include` and `exclude` are keys of audiences. `language` is that of readers for whom there is no text in theirs.
    `stopped` says who paused it, from which door and why; `content_id` is what validation froze. `replies` is one of
    `WAYS`; "": to MailHub where replies can reach it.
    """

    number = peewee.IntegerField()
    name = peewee.TextField()
    state = peewee.TextField(default="draft")
    from_name = peewee.TextField(default="")
    from_address = peewee.TextField(default="")
    reply_to = peewee.TextField(default="")
    language = peewee.TextField(default="en")
    include = JsonField(default=list)
    exclude = JsonField(default=list)
    editor = peewee.TextField(default=MARKDOWN)
    track_opens = peewee.BooleanField(default=True)
    track_clicks = peewee.BooleanField(default=True)
    rate = peewee.IntegerField(null=True)
    source_id = peewee.IntegerField(null=True, index=True)
    content_id = peewee.IntegerField(null=True)
    stopped = JsonField(null=True)
    problem = SentenceField(default="")
    replies = peewee.TextField(default="")
    created_by = peewee.TextField(default="")
    created_at = UTCField()
    validated_at = UTCField(null=True)
    scheduled_at = UTCField(null=True)
    started_at = UTCField(null=True)
    finished_at = UTCField(null=True)

    class Meta:
        table_name = "campaigns"
        indexes = ((("account", "number"), True), (("state", "scheduled_at"), False))


class CampaignText(Model):
    """What a campaign says in one language. `body` is Markdown, HTML or MJML; an empty `text` is made from it."""

    campaign = peewee.ForeignKeyField(Campaign, backref="texts", on_delete="CASCADE")
    language = peewee.TextField()
    subject = peewee.TextField(default="")
    body = peewee.TextField(default="")
    text = peewee.TextField(default="")

    class Meta:
        table_name = "campaign_texts"
        indexes = ((("campaign", "language"), True),)


class CampaignNumber(Model):
    """The last number given to a campaign of an account: numbers of deleted drafts are not given again."""

    account = peewee.ForeignKeyField(Account, primary_key=True)
    last = peewee.IntegerField()

    class Meta:
        table_name = "campaign_numbers"


class Reply(OwnedModel):
    """A mail that came to the reply address of a message; of each mail one row for a message (`digest` tells them apart).

    `kind` is reply, autoreply or unsubscribe; `recipient` is whom the message was written to, `sender` who answered.
    `opening` is its first line, `content` the whole (zlib), `size` that of the whole. `forwarded_to` is where it went as
    message `forwarded_id`, else `kept_here` is a slug that says why it did not. `test`: the message was a test.
    `confirmed`: whether DMARC says that it is from its sender; None when it says nothing.
    """

    campaign = peewee.ForeignKeyField(Campaign, backref="+", on_delete="CASCADE")
    if TYPE_CHECKING:
        campaign_id: int
    message_id = peewee.BigIntegerField()
    digest = peewee.TextField()
    kind = peewee.TextField()
    test = peewee.BooleanField(default=False)
    recipient = peewee.TextField()
    sender = peewee.TextField()
    sender_name = peewee.TextField(default="")
    subject = peewee.TextField(default="")
    opening = peewee.TextField(default="")
    size = peewee.IntegerField()
    received_at = UTCField(index=True)
    forwarded_to = peewee.TextField(default="")
    forwarded_id = peewee.BigIntegerField(null=True)
    kept_here = peewee.TextField(default="")
    confirmed = peewee.BooleanField(null=True)
    handled_at = UTCField(null=True)
    handled_by = peewee.TextField(default="")
    content = peewee.BlobField()  # last: SQLite reads a row from its beginning

    class Meta:
        table_name = "replies"
        indexes = ((("message_id", "digest"), True),)


def next_number(account_id: int) -> int:
    """The next number for a campaign of an account, in the caller's transaction; two at once get two numbers."""
    row = sql(
        "INSERT INTO campaign_numbers (account_id, last) VALUES (?, 1) "
        "ON CONFLICT (account_id) DO UPDATE SET last = campaign_numbers.last + 1 RETURNING last",
        (account_id,),
    ).fetchone()
    return int(row[0])


def texts_of(campaign: Campaign) -> dict[str, CampaignText]:
    """A campaign's texts by language, its own language first."""
    found: dict[str, CampaignText] = {
        row.language: row
        for row in CampaignText.select().where(CampaignText.campaign == campaign.id).order_by(CampaignText.id)
    }
    return dict(sorted(found.items(), key=lambda each: each[0] != campaign.language))


def source_of(campaign: Campaign) -> Source | None:
    """What the campaign's messages come from; None before it was started."""
    if campaign.source_id is None:
        return None
    found: Any = Source.of(campaign.account_id).where(Source.id == campaign.source_id).first()
    return found if isinstance(found, Source) else None
