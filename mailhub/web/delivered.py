"""How much an account's mail came through lately: its sources' counters by the hour or by the day."""

from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import flask_babel

from mailhub.counting import HOUR
from mailhub.db import sql
from mailhub.hub import Hub
from mailhub.messages import BOUNCED, DELIVERED


class Tally(NamedTuple):
    """Buckets of time: where each begins (ms), and what was delivered and what bounced in it. `by` is hour or day."""

    times: list[int]
    delivered: list[int]
    bounced: list[int]
    by: str


def last_day(hub: Hub, account: int) -> Tally:
    """The last 24 hours, hour by hour, this one included."""
    this = hub.ms() // HOUR
    return _tally(account, [hour * HOUR for hour in range(this - 23, this + 1)], "hour")


def last_month(hub: Hub, account: int) -> Tally:
    """The last 30 days, day by day in the reader's zone, today included."""
    zone = ZoneInfo(str(flask_babel.get_timezone()))
    today = hub.now().astimezone(zone).date()
    days = [today - timedelta(days=back) for back in range(29, -1, -1)]
    midnights = [datetime(day.year, day.month, day.day, tzinfo=zone) for day in days]
    return _tally(account, [round(midnight.timestamp() * 1000) for midnight in midnights], "day")


def _tally(account: int, starts: list[int], by: str) -> Tally:
    found = {DELIVERED: [0] * len(starts), BOUNCED: [0] * len(starts)}
    at = 0
    for hour, kind, count in _counters(account, starts[0] // HOUR):
        while at + 1 < len(starts) and starts[at + 1] <= hour * HOUR:
            at += 1
        found[kind][at] += int(count)
    return Tally(starts, found[DELIVERED], found[BOUNCED], by)


def _counters(account: int, since: int) -> list[tuple[int, str, int]]:
    rows: list[tuple[int, str, int]] = sql(
        "SELECT c.hour, c.kind, sum(c.count) FROM counters c JOIN sources s ON s.id = c.source_id "
        "WHERE s.account_id = ? AND c.hour >= ? AND c.kind IN (?, ?) GROUP BY c.hour, c.kind ORDER BY c.hour",
        (account, since, DELIVERED, BOUNCED),
    ).fetchall()
    return rows
