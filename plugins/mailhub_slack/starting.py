"""What a campaign's start means here: a card in its account's channel. Rows only: the service posts, no hook waits for Slack."""

from collections.abc import Sequence

from mailhub import Hub
from mailhub.accounts import Account
from mailhub.messages import Event
from mailhub_slack.models import Card, Channel

STARTED = "campaign.started"


def cards_for(hub: Hub, events: Sequence[Event]) -> None:
    """Open a card for each campaign that began to leave in an account with a channel."""
    started = [each for each in events if each.kind == STARTED]
    if not started:
        return
    channels = {
        each.account_id: each for each in Channel.select().where(Channel.account.in_({e.account_id for e in started}))
    }
    for event in started:
        if channel := channels.get(event.account_id):
            open_card(hub, channel.workspace_id, event.account_id, int((event.values or {})["number"]), channel.channel)


def open_card(hub: Hub, workspace_id: int, account_id: int, number: int, channel: str) -> Card:
    """A card for all in a channel, to be posted at the next look, in its account's language."""
    account = Account.get_by_id(account_id)
    return Card.create(
        account=account_id, workspace=workspace_id, number=number, language=account.language,
        time_zone=account.time_zone, channel=channel, next_at=hub.ms(), created_at=hub.ms(),
    )  # fmt: skip
