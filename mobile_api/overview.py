"""The first screen: what runs now, what comes next, what was last, and the account's numbers of today."""

from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from apiflask import APIBlueprint

from mailhub.counting import HOUR
from mailhub.db import sql
from mobile_api import schemas
from mobile_api.describing import summary, whole
from mobile_api.doorkeeper import ask, device, hub, signed_in

RUNNING, COMING, LAST = 10, 5, 3
MOST = 100
_COUNTED = {
    "delivered": "delivered",
    "bounced": "bounced",
    "opened.first": "opened",
    "clicked.first": "clicked",
    "unsubscribed": "unsubscribed",
}
places = APIBlueprint("overview", __name__, tag="Overview")


@places.get("/overview")
@signed_in
@places.output(schemas.Overview)
@places.doc(summary="What runs now, what comes next, today's numbers", security="device")
def overview() -> dict[str, Any]:
    """Running are those that send or are paused; coming are those with a time, the soonest first."""
    running = [each for state in ("sending", "paused") for each in _in(state, RUNNING + 1)]
    coming = sorted(_in("scheduled", MOST), key=lambda each: each["scheduled_at"] or 0)
    return {
        "today": today(),
        "running": [whole(each["number"]) for each in running[:RUNNING]],
        "coming": [summary(each) for each in coming[:COMING]],
        "last": [summary(each) for each in _in("finished", LAST)],
        "more": len(running) > RUNNING or len(coming) > COMING,
    }


def _in(state: str, limit: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ask("campaigns.list", state=state, limit=limit)
    return found


def today() -> dict[str, int]:
    """What was counted in the account since midnight in its zone, by the hour."""
    rows = sql(
        "SELECT counters.kind, sum(counters.count) FROM sources JOIN counters ON counters.source_id = sources.id "
        "WHERE sources.account_id = ? AND counters.hour >= ? GROUP BY counters.kind",
        (device().actor.account_id, _midnight() // HOUR),
    ).fetchall()
    counted = {kind: int(count) for kind, count in rows}
    return {name: counted.get(kind, 0) for kind, name in _COUNTED.items()}


def _midnight() -> int:
    zone = ZoneInfo(device().time_zone)
    day = datetime.fromtimestamp(hub().ms() / 1000, zone).date()
    return int(datetime.combine(day, time(), zone).timestamp() * 1000)
