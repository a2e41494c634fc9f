"""A campaign in numbers, and in one sentence: what is happening, how fast, when it is done.

Counts come from the core's counters, the present rate from the newest events: nothing here reads a whole campaign.
"""

from collections.abc import Sequence
from typing import Any

from mailhub import Hub
from mailhub.accounts import Account
from mailhub.counting import totals
from mailhub.db import in_list, sql
from mailhub.errors import Sentence
from mailhub.messages import DEFERRED, HELD, OUTCOMES, UNSUBSCRIBED, Source
from mailhub.moments import Moment
from mailhub_sending import states
from mailhub_sending.models import Campaign, source_of

WINDOW = 10_000
"""Milliseconds over which the present rate is taken."""
NEWEST = 5_000
"""Events looked at for it, at most."""

PAUSED_BY = {
    "web": Sentence("Paused by {who} on the web."),
    "api": Sentence("Paused by {who} through the API."),
    "cli": Sentence("Paused by {who} from the command line."),
    "slack": Sentence("Paused by {who} from Slack."),
    "phone": Sentence("Paused by {who} from the phone."),
    "sms": Sentence("Paused by {who} by SMS."),
    "system": Sentence("Paused by MailHub: {reason}"),
}


class Count(int):
    """A number for a sentence: with thousands separated."""

    def __str__(self) -> str:
        return f"{int(self):,}"

    def __format__(self, spec: str) -> str:
        return format(int(self), spec or ",")


def stats(hub: Hub, campaign: Campaign) -> dict[str, Any]:
    """Everything countable about a campaign, as plain values; `sentence` says what is happening.

    `rate` is messages a minute over the last ten seconds, `seconds_left` an estimate or None, moments are in ms.
    """
    source = source_of(campaign)
    counted = totals(source.id) if source else {}
    waiting = _waiting(source.id) if source else 0
    rate = _rate(hub, source) if source and campaign.state == states.SENDING else 0
    left = _left(campaign, source, counted, waiting)
    return {
        "number": campaign.number,
        "name": campaign.name,
        "state": campaign.state,
        "planned": source.planned if source else 0,
        "submitted": source.submitted if source else 0,
        "waiting": waiting,
        **{kind: counted.get(kind, 0) for kind in (DEFERRED, *OUTCOMES)},
        "opened": counted.get("opened.first", 0),
        "clicked": counted.get("clicked.first", 0),
        "unsubscribed": counted.get(UNSUBSCRIBED, 0),
        "rate": rate,
        "seconds_left": round(left * 60 / rate) if rate else None,
        "scheduled_at": campaign.scheduled_at,
        "started_at": campaign.started_at,
        "finished_at": campaign.finished_at,
        "sentence": sentence(hub, campaign, source, rate, left),
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


def _waiting(source_id: int) -> int:
    return int(sql("SELECT count(*) FROM queue WHERE source_id = ?", (source_id,)).fetchone()[0])


def _left(campaign: Campaign, source: Source | None, counted: dict[str, int], waiting: int) -> int:
    if source is None or campaign.state in (states.FINISHED, states.CANCELLED):
        return 0
    return max(waiting, source.planned - source.submitted + waiting) if source.filling else waiting


def _rate(hub: Hub, source: Source) -> int:
    """Messages a minute that got an outcome lately, from the newest events: they are read by number, newest first."""
    now = hub.ms()
    oldest, count, own = sql(
        "SELECT min(at), count(*), sum(CASE WHEN source_id = ? AND message_id <> 0 AND attempt > 0 "
        "AND kind <> 'deferred' THEN 1 ELSE 0 END) FROM (SELECT at, source_id, message_id, attempt, kind "
        "FROM events ORDER BY id DESC LIMIT ?) AS newest WHERE at > ?",
        (source.id, NEWEST, now - WINDOW),
    ).fetchone()
    if not own:
        return 0
    since = max(source.started_at or 0, oldest if count == NEWEST else now - WINDOW)
    measured = round(int(own) * 60_000 / max(1000, now - since))
    return min(measured, source.rate) if source.rate else measured  # the first seconds round up


def sentence(hub: Hub, campaign: Campaign, source: Source | None, rate: int, left: int) -> Sentence:
    """What is happening with a campaign, for a person; times are in the account's zone."""
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
    return _sending(hub, campaign, source, rate, left, zone)


def _draft(campaign: Campaign) -> Sentence:
    if campaign.problem:
        return Sentence("It could not start at its time: {reason}", reason=campaign.problem)
    return Sentence("A draft: write it, test it, then validate it.")


def _people(stopped: dict[str, Any]) -> dict[str, str]:
    return {"who": stopped.get("who", ""), "reason": stopped.get("reason", "")}


def _sending(hub: Hub, campaign: Campaign, source: Source | None, rate: int, left: int, zone: str) -> Sentence:
    now = hub.ms()
    if source is not None and source.state == HELD:
        return Sentence(
            "Held until {time}: {reason}",
            time=Moment(source.held_until or now, zone, now=now),
            reason=source.held_reason,
        )
    if rate:
        done = Moment(now + left * 60_000 // rate, zone, now=now)
        if campaign.rate and rate >= campaign.rate * 0.9:
            return Sentence(
                "Sending {rate} a minute, as its limit allows, done at about {time}.", rate=Count(rate), time=done
            )
        return Sentence("Sending {rate} a minute, done at about {time}.", rate=Count(rate), time=done)
    return _still(source, now, zone)


def _still(source: Source | None, now: int, zone: str) -> Sentence:
    """Why nothing has left for ten seconds."""
    if source is None or now - (source.started_at or 0) < WINDOW:
        return Sentence("Starting: the first messages are about to leave.")
    due, again, next_at, count = sql(
        "SELECT sum(CASE WHEN due_at <= ? THEN 1 ELSE 0 END), "
        "sum(CASE WHEN due_at > ? AND holder IS NULL THEN 1 ELSE 0 END), min(due_at), count(*) "
        "FROM queue WHERE source_id = ?",
        (now, now, source.id),
    ).fetchone()
    if not count and not source.filling:
        return Sentence("The last outcomes are being counted.")
    if again and not due:
        return Sentence(
            "Only further attempts are left ({count}), the next at {time}.",
            count=Count(again),
            time=Moment(next_at, zone, now=now),
        )
    if source.rate:
        return Sentence("Sending {rate} a minute at most, as its limit says.", rate=Count(source.rate))
    return Sentence("Nothing has left for ten seconds: check that a worker is running (`mailhub worker`).")
