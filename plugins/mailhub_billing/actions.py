"""What can be asked of credit, once for all doors.

An account sees its own; the operator's staff see and record every account's.
"""

from typing import Any

from marshmallow import fields, validate

from mailhub import Action, Arguments, Conflict, Hub, NotFound, Permission, Setting, argument
from mailhub.accounts import AccountSetting
from mailhub.errors import Sentence
from mailhub.permissions import Actor
from mailhub_billing import checking, crediting, low, money, showing, terms
from mailhub_billing.crediting import TopUp
from mailhub_billing.models import MAILS
from mailhub_billing.terms import MOST_MAILS

VIEW, EDIT, RECORD = "billing.view", "billing.edit", "billing.record"
PERMISSIONS: list[Permission] = [
    Permission(VIEW, "Billing", "See the credit and its history"),
    Permission(EDIT, "Billing", "Change the threshold of the credit alert"),
    Permission(RECORD, "Server", "Record top-ups and set prices"),
]
SETTINGS: list[Setting] = [
    Setting(low.THRESHOLD, low.DEFAULT, "Tell when credit reaches for fewer mails than this; 0 for never")
]
MOST_PRICE = 1_000_000_000
Answer = dict[str, Any]


class Whose(Arguments):
    account = argument(fields.Integer, "number of the account; left out: one's own", load_default=None)


class History(Whose):
    before = argument(fields.Integer, "go on with entries older than this number", load_default=None)
    limit = argument(
        fields.Integer, "how many, 1 to 500", load_default=50,
        validate=validate.Range(1, 500, error=Sentence("The limit is a whole number from 1 to 500.")),
    )  # fmt: skip


class Threshold(Arguments):
    mails = argument(
        fields.Integer, "tell when credit reaches for fewer mails than this; 0 for never", required=True,
        validate=validate.Range(0, MOST_MAILS, error=Sentence("The threshold is a whole number of mails, 0 or more.")),
    )  # fmt: skip


class Record(Arguments):
    account = argument(fields.Integer, "number of the account", required=True)
    amount = argument(fields.String, "how much: 50 or 12.50 of the currency, or a number of mails", required=True)
    unit = argument(
        fields.String, "money or mails", load_default="money",
        validate=validate.OneOf(["money", "mails"], error=Sentence("The unit is money or mails.")),
    )  # fmt: skip
    free = argument(fields.Boolean, "true for a gift that nobody paid for", load_default=False)
    note = argument(fields.String, "where it comes from, such as the transfer's reference", required=True)
    key = argument(fields.String, "books nothing twice: the same key of an account is one top-up", load_default="")


class TakeBack(Arguments):
    entry = argument(fields.Integer, "number of the top-up's entry", required=True)
    note = argument(fields.String, "why it is taken back", required=True)


class Price(Arguments):
    account = argument(fields.Integer, "number of the account", required=True)
    price = argument(fields.String, "of one mail, such as 0.0045; empty: the server's", load_default="")


def _account(hub: Hub, actor: Actor, account: int | None) -> int:
    """The account asked about. Raises `NotFound` for another's, and where nothing is charged `Conflict` but for staff."""
    chosen = actor.account_id if account is None else account
    if (chosen != actor.account_id and not actor.may(RECORD)) or not terms.exists(chosen):
        raise NotFound("There is no account {number}.", number=chosen)
    if not hub.config.billing.charge and not actor.may(RECORD):
        raise Conflict("This server charges nothing, so there is no credit to see or to set.")
    return chosen


def _balance(hub: Hub, actor: Actor, account: int | None) -> Answer:
    return showing.balance(hub, _account(hub, actor, account))


def _entries(hub: Hub, actor: Actor, account: int | None, before: int | None, limit: int) -> Answer:
    found = showing.entries(_account(hub, actor, account), before, limit + 1)
    return {"entries": found[:limit], "next": found[limit - 1]["number"] if len(found) > limit else None}


def _threshold(hub: Hub, actor: Actor, mails: int) -> Answer:
    account_id = _account(hub, actor, None)
    AccountSetting.insert(account=account_id, key=low.THRESHOLD, value=mails).on_conflict(
        conflict_target=[AccountSetting.account, AccountSetting.key], update={AccountSetting.value: mails}
    ).execute()
    low.rearm(hub, account_id)
    return {"threshold": mails}


def _top_up(hub: Hub, actor: Actor, account: int, amount: str, unit: str, free: bool, note: str, key: str) -> Answer:
    chosen = _account(hub, actor, account)
    paid = unit == "money"
    counted = money.parse_sum("amount", amount) if paid else money.parse_count("amount", amount, MOST_MAILS)
    given = TopUp(hub.config.billing.currency if paid else MAILS, counted, free, note, key)
    entry, new = crediting.top_up(hub, actor, chosen, given)
    return {"entry": entry, "new": new, **showing.balance(hub, chosen)}


def _reverse(hub: Hub, actor: Actor, entry: int, note: str) -> Answer:
    made = crediting.reverse(hub, actor, entry, note)
    return {"entry": made.id, "reverses": entry, **showing.balance(hub, made.account_id)}


def _price(hub: Hub, actor: Actor, account: int, price: str) -> Answer:
    chosen = _account(hub, actor, account)
    terms.set_price(hub, chosen, money.parse("price", price, MOST_PRICE) if price else None)
    return showing.balance(hub, chosen)


def _check(hub: Hub, actor: Actor) -> Answer:
    return checking.check(hub)


ACTIONS: list[Action] = [
    Action("billing.balance", "Show the credit", VIEW, _balance, Whose, changes=False, target="account"),
    Action(
        "billing.entries", "Show the history of the credit", VIEW, _entries, History, changes=False, target="account"
    ),
    Action("billing.threshold", "Change the threshold of the credit alert", EDIT, _threshold, Threshold),
    Action("billing.top_up", "Record a top-up", RECORD, _top_up, Record, confirm=True, target="account"),
    Action("billing.reverse", "Take a top-up back", RECORD, _reverse, TakeBack, confirm=True, target="entry"),
    Action("billing.price", "Set the price of a mail for an account", RECORD, _price, Price, target="account"),
    Action("billing.check", "Recount the ledger against the events", RECORD, _check, changes=False),
]
