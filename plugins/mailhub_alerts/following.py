"""Following what happens: account-level events by a cursor, bounce rates from the counters. Neither reads messages one by one."""

import re
from typing import Any

from mailhub import Hub
from mailhub.counting import totals
from mailhub.db import sql, transaction
from mailhub.events import follow_accounts
from mailhub.messages import BOUNCED, DELIVERED, EXPIRED, Event, Source
from mailhub_alerts.models import ToldAlert, WatchedSource
from mailhub_alerts.rules import BOUNCES, CREDIT, DOMAIN, FINISHED, HELD, LANE, PAUSED, RULES, STARTED
from mailhub_alerts.telling import tell
from mailhub_alerts.texts import Fact

NAME = "alerts"
BATCH = 500
STALE = 24 * 3_600_000
"""Milliseconds after which an event is no news: the plugin was switched off meanwhile."""
ENOUGH = 100
"""Messages that must have ended before a share of bounces means anything."""
AFTERWARDS = 3 * 24 * 3_600_000
"""Milliseconds a campaign is watched after its end: what was delivered may bounce for days."""


def follow(hub: Hub) -> None:
    """Tell what happened since last time; the cursor moves in the same transaction, so nothing is lost or told twice."""
    for _ in range(20):
        with transaction():
            batch = follow_accounts(NAME, BATCH)
            for event in batch:
                _take(hub, event)
        if len(batch) < BATCH:
            return


def _take(hub: Hub, event: Event) -> None:
    values: dict[str, Any] = event.values or {}
    if event.kind == "campaign.started":
        sql(
            "INSERT INTO alert_sources (account_id, source_id, number) VALUES (?, ?, ?) ON CONFLICT (source_id) DO NOTHING",
            (event.account_id, event.source_id, values["number"]),
        )
    elif event.kind in ("campaign.finished", "campaign.cancelled"):
        ended = WatchedSource.update(ended_at=hub.ms())
        ended.where(WatchedSource.source_id == event.source_id, WatchedSource.ended_at.is_null()).execute()
    if event.at > hub.ms() - STALE and (fact := fact_of(event, values)) is not None:
        by = values.get("user") if fact.rule == PAUSED and not values.get("reason") else None
        tell(hub, event.account_id, _key(event, fact), fact, by=by)


def fact_of(event: Event, values: dict[str, Any]) -> Fact | None:
    """What an event means for the rules; None when no rule is about it."""
    if event.kind == CREDIT:
        mails = values.get("mails")
        return Fact(CREDIT, CREDIT, {"mails": mails}) if mails is not None else Fact(CREDIT, "credit", {})
    if event.kind in (DOMAIN, LANE):
        return Fact(event.kind, event.kind, {name: str(values.get(name, "")) for name in ("domain", "destination")})
    if event.kind == "source.held":
        return _held(event, values)
    if event.kind not in RULES:
        return None
    number, name = values.get("number"), _name(event.source_id)
    if event.kind == STARTED:
        return Fact(STARTED, STARTED, {"planned": int(values.get("planned") or 0)}, number, name, "pause")
    if event.kind == FINISHED:
        counted = totals(event.source_id)
        return Fact(FINISHED, FINISHED, {kind: counted.get(kind, 0) for kind in (DELIVERED, BOUNCED)}, number, name)
    text = "stopped" if values.get("reason") else PAUSED
    return Fact(
        PAUSED, text, {"who": values.get("who", ""), "reason": values.get("reason", "")}, number, name, "resume"
    )


def _held(event: Event, values: dict[str, Any]) -> Fact | None:
    source = Source.get_or_none(Source.id == event.source_id, Source.kind == "campaign")
    if source is None:
        return None
    watched = WatchedSource.get_or_none(WatchedSource.source_id == event.source_id)
    number = watched.number if watched else None
    return Fact(HELD, HELD, {"reason": values.get("reason", "")}, number, source.name)


def _name(source_id: int) -> str:
    source = Source.get_or_none(Source.id == source_id)
    return source.name if source else ""


def _key(event: Event, fact: Fact) -> str:
    """What makes it the same alert: a source that is held again and again for one reason is told once a day, and so is a
    provider that refuses."""
    if fact.rule == LANE:
        return f"{event.at // STALE} {fact.values['destination']}"[:80]
    if fact.rule == HELD:
        reason = re.sub(r"\d+", "", str(fact.values["reason"]))[:80]
        return f"{event.source_id} {event.at // STALE} {reason}"
    return str(event.id)


def forget_old(hub: Hub) -> None:
    """Delete alerts and campaigns watched as old as the ledger of mail forgets; what was told is never told again so late."""
    days = hub.config.delivery.ledger_days
    if days:
        ToldAlert.delete().where(ToldAlert.at < hub.ms() - days * STALE).execute()
        WatchedSource.delete().where(WatchedSource.ended_at < hub.ms() - days * STALE).execute()


def watch_bounces(hub: Hub) -> None:
    """Tell of the campaigns whose share of bounces has passed somebody's threshold, each once."""
    over = WatchedSource.ended_at.is_null() | (WatchedSource.ended_at > hub.ms() - AFTERWARDS)
    for watched in list(WatchedSource.select().where(over)):
        counted = totals(watched.source_id)
        ended = sum(counted.get(kind, 0) for kind in (DELIVERED, BOUNCED, EXPIRED))
        share = 100 * counted.get(BOUNCED, 0) / ended if ended else 0.0
        if ended >= ENOUGH and share:
            fact = Fact(
                BOUNCES, BOUNCES, {"share": share, "ended": ended}, watched.number, _name(watched.source_id), "pause"
            )
            with transaction():
                tell(hub, watched.account_id, str(watched.source_id), fact, share=share)
