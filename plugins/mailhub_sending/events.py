"""What this plugin tells."""

from mailhub import EventKind, Hub
from mailhub.permissions import Actor
from mailhub_sending.models import Campaign

_FIELDS = {"number": "the campaign's number", "who": "who did it", "user": "the number of that user, or null"}

REPLIED, AUTOREPLIED = "replied", "autoreplied"
_REPLY = {"reply": "the reply's number", "from": "who answered", "subject": "its subject", "text": "its first line"}

OF_CAMPAIGNS: list[EventKind] = [
    EventKind("campaign.validated", "A campaign was checked and frozen", _FIELDS),
    EventKind("campaign.unvalidated", "A campaign was taken back to draft", _FIELDS),
    EventKind("campaign.scheduled", "A campaign was given a time, or another one", {**_FIELDS, "at": "when, in ms"}),
    EventKind("campaign.started", "A campaign began to leave", {**_FIELDS, "planned": "how many recipients"}),
    EventKind("campaign.paused", "A campaign was interrupted", {**_FIELDS, "reason": "why, when MailHub did it"}),
    EventKind("campaign.resumed", "A paused campaign goes on", _FIELDS),
    EventKind("campaign.finished", "Every message of a campaign has its outcome", _FIELDS),
    EventKind("campaign.cancelled", "A campaign was stopped for good", _FIELDS),
]
EVENTS: list[EventKind] = [
    *OF_CAMPAIGNS,
    EventKind(REPLIED, "Somebody answered a message", _REPLY),
    EventKind(AUTOREPLIED, "A program answered a message, such as an out-of-office notice", _REPLY),
]


def tell(hub: Hub, actor: Actor, campaign: Campaign, kind: str, **values: object) -> None:
    """Write an event about a campaign, in the caller's transaction; `kind` is the word after `campaign.`."""
    hub.emit(
        f"campaign.{kind}",
        campaign.account_id,
        campaign.source_id or 0,
        number=campaign.number,
        who=actor.name,
        user=actor.user_id,
        **values,
    )
