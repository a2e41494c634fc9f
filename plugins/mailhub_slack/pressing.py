"""A pressed button: what it asks for is checked against whoever pressed it, not whoever the card was shown to."""

from dataclasses import dataclass
from typing import Any

from slack_sdk import WebClient

from mailhub import Conflict
from mailhub.permissions import Actor
from mailhub_slack import answers, calling, cards, linking, posting, starting
from mailhub_slack.answers import SWITCH
from mailhub_slack.talking import Talk
from mailhub_slack.voice import escape

_ACTIONS = {cards.PAUSE: "campaigns.pause", cards.RESUME: "campaigns.resume", cards.STATS: "campaigns.stats"}


@dataclass(frozen=True)
class Press:
    """A button's action and value, and the message it is part of: `ts` is "" for a private one."""

    action: str
    value: str
    channel: str
    ts: str

    @classmethod
    def of(cls, body: dict[str, Any]) -> "Press":
        """Read a `block_actions` payload."""
        pressed, container = body["actions"][0], body.get("container") or {}
        ts = "" if container.get("is_ephemeral") else str(container.get("message_ts") or "")
        channel = str((body.get("channel") or {}).get("id") or container.get("channel_id") or "")
        return cls(str(pressed["action_id"]), str(pressed.get("value") or ""), channel, ts)


def press(talk: Talk, web: WebClient, pressed: Press) -> None:
    """Do what a button says. Raises the `UserError` of what was asked; what was done already is told, and nothing more."""
    if pressed.action == cards.OPEN:
        return
    if talk.linked is None:
        talk.ask_to_link()
    elif pressed.action == SWITCH:
        _switch(talk, pressed)
    else:
        _campaign(talk, web, pressed)


def _switch(talk: Talk, pressed: Press) -> None:
    known = talk.known
    talk.hub.call(known.actor, "slack_links.switch", number=known.link.id, account=pressed.value)
    found = linking.reachable(talk.workspace, known.user)
    present = next(each for each in found if str(each.id) == pressed.value)
    talk.reply(answers.accounts(talk.voice, present, found), replace=True)


def _campaign(talk: Talk, web: WebClient, pressed: Press) -> None:
    account, _, number = pressed.value.partition(":")
    if not (account.isdigit() and number.isdigit()):
        return
    actor = linking.within(talk.workspace, talk.known, int(account))
    if pressed.action == cards.SHARE:
        _share(talk, web, actor, int(number), pressed.channel)
        return
    conflict = _run(talk, actor, _ACTIONS.get(pressed.action, "campaigns.stats"), number)
    if pressed.ts:
        _show_posted(talk, web, pressed, int(account), int(number))
        if conflict:
            talk.reply(answers.said(escape(talk.voice.say(conflict.sentence))))
    else:
        talk.show_card(int(account), int(number), replace=True)


def _run(talk: Talk, actor: Actor, action: str, number: str) -> Conflict | None:
    """Run an action; a state that does not allow it any more (a second tap) is told beside the card as it is now."""
    try:
        talk.hub.call(actor, action, which=number)
    except Conflict as conflict:
        return conflict
    return None


def _share(talk: Talk, web: WebClient, actor: Actor, number: int, channel: str) -> None:
    """Post the card where its button was pressed."""
    talk.hub.call(actor, "campaigns.stats", which=str(number))  # who may not see it may not show it
    card = starting.open_card(talk.hub, talk.workspace.id, actor.account_id, number, channel)
    try:
        posting.post(talk.hub, web, card)
    except calling.Refused as refused:
        talk.reply(answers.said(escape(talk.voice.say(refused.sentence))))


def _show_posted(talk: Talk, web: WebClient, pressed: Press, account: int, number: int) -> None:
    """Change the card at once; the service would within seconds."""
    card = posting.posted(talk.workspace, pressed.channel, pressed.ts)
    if card is None or (card.account_id, card.number) != (account, number):
        return
    posting.show(talk.hub, web, card)
