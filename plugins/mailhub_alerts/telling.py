"""Telling: a fact becomes words for each user who wants to know, by each of their channels, once."""

import logging

from mailhub import Hub, alarm, speech
from mailhub.accounts import Account, User, accounts_of
from mailhub.db import sql, transaction
from mailhub.permissions import user_actor
from mailhub.plugins import PluginFault
from mailhub.speech import Voice
from mailhub.vocabulary import Channel, Notice
from mailhub_alerts import choices
from mailhub_alerts.choices import Choice
from mailhub_alerts.rules import MAIL, RULES
from mailhub_alerts.texts import Fact, answer, say, sentence

ANSWERS = {"pause": "campaigns.pause", "resume": "campaigns.resume"}
"""The action behind each answer: it is offered to who may run it."""

log = logging.getLogger(__name__)


def tell(hub: Hub, account_id: int, key: str, fact: Fact, *, by: int | None = None, share: float | None = None) -> int:
    """Tell a fact to the users of an account who want it and may know it, in the caller's transaction.

    `key` names what is told: each user hears of it once by each channel. `by` is the user who did it: they know.
    `share` (percent) reaches those whose threshold it passes. Returns how many alerts were new.
    """
    rule = RULES[fact.rule]
    chosen = choices.of_account(account_id, rule)
    known = choices.channels(hub)
    told = 0
    for user in choices.members(account_id):
        choice = chosen.get(user.id) or choices.default(rule)
        if not choice.channels or not _passes(choice, share) or user.id == by:
            continue
        if user_actor(user.id, account_id, "system", user.name).may(rule.permission):
            told += sum(
                _tell_by(hub, account_id, user, known[name], key, fact) for name in choice.channels if name in known
            )
    return told


def _passes(choice: Choice, share: float | None) -> bool:
    return share is None or choice.threshold is None or share >= choice.threshold


def _tell_by(hub: Hub, account_id: int, user: User, channel: Channel, key: str, fact: Fact) -> bool:
    if not channel.reaches(hub, user.id):
        return False
    said = sentence(_voice(hub, user), fact)
    new = sql(
        "INSERT INTO alerts (account_id, user_id, channel, rule, key, text, at) VALUES (?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (account_id, user_id, channel, rule, key) DO NOTHING",
        (account_id, user.id, channel.name, fact.rule, key, said, hub.ms()),
    ).rowcount
    if not new:
        return False
    if channel.name == MAIL:
        alarm.post(hub, account_id, user.email, said, _body(hub, account_id, user, fact, said))
    else:
        _hand_over(hub, channel.name, _notice(hub, account_id, user, channel, key, fact, said))
    return True


def _voice(hub: Hub, user: User) -> Voice:
    return speech.voice(hub, user.language, user.time_zone)


def _body(hub: Hub, account_id: int, user: User, fact: Fact, said: str) -> str:
    base, voice = hub.config.server.public_url.rstrip("/"), _voice(hub, user)
    lines = [said, ""]
    if fact.number is not None:
        lines.append(say(voice, "page", url=f"{base}/campaigns/{fact.number}"))
    if len(accounts_of(user)) > 1:
        lines.append(say(voice, "account", account=Account.get_by_id(account_id).name))
    return "\n".join([*lines, "", say(voice, "why", url=f"{base}/settings/alerts"), ""])


def _notice(hub: Hub, account_id: int, user: User, channel: Channel, key: str, fact: Fact, said: str) -> Notice:
    text = said
    if len(accounts_of(user)) > 1:
        text = f"{Account.get_by_id(account_id).name}: {text}"
    if channel.answers and _may_answer(hub, account_id, user, fact):
        text += answer(_voice(hub, user), fact)
    return Notice(f"{fact.rule} {key}", account_id, user.id, said, text)


def _may_answer(hub: Hub, account_id: int, user: User, fact: Fact) -> bool:
    action = hub.actions.get(ANSWERS.get(fact.answer, ""))
    return action is not None and user_actor(user.id, account_id, "sms", user.name).may(action.permission)


def _hand_over(hub: Hub, channel: str, notice: Notice) -> None:
    """A channel that fails is logged by its plugin's name, and the others are told all the same."""
    try:
        with transaction():
            for _, taken in hub.ask("deliver_messages", hub=hub, channel=channel, messages=[notice]):
                if taken:
                    return
    except PluginFault:
        log.exception("an alert could not be handed to the channel %s", channel)
