"""What each user wants to be told by which channel: their choice, else the rule's default."""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from mailhub import Hub, Invalid, NotFound
from mailhub.accounts import Membership, User
from mailhub.db import sql
from mailhub.errors import Sentence
from mailhub.permissions import Actor
from mailhub.vocabulary import Channel
from mailhub_alerts.models import AlertChoice
from mailhub_alerts.rules import MAIL, Rule, offered


class Choice(NamedTuple):
    """What holds for a user and a rule: the channels by name, and the threshold in percent where there is one."""

    channels: tuple[str, ...]
    threshold: float | None


def channels(hub: Hub) -> dict[str, Channel]:
    """Every channel by name, mail first, then those that plugins bring."""
    found = {MAIL: Channel(MAIL, "Mail", lambda hub, user_id: True)}
    for _, brought in hub.ask_safely("alert_channels", hub=hub):
        found |= {each.name: each for each in brought or []}
    return found


def members(account_id: int) -> list[User]:
    """The users of an account who may sign in, by name."""
    query = User.select().join(Membership).where(Membership.account == account_id, User.disabled_at.is_null())
    return list(query.group_by(User.id).order_by(User.name, User.id))


def of_account(account_id: int, rule: Rule) -> dict[int, Choice]:
    """What the users of an account chose for a rule, by user; who chose nothing is not in it."""
    rows = AlertChoice.of(account_id).where(AlertChoice.rule == rule.name)
    return {row.user_id: Choice(tuple(row.channels), row.threshold or rule.threshold) for row in rows}


def default(rule: Rule) -> Choice:
    """What holds for who chose nothing."""
    return Choice(rule.channels, rule.threshold)


def of_user(hub: Hub, account_id: int, user_id: int) -> dict[str, Choice]:
    """What holds for a user, for each rule that is offered."""
    rules = offered(hub, account_id)
    rows = {row.rule: row for row in AlertChoice.of(account_id).where(AlertChoice.user == user_id)}
    return {
        name: Choice(tuple(rows[name].channels), rows[name].threshold or rule.threshold)
        if name in rows
        else default(rule)
        for name, rule in rules.items()
    }


def choose(
    hub: Hub, account_id: int, user_id: int, name: str, wanted: Sequence[str], threshold: float | None
) -> Choice:
    """Set a user's choice for one rule, in the caller's transaction. Raises `Invalid`, and `NotFound` for a rule."""
    rule = find_rule(hub, account_id, name)
    known = channels(hub)
    for each in wanted:
        if each not in known:
            names = ", ".join(known)
            raise Invalid(
                fields={"channels": Sentence("{name} is no channel: write any of {names}.", name=each, names=names)}
            )
    if threshold is not None and rule.threshold is None:
        raise Invalid(fields={"threshold": Sentence("{rule} has no threshold: leave it out.", rule=name)})
    chosen = Choice(tuple(each for each in known if each in wanted), threshold or rule.threshold)
    sql(
        "INSERT INTO alert_choices (account_id, user_id, rule, channels, threshold) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (account_id, user_id, rule) DO UPDATE SET channels = excluded.channels, threshold = excluded.threshold",
        (account_id, user_id, name, json.dumps(chosen.channels), threshold),
    )
    return chosen


def find_rule(hub: Hub, account_id: int, name: str) -> Rule:
    """A rule that is offered. Raises `NotFound`."""
    rules = offered(hub, account_id)
    if name not in rules:
        raise NotFound("There is no alert {name}: choose one of {names}.", name=name, names=", ".join(rules))
    return rules[name]


def whose(actor: Actor, email: str) -> User:
    """Whose alerts are meant: the actor's own, or those of a user of the account, for who may set them.

    Raises `Forbidden`, `NotFound`.
    """
    found: Any = None
    if not email and actor.user_id is None:
        raise Invalid(fields={"user": Sentence("Nobody is signed in here: say whose alerts, by their e-mail address.")})
    if email:
        found = next((each for each in members(actor.account_id) if each.email == email.strip().lower()), None)
        if found is None or found.id != actor.user_id:
            actor.require("alerts.assign")
    else:
        found = User.get_or_none(User.id == actor.user_id)
    if found is None:
        raise NotFound("There is no user {email} in this account: the Users page lists them.", email=email)
    return found  # type: ignore[no-any-return]
