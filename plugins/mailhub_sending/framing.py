"""What every tab of a campaign's page shows above itself: its state, its numbers, what it would cost, the tabs."""

from decimal import Decimal

import flask_babel
from flask import url_for
from flask_babel import gettext, ngettext

from mailhub.web.auth import current_hub, may
from mailhub.web.formats import number as as_number
from mailhub_sending import replying, states, statistics, validating
from mailhub_sending.models import Campaign
from mailhub_sending.showing import TROUBLE, say


def numbers(campaign: Campaign) -> dict[str, object]:
    """State, sentence and counts, as they are asked for again while it is sending."""
    result = statistics.stats(current_hub(), campaign)
    settled = sum(int(result[kind]) for kind in ("delivered", "bounced", "refused", "expired", "cancelled"))
    return {
        "campaign": campaign, "stats": result, "sentence": say(result["sentence"]), "settled": settled,
        "running": campaign.state == states.SENDING,
        "trouble": TROUBLE.get(result["standing"], "") if campaign.state == states.SENDING else "",
    }  # fmt: skip


def frame(campaign: Campaign) -> dict[str, object]:
    """What every tab of a campaign's page shows above itself."""
    recipients = validating.count(current_hub(), campaign) if campaign.source_id is None else None
    tabs = [
        ("", gettext("Overview"), url_for("sending.show", number=campaign.number)),
        ("ledger", gettext("Recipients"), url_for("sending.ledger_page", number=campaign.number)),
        ("links", gettext("Links"), url_for("sending.links", number=campaign.number)),
        ("log", gettext("Log"), url_for("sending.log", number=campaign.number)),
    ]
    if may("replies.view"):
        there = url_for("sending_replies.of_campaign", number=campaign.number)
        tabs.insert(-1, ("replies", _replies(campaign), there))
    return {
        **numbers(campaign), "can": states.allowed(campaign.state), "recipients": recipients, "tabs": tabs,
        **_cost(campaign, recipients),
    }  # fmt: skip


def _replies(campaign: Campaign) -> str:
    """The tab's word, with how many wait for an answer."""
    waiting = replying.counts(campaign.id)[replying.OPEN]
    return f"{gettext('Replies')} ({as_number(waiting)})" if waiting else gettext("Replies")


def _cost(campaign: Campaign, recipients: int | None) -> dict[str, object]:
    """What sending it would cost now, in words ("" when nothing is charged), and how many mails credit is short of."""
    asked = {"hub": current_hub(), "account": campaign.account_id, "channel": "mail", "count": recipients or 0}
    quoted = current_hub().hook.quote(**asked) if recipients else None
    if quoted is None:
        return {"cost": "", "short": 0}
    amount = flask_babel.format_currency(Decimal(quoted.amount) / 1_000_000, quoted.currency)
    if not quoted.mails:
        return {"cost": amount, "short": quoted.short}
    packs = ngettext(
        "%(count)s mail of a pack", "%(count)s mails of packs", quoted.mails, count=as_number(quoted.mails)
    )
    return {"cost": f"{packs}, {amount}" if quoted.amount else packs, "short": quoted.short}
