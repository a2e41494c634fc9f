"""Cards that follow campaigns: opened as rows, drawn from `campaigns.stats`, posted and changed when they would look different.

Whoever shows a card hands in the caller of Slack's Web API; when to show it again is written in its row.
"""

import logging
from collections.abc import Sequence

from slack_sdk import WebClient

from mailhub import Hub, NotFound
from mailhub.accounts import Account
from mailhub.permissions import system_actor
from mailhub_slack import calling, cards
from mailhub_slack.models import Card, Channel, Workspace
from mailhub_slack.voice import Voice, voice

EVERY = 3_000
"""Milliseconds between two looks at a posted card, at least."""
EACH = 1_200
"""Milliseconds a posted card of the workspace adds to that: Slack takes some fifty changes a minute from an app."""
PRIVATE = (3, 10, 30, 120)
"""Seconds after which a private card is changed: Slack takes four changes behind one `response_url`."""
GONE = frozenset({"message_not_found", "cant_update_message", "edit_window_closed", "channel_not_found", "is_archived",
                  "not_in_channel", "expired_url", "used_url", "response_url"})  # fmt: skip
"""Words of Slack after which a card is given up."""

log = logging.getLogger(__name__)


def open_private(
    hub: Hub, workspace: Workspace, account_id: int, number: int, speaks: Voice, response_url: str
) -> None:
    """Keep a private card, shown just now, up to date for as long as Slack lets it."""
    sealed = hub.keyring.encrypt(response_url.encode())
    Card.create(
        account=account_id, workspace=workspace.id, number=number, language=speaks.language, time_zone=speaks.zone,
        response_url=sealed, next_at=hub.ms() + PRIVATE[0] * 1000, created_at=hub.ms(),
    )  # fmt: skip


def draw(hub: Hub, account_id: int, number: int, speaks: Voice, private: bool) -> tuple[str, list[cards.Block], str]:
    """A campaign's card now: its line of text, its blocks, the campaign's state. Raises `NotFound`."""
    stats = hub.call(system_actor(account_id), "campaigns.stats", which=str(number))
    if stats["number"] != number:
        raise NotFound("There is no campaign {number} any more.", number=number)
    account = Account.get_by_id(account_id)
    url = f"{hub.config.server.public_url.rstrip('/')}/campaigns/{number}"
    blocks = cards.card(speaks, stats, (account_id, account.name), url, private)
    return cards.summary(speaks, stats), blocks, stats["state"]


def post(hub: Hub, web: WebClient, card: Card) -> None:
    """Show a new card at once. Raises `calling.Refused`, and forgets the card, when Slack does not let it."""
    try:
        _show(hub, web, card)
    except calling.Refused:
        _forget(card)
        raise


def show(hub: Hub, web: WebClient, card: Card) -> None:
    """Show a card as it is now, if it looks different, and write down when to look again; one that is over is forgotten.

    Raises `calling.Unreached`, and `calling.Refused` for what concerns the whole workspace.
    """
    try:
        _show(hub, web, card)
    except NotFound:
        _forget(card)
    except calling.Refused as error:
        if error.code not in GONE:
            raise
        _forget(card)
        if card.channel and not card.ts:
            Channel.update(problem=error.sentence).where(
                Channel.account == card.account_id, Channel.channel == card.channel
            ).execute()
            log.warning(
                "no card was posted for campaign %s of account %s: %s", card.number, card.account_id, error.code
            )


def _show(hub: Hub, web: WebClient, card: Card) -> None:
    sealed = card.response_url
    private = sealed is not None
    speaks = voice(hub, card.language, card.time_zone)
    text, blocks, state = draw(hub, card.account_id, card.number, speaks, private)
    looks = cards.digest(blocks)
    if looks != card.shown:
        if sealed is not None:
            url = hub.keyring.decrypt(sealed).decode()
            calling.answer(url, replace_original=True, text=text, blocks=blocks)
            card.edits += 1
        else:
            _post(web, card, text, blocks)
    card.shown = looks
    if state in cards.OVER or (private and card.edits >= len(PRIVATE)):
        _forget(card)
        return
    card.next_at = hub.ms() + _pause(card)
    Card.update(channel=card.channel, ts=card.ts, shown=card.shown, edits=card.edits, next_at=card.next_at).where(
        Card.id == card.id
    ).execute()


def _post(web: WebClient, card: Card, text: str, blocks: Sequence[cards.Block]) -> None:
    if card.ts:
        calling.call(web, "chat.update", channel=card.channel, ts=card.ts, text=text, blocks=blocks)
        return
    said = calling.call(web, "chat.postMessage", channel=card.channel, text=text, blocks=blocks, unfurl_links=False)
    Channel.update(problem="").where(Channel.account == card.account_id, Channel.channel == card.channel).execute()
    card.channel, card.ts = str(said.get("channel") or card.channel), str(said["ts"])


def _pause(card: Card) -> int:
    """Milliseconds to the next look at a card."""
    if card.response_url is not None:
        return PRIVATE[card.edits] * 1000
    others = Card.select().where(Card.workspace == card.workspace_id, Card.response_url.is_null()).count()
    return max(EVERY, EACH * int(others))


def _forget(card: Card) -> None:
    Card.delete().where(Card.id == card.id).execute()


def posted(workspace: Workspace, channel: str, ts: str) -> Card | None:
    """The card that is a message of a channel; None when it is over."""
    found: Card | None = Card.get_or_none(Card.workspace == workspace.id, Card.channel == channel, Card.ts == ts)
    return found
