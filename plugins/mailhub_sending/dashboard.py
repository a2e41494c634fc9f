"""The campaigns' panel on the dashboard: what is being sent, what comes next, what was sent last."""

from flask import render_template

from mailhub import Hub
from mailhub.permissions import Actor
from mailhub_sending import statistics
from mailhub_sending.models import Campaign
from mailhub_sending.showing import say
from mailhub_sending.states import CANCELLED, FINISHED, PAUSED, SCHEDULED, SENDING

POSITION = 10
LAST = 5


def panels(hub: Hub, actor: Actor) -> list[tuple[int, str]]:
    """The panel as (position, HTML); none for who may not see campaigns."""
    if not actor.may("campaigns.view"):
        return []
    mine = Campaign.of(actor.account_id)
    running = list(mine.where(Campaign.state.in_((SENDING, PAUSED))).order_by(Campaign.started_at.desc()).limit(LAST))
    coming = list(mine.where(Campaign.state == SCHEDULED).order_by(Campaign.scheduled_at).limit(LAST))
    last = list(mine.where(Campaign.state.in_((FINISHED, CANCELLED))).order_by(Campaign.number.desc()).limit(LAST))
    now = [(each, statistics.stats(hub, each)) for each in running]
    html = render_template(
        "sending/panel.html", running=now, coming=coming, last=last, counts=statistics.overview(last), say=say
    )
    return [(POSITION, html)]
