"""What can be asked of replies, once for all doors; and the settings that say what becomes of them."""

from typing import Any

from marshmallow import fields, validate

from mailhub import Action, Arguments, Hub, Invalid, Permission, argument
from mailhub.accounts import AccountSetting
from mailhub.errors import Sentence
from mailhub.permissions import Actor
from mailhub.vocabulary import Setting
from mailhub_sending import replying
from mailhub_sending.arguments import Names, which
from mailhub_sending.finding import find
from mailhub_sending.reply_text import KEYWORDS

AUTOREPLIES, WORDS, DAYS = "sending.forward_autoreplies", "sending.optout_keywords", replying.DAYS_SETTING
MOST_WORDS, LONGEST_WORD = 200, 60
SETTINGS: list[Setting] = [
    Setting(AUTOREPLIES, False, "Forward out-of-office notices and other automatic replies too"),
    Setting(WORDS, list(KEYWORDS), "A reply that is nothing but one of these unsubscribes; none: no reply does"),
    Setting(DAYS, 400, "Days replies are kept; 0: for ever"),
]
PERMISSIONS: list[Permission] = [
    Permission("replies.view", "Campaigns", "Read replies to campaigns"),
    Permission("replies.handle", "Campaigns", "Mark replies as handled and choose what becomes of them"),
]
Answer = dict[str, Any]


class Page(Arguments):
    kind = argument(fields.String, "only these: open, reply, autoreply, unsubscribe or unverified", load_default="")
    before = argument(fields.Integer, "only those with a smaller number: the next page", load_default=None)
    limit = argument(
        fields.Integer,
        "how many at most",
        load_default=50,
        validate=validate.Range(1, 500, error=Sentence("The limit is a whole number from 1 to 500.")),
    )


class OfCampaign(Page):
    which = which()


class One(Arguments):
    number = argument(fields.Integer, "the reply's number", required=True)


class Handle(One):
    handled = argument(fields.Boolean, "false: it is open again", load_default=True)


class Configure(Arguments):
    forward_autoreplies = argument(fields.Boolean, "forward automatic replies too", load_default=None)
    keywords = argument(Names, "words that unsubscribe when a reply is nothing else, with commas", load_default=None)
    days = argument(
        fields.Integer,
        "days replies are kept; 0: for ever",
        load_default=None,
        validate=validate.Range(0, 36_500, error=Sentence("Days are a whole number from 0 to 36,500.")),
    )


def _page(account_id: int, kind: str, **given: Any) -> list[Answer]:
    if kind and kind not in replying.FILTERS:
        names = ", ".join(replying.FILTERS)
        raise Invalid(
            fields={"kind": Sentence("{kind} is no kind of reply: write one of {names}.", kind=kind, names=names)}
        )
    return [replying.shown(each) for each in replying.page(account_id, kind=kind, **given)]


def _list(hub: Hub, actor: Actor, **given: Any) -> Answer:
    return {"replies": _page(actor.account_id, **given)}


def _of_campaign(hub: Hub, actor: Actor, which: str, **given: Any) -> Answer:
    campaign = find(actor.account_id, which, "replies")
    return {
        "number": campaign.number, "name": campaign.name, "state": campaign.state,
        "counts": replying.counts(campaign.id), "replies": _page(actor.account_id, campaign=campaign, **given),
    }  # fmt: skip


def _show(hub: Hub, actor: Actor, number: int) -> Answer:
    reply = replying.find(actor.account_id, number)
    said = replying.opened(reply)
    files = [{"name": name, "kind": kind, "size": size} for name, kind, size in said.files]
    return {**replying.shown(reply), "own": said.own, "text": said.text, "files": files}


def _handle(hub: Hub, actor: Actor, number: int, handled: bool) -> Answer:
    reply = replying.find(actor.account_id, number)
    replying.handle(hub, actor, reply, handled)
    return replying.shown(reply)


def _configure(
    hub: Hub, actor: Actor, forward_autoreplies: bool | None, keywords: list[str] | None, days: int | None
) -> Answer:
    _check(keywords or [])
    for key, value in ((AUTOREPLIES, forward_autoreplies), (WORDS, keywords), (DAYS, days)):
        if value is not None:
            AccountSetting.insert(account=actor.account_id, key=key, value=value).on_conflict(
                conflict_target=[AccountSetting.account, AccountSetting.key], update={AccountSetting.value: value}
            ).execute()
    return chosen(hub, actor.account_id)


def _check(keywords: list[str]) -> None:
    if len(keywords) > MOST_WORDS or any(len(each) > LONGEST_WORD for each in keywords):
        wrong = Sentence(
            "Write {most} words at most, each of {length} letters at most.", most=MOST_WORDS, length=LONGEST_WORD
        )
        raise Invalid(fields={"keywords": wrong})


def chosen(hub: Hub, account_id: int) -> Answer:
    """What an account chose of its replies."""
    return {
        "forward_autoreplies": hub.setting(account_id, AUTOREPLIES), "keywords": hub.setting(account_id, WORDS),
        "days": hub.setting(account_id, DAYS),
    }  # fmt: skip


ACTIONS: list[Action] = [
    Action("campaigns.replies", "List the replies to a campaign", "replies.view", _of_campaign, OfCampaign,
           changes=False, target="which"),
    Action("replies.list", "List the replies to all campaigns", "replies.view", _list, Page, changes=False),
    Action("replies.show", "Read a reply", "replies.view", _show, One, changes=False, target="number"),
    Action("replies.handle", "Mark a reply as handled", "replies.handle", _handle, Handle, target="number"),
    Action("replies.configure", "Choose what becomes of replies", "replies.handle", _configure, Configure),
]  # fmt: skip
