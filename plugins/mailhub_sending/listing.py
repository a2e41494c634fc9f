"""Campaigns as plain values: one, and a page of them."""

from typing import Any

from mailhub.accounts import Account
from mailhub_sending import states
from mailhub_sending.models import Campaign, texts_of
from mailhub_sending.times import show


def summary(campaign: Campaign) -> dict[str, Any]:
    """A campaign in a few values; moments are in ms."""
    return {
        "number": campaign.number,
        "name": campaign.name,
        "state": campaign.state,
        "from": campaign.from_address,
        "audience": campaign.include,
        "created_by": campaign.created_by,
        "created_at": campaign.created_at,
        "scheduled_at": campaign.scheduled_at,
        "started_at": campaign.started_at,
        "finished_at": campaign.finished_at,
    }


def whole(campaign: Campaign) -> dict[str, Any]:
    """Everything of a campaign but its numbers: see `statistics.stats` for those."""
    zone = Account.get_by_id(campaign.account_id).time_zone
    return {
        **summary(campaign),
        "from_name": campaign.from_name,
        "reply_to": campaign.reply_to,
        "replies": campaign.replies,
        "exclude": campaign.exclude,
        "language": campaign.language,
        "editor": campaign.editor,
        "rate": campaign.rate,
        "track_opens": campaign.track_opens,
        "track_clicks": campaign.track_clicks,
        "scheduled": show(campaign.scheduled_at, zone) if campaign.scheduled_at else None,
        "time_zone": zone,
        "can": states.allowed(campaign.state),
        "texts": {
            language: {"subject": text.subject, "body": text.body, "text": text.text}
            for language, text in texts_of(campaign).items()
        },
    }


def page(
    account_id: int, state: str = "", search: str = "", before: int | None = None, limit: int = 50
) -> list[Campaign]:
    """Campaigns of an account, newest first, those with a number below `before`."""
    query = Campaign.of(account_id)
    if state:
        query = query.where(Campaign.state == state)
    if search:
        query = query.where(Campaign.name.contains(search))
    if before is not None:
        query = query.where(Campaign.number < before)
    return list(query.order_by(Campaign.number.desc()).limit(limit))
