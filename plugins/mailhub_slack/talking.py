"""One command or press: who it is from, in which language they are answered, and the answers themselves.

What is asked for are registered actions, run as the linked user through the door `slack`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from mailhub import Hub, NotFound
from mailhub.accounts import Account
from mailhub.errors import Sentence
from mailhub.permissions import Actor
from mailhub_slack import answers, calling, cards, linking, posting
from mailhub_slack.linking import Linked
from mailhub_slack.models import Workspace
from mailhub_slack.voice import Voice, voice

SHOWN = 10
"""Campaigns of one kind that a list shows."""


@dataclass
class Talk:
    """A command or press on its way to an answer. `response_url` is where the answer goes."""

    hub: Hub
    workspace: Workspace
    slack_user: str
    slack_name: str
    response_url: str

    @cached_property
    def linked(self) -> Linked | None:
        """Who it is; None when nobody is linked."""
        return linking.who(self.workspace, self.slack_user)

    @property
    def known(self) -> Linked:
        """Who it is; only where somebody is linked."""
        assert self.linked is not None
        return self.linked

    @cached_property
    def voice(self) -> Voice:
        """The linked user's language, else that of the workspace's account."""
        if self.linked:
            return voice(self.hub, self.linked.user.language, self.linked.user.time_zone)
        account = Account.get_by_id(self.workspace.account_id)
        return voice(self.hub, account.language, account.time_zone)

    def reply(self, message: answers.Message, replace: bool = False) -> None:
        """Answer privately; `replace` what was pressed, else below it."""
        calling.answer(self.response_url, response_type="ephemeral", replace_original=replace, **message)

    def ask_to_link(self) -> None:
        """Give the way to be linked."""
        url = linking.offer(self.hub, self.workspace, self.slack_user, self.slack_name)
        self.reply(answers.not_linked(self.voice, url, linking.MINUTES))

    def show_card(self, account_id: int, number: int, replace: bool = False) -> None:
        """Show a campaign's card privately, and keep it up to date."""
        text, blocks, state = posting.draw(self.hub, account_id, number, self.voice, private=True)
        self.reply(answers.said(text, *blocks), replace)
        if state not in cards.OVER:
            posting.open_private(self.hub, self.workspace, account_id, number, self.voice, self.response_url)

    def campaigns(self, *states: str) -> list[dict[str, Any]]:
        """The account's campaigns in some states, with their numbers."""
        actor = self.known.actor
        return [
            self.hub.call(actor, "campaigns.stats", which=str(each["number"]))
            for state in states
            for each in self.hub.call(actor, "campaigns.list", state=state, limit=SHOWN)
        ]


def command(talk: Talk, text: str) -> None:
    """Answer `/mailhub text`. Raises the `UserError` of what was asked."""
    word, _, which = text.strip().partition(" ")
    name = answers.command_of(word) if word else "help"
    if name == "help":
        known = word == "" or answers.is_command(word)
        talk.reply(answers.help_lines(talk.voice, talk.hub.actions, "" if known else word))
    elif talk.linked is None:
        talk.ask_to_link()
    else:
        _COMMANDS[name](talk, which.strip())


def _status(talk: Talk, which: str) -> None:
    account = talk.known.account
    title = talk.voice.say(Sentence("Under way in {account}", account=account.name))
    none = talk.voice.say(Sentence("Nothing is being sent in {account}.", account=account.name))
    found = talk.campaigns(cards.SENDING, cards.PAUSED, "scheduled")
    talk.reply(answers.campaigns(talk.voice, account, title, found, none))


def _campaigns(talk: Talk, which: str) -> None:
    account = talk.known.account
    found = talk.hub.call(talk.known.actor, "campaigns.list", limit=SHOWN)
    title = talk.voice.say(Sentence("The newest campaigns of {account}", account=account.name))
    none = talk.voice.say(Sentence("There is no campaign in {account} yet.", account=account.name))
    talk.reply(answers.campaigns(talk.voice, account, title, found, none))


def _stats(talk: Talk, which: str) -> None:
    found = [] if which else talk.campaigns(cards.SENDING, cards.PAUSED)
    if not which and len(found) != 1:
        _choose(talk, found)
        return
    number = found[0]["number"] if found else _number(talk.hub, talk.known.actor, which)
    talk.show_card(talk.known.account.id, number)


def _pause(talk: Talk, which: str) -> None:
    if not which:
        _choose(talk, talk.campaigns(cards.SENDING))
        return
    number = _number(talk.hub, talk.known.actor, which) if _is_number(which) else which
    done = talk.hub.call(talk.known.actor, "campaigns.pause", which=str(number))
    talk.show_card(talk.known.account.id, done["number"])


def _resume(talk: Talk, which: str) -> None:
    """The card with its button, which asks: a number mistyped must not send mail."""
    talk.known.actor.require(talk.hub.action("campaigns.resume").permission)
    if not which:
        _choose(talk, talk.campaigns(cards.PAUSED))
        return
    talk.show_card(talk.known.account.id, _number(talk.hub, talk.known.actor, which))


def _choose(talk: Talk, found: list[dict[str, Any]]) -> None:
    account = talk.known.account
    title = talk.voice.say(Sentence("Which one in {account}?", account=account.name))
    none = talk.voice.say(Sentence("No campaign in {account} is in a state for this now.", account=account.name))
    talk.reply(answers.campaigns(talk.voice, account, title, found, none))


def _number(hub: Hub, actor: Actor, which: str) -> int:
    """The number of the campaign that is meant: 12 is that one and never "Summer 2012". Raises `NotFound`."""
    number = int(hub.call(actor, "campaigns.stats", which=which)["number"])
    if _is_number(which) and number != int(which):
        raise NotFound("There is no campaign {which}: the Campaigns page lists those there are.", which=which)
    return number


def _is_number(which: str) -> bool:
    return which.isascii() and which.isdigit()


def _account(talk: Talk, which: str) -> None:
    found = linking.reachable(talk.workspace, talk.known.user)
    wanted = [each for each in found if which and which.casefold() in (each.name.casefold(), str(each.id))]
    present = talk.known.account
    if wanted:
        present = wanted[0]
        talk.hub.call(talk.known.actor, "slack_links.switch", number=talk.known.link.id, account=present.id)
    talk.reply(answers.accounts(talk.voice, present, found))


def _link(talk: Talk, which: str) -> None:
    known = talk.known
    talk.reply(answers.linked(talk.voice, known.user.name, known.account.name, linking.page(talk.hub)))


def _unlink(talk: Talk, which: str) -> None:
    talk.hub.call(talk.known.actor, "slack_links.delete", number=talk.known.link.id)
    talk.reply(answers.said(talk.voice.mark(Sentence("The link is taken away: /mailhub link makes a new one."))))


_COMMANDS: dict[str, Callable[[Talk, str], None]] = {
    "status": _status,
    "campaigns": _campaigns,
    "stats": _stats,
    "pause": _pause,
    "resume": _resume,
    "account": _account,
    "link": _link,
    "unlink": _unlink,
}
