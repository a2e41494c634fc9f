"""What Slack is answered besides cards: help, lists with buttons, a sentence. Pure: values in, messages out."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from mailhub.accounts import Account
from mailhub.errors import Sentence
from mailhub_slack.cards import OPEN, SIGNS, STATS, Block, button, state_button
from mailhub_slack.voice import Voice, escape

SWITCH = "account.switch"
Message = dict[str, Any]


class Command(NamedTuple):
    """A word after `/mailhub`, the French one that means the same, the action it needs ("" for none), and what it does."""

    name: str
    french: str
    needs: str
    usage: str
    title: Sentence


COMMANDS = (
    Command("status", "statut", "campaigns.stats", "", Sentence("What is being sent now, with buttons")),
    Command("campaigns", "campagnes", "campaigns.list", "", Sentence("The newest campaigns with their states")),
    Command("stats", "stats", "campaigns.stats", "[12]", Sentence("A campaign's numbers, kept up to date")),
    Command(
        "pause",
        "pause",
        "campaigns.pause",
        "[12]",
        Sentence("Pause a campaign: nothing more leaves within two seconds"),
    ),
    Command("resume", "reprendre", "campaigns.resume", "[12]", Sentence("Let a paused campaign go on")),
    Command("account", "compte", "", "", Sentence("Choose the account you work in")),
    Command("link", "lier", "", "", Sentence("Link yourself to your user in MailHub")),
    Command("unlink", "délier", "", "", Sentence("Take the link away")),
    Command("help", "aide", "", "", Sentence("These lines")),
)


def command_of(word: str) -> str:
    """The command a word stands for, in either language; `help` for what is none."""
    word = word.casefold()
    return next((each.name for each in COMMANDS if word in (each.name, each.french)), "help")


def is_command(word: str) -> bool:
    """Whether a word stands for a command, in either language."""
    return any(word.casefold() in (each.name, each.french) for each in COMMANDS)


def said(text: str, *blocks: Block) -> Message:
    """A message: `text` with Slack's markup, or `blocks` for which it stands in notifications."""
    shown = list(blocks) or [_section(text)]
    return {"text": text, "blocks": shown}


def help_lines(voice: Voice, known: Iterable[str], unknown: str = "") -> Message:
    """Every command that can be used here; `known` are the actions there are. `unknown` is what was asked and is none."""
    actions = set(known)
    lines = [
        f"`/mailhub {each.name}{' ' + each.usage if each.usage else ''}` – {voice.mark(each.title)}"
        for each in COMMANDS
        if not each.needs or each.needs in actions
    ]
    opening = [voice.mark(Sentence("There is no command {name}. These there are:", name=unknown))] if unknown else []
    closing = voice.mark(Sentence("[12] is a campaign's number or a part of its name; without it you get buttons."))
    return said("\n".join([*opening, *lines, closing]))


def not_linked(voice: Voice, url: str, minutes: int) -> Message:
    """Who is not linked gets the way to be."""
    text = voice.mark(
        Sentence(
            "MailHub does not know you yet: open this link, sign in and confirm. It works for {minutes} minutes, for you alone.",
            minutes=minutes,
        )
    )
    link = {**button(voice.say(Sentence("Link me to MailHub")), OPEN, "link", style="primary"), "url": url}
    return said(text, _section(text), {"type": "actions", "elements": [link]})


def linked(voice: Voice, name: str, account: str, url: str) -> Message:
    """Who is linked already: as whom, where, and where to end it."""
    text = voice.mark(Sentence("You are linked to {name} and work in {account}.", name=name, account=account))
    there = {**button(voice.say(Sentence("Open in MailHub")), OPEN, "page"), "url": url}
    return said(text, _section(text), {"type": "actions", "elements": [there]})


def campaigns(voice: Voice, account: Account, title: str, found: Sequence[Mapping[str, Any]], none: str) -> Message:
    """Campaigns one below the other, each with its button; `found` as `campaigns.stats` or `.list` answers.

    `title` and `none` are sentences that are translated already.
    """
    if not found:
        return said(escape(none))
    return said(escape(title), _section(f"*{escape(title)}*"), *(_line(voice, account.id, each) for each in found))


def _line(voice: Voice, account_id: int, campaign: Mapping[str, Any]) -> Block:
    value = f"{account_id}:{campaign['number']}"
    what = voice.mark(campaign["sentence"]) if campaign.get("sentence") else escape(voice.word(campaign["state"]))
    buttons = state_button(voice, campaign, value) if "planned" in campaign else []
    accessory = buttons[0] if buttons else button(voice.say(Sentence("Numbers")), STATS, value)
    sign = SIGNS.get(campaign["state"], "•")
    return {
        **_section(f"{sign} *{campaign['number']} {escape(campaign['name'])}*\n{what}"),
        "accessory": accessory,
    }


def accounts(voice: Voice, present: Account, found: Sequence[Account]) -> Message:
    """The accounts to choose from; each button switches."""
    text = voice.mark(Sentence("You work in {account}.", account=present.name))
    others = [button(each.name, SWITCH, str(each.id)) for each in found if each.id != present.id][:25]
    return said(text, _section(text), *([{"type": "actions", "elements": others}] if others else []))


def _section(text: str) -> Block:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text[:2900]}}
