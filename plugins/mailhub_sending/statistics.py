"""A campaign in numbers, and in one sentence: what is happening, how fast, when it is done.

Counts come from the core's counters, what a sending one is at from its source's standing: nothing reads a whole campaign.
"""

from collections.abc import Sequence
from typing import Any

from mailhub import Hub
from mailhub.accounts import Account
from mailhub.counting import totals
from mailhub.db import in_list, sql
from mailhub.errors import Sentence
from mailhub.messages import BOUNCED, BOUNCES, COMPLAINED, DEFERRED, OUTCOMES, UNSUBSCRIBED, Source
from mailhub.moments import Moment
from mailhub.outbox.standing import Standing, count_waiting, standing
from mailhub_sending import states
from mailhub_sending.events import AUTOREPLIED, REPLIED
from mailhub_sending.models import Campaign, source_of

PAUSED_BY = {
    "web": Sentence("Paused by {who} on the web."),
    "api": Sentence("Paused by {who} through the API."),
    "cli": Sentence("Paused by {who} from the command line."),
    "slack": Sentence("Paused by {who} from Slack."),
    "phone": Sentence("Paused by {who} from the phone."),
    "sms": Sentence("Paused by {who} by SMS."),
    "system": Sentence("Paused by MailHub: {reason}"),
}


def stats(hub: Hub, campaign: Campaign) -> dict[str, Any]:
    """Everything countable about a campaign, as plain values; `sentence` says what is happening.

    `standing` is the source's (see `mailhub.outbox.standing`), "" while there is none; `rate` is messages a minute over
    the last ten seconds, `seconds_left` and `finish_at` are estimates or None, moments are in ms.
    """
    source = source_of(campaign)
    counted = totals(source.id) if source else {}
    now = standing(hub, source) if source else None
    sending = now if campaign.state == states.SENDING else None
    return {
        "number": campaign.number,
        "name": campaign.name,
        "state": campaign.state,
        "planned": source.planned if source else 0,
        "submitted": source.submitted if source else 0,
        "waiting": count_waiting(source.id) if source else 0,
        **{kind: counted.get(kind, 0) for kind in (DEFERRED, *OUTCOMES)},
        "opened": counted.get("opened.first", 0),
        "clicked": counted.get("clicked.first", 0),
        **{f"bounced_{class_}": counted.get(f"{BOUNCED}.{class_}", 0) for class_ in BOUNCES},
        "complained": counted.get(COMPLAINED, 0),
        "unsubscribed": counted.get(UNSUBSCRIBED, 0),
        "replied": counted.get(REPLIED, 0),
        "autoreplied": counted.get(AUTOREPLIED, 0),
        "rate": sending.rate if sending else 0,
        "seconds_left": round(sending.left * 60 / sending.rate) if sending and sending.rate else None,
        "finish_at": sending.finish_at if sending else None,
        "standing": now.state if now else "",
        "scheduled_at": campaign.scheduled_at,
        "started_at": campaign.started_at,
        "finished_at": campaign.finished_at,
        "sentence": sentence(campaign, sending),
    }


def overview(campaigns: Sequence[Campaign]) -> dict[int, dict[str, int]]:
    """For a list of campaigns, by id: `planned`, `settled` and the counters that a list shows; two queries in all."""
    ids = [each.source_id for each in campaigns if each.source_id is not None]
    if not ids:
        return {}
    condition, parameters = in_list("source_id", ids)
    query = f"SELECT source_id, kind, sum(count) FROM counters WHERE {condition} GROUP BY source_id, kind"
    rows = sql(query, parameters)
    counted: dict[int, dict[str, int]] = {id_: {} for id_ in ids}
    for source_id, kind, count in rows.fetchall():
        counted[source_id][kind] = int(count)
    planned = {source.id: source.planned for source in Source.select().where(Source.id.in_(ids))}
    return {
        each.id: {
            **counted[each.source_id],
            "planned": planned.get(each.source_id, 0),
            "settled": sum(counted[each.source_id].get(kind, 0) for kind in OUTCOMES),
        }
        for each in campaigns
        if each.source_id is not None
    }


def sentence(campaign: Campaign, sending: Standing | None) -> Sentence:
    """What is happening with a campaign, for a person; times are in the account's zone. `sending` while it is."""
    if sending is not None:
        return sending.sentence
    zone = Account.get_by_id(campaign.account_id).time_zone
    if campaign.state == states.DRAFT:
        return _draft(campaign)
    if campaign.state == states.VALIDATED:
        return Sentence("Checked and ready: start it now or schedule it.")
    if campaign.state == states.SCHEDULED:
        return Sentence("Starts on {time}.", time=Moment(campaign.scheduled_at or 0, zone, named=True))
    if campaign.state == states.PAUSED:
        stopped = campaign.stopped or {}
        return Sentence(PAUSED_BY.get(stopped.get("door", "web"), PAUSED_BY["web"]).template, **_people(stopped))
    if campaign.state == states.FINISHED:
        return Sentence("Finished on {time}.", time=Moment(campaign.finished_at or 0, zone))
    if campaign.state == states.CANCELLED:
        return Sentence(
            "Cancelled on {time}: what had not left never will.", time=Moment(campaign.finished_at or 0, zone)
        )
    return Sentence("Starting: the first messages are about to leave.")


def _draft(campaign: Campaign) -> Sentence:
    if campaign.problem:
        return Sentence("It could not start at its time: {reason}", reason=campaign.problem)
    return Sentence("A draft: write it, test it, then validate it.")


def _people(stopped: dict[str, Any]) -> dict[str, str]:
    return {"who": stopped.get("who", ""), "reason": stopped.get("reason", "")}
