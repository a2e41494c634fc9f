"""Campaigns and their texts: tables, and questions about one row."""

from typing import Any

import peewee

from mailhub.accounts import Account, OwnedModel
from mailhub.db import JsonField, Model, UTCField, sql
from mailhub.messages import Source
from mailhub.sentences import SentenceField

HTML, MARKDOWN, MJML = "html", "markdown", "mjml"
EDITORS = (MARKDOWN, HTML, MJML)


class Campaign(OwnedModel):
    """One mail to an audience. `number` counts from 1 in each account; `rate` is messages a minute (None: no limit).

    `include` and `exclude` are keys of audiences. `language` is that of readers for whom there is no text in theirs.
    `stopped` says who paused it, from which door and why; `content_id` is what validation froze.
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
