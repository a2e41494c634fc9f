"""A campaign over time: delivered, opened and clicked a minute while it is young, an hour later, a day in the end."""

from collections import Counter as Tally
from typing import NamedTuple

from mailhub import Hub
from mailhub.counting import by_hour
from mailhub.db import sql
from mailhub.messages import Source

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
YOUNG = 2 * HOUR
SMALL = 50_000
"""Messages a campaign has at most to be counted by the minute: that reads its rows, the hours are counted already."""
KINDS = ("delivered", "opened.first", "clicked.first")
FEWEST, MOST = 12, 240


class Chart(NamedTuple):
    """`times` in ms, evenly `step` ms apart, and for each of `KINDS` a number for each; None is still to come."""

    times: list[int]
    step: int
    numbers: dict[str, list[int | None]]


def chart(hub: Hub, source: Source) -> Chart:
    """What a source brought over time."""
    start = source.started_at or source.created_at
    if hub.ms() - start < YOUNG and source.submitted <= SMALL:
        return _fill(MINUTE, start, hub.ms(), _by_minute(source.id))
    hours = [(at, kind, count) for at, kind, count in by_hour(source.id) if kind in KINDS]
    step = HOUR if hub.ms() - start < 7 * DAY else DAY
    return _fill(step, start, hub.ms(), hours)


def _by_minute(source_id: int) -> list[tuple[int, str, int]]:
    found: list[tuple[int, str, int]] = []
    columns = (
        ("settled_at", "outcome = 'delivered'"),
        ("opened_at", "opened_at IS NOT NULL"),
        ("clicked_at", "clicked_at IS NOT NULL"),
    )
    for kind, (column, condition) in zip(KINDS, columns, strict=True):
        rows = sql(
            f"SELECT {column} / {MINUTE}, count(*) FROM messages WHERE source_id = ? AND {condition} GROUP BY 1",
            (source_id,),
        )
        found += [(int(minute) * MINUTE, kind, int(count)) for minute, count in rows.fetchall()]
    return found


def _fill(step: int, start: int, now: int, counted: list[tuple[int, str, int]]) -> Chart:
    tally: Tally[tuple[int, str]] = Tally()
    for at, kind, count in counted:
        tally[at // step, kind] += count
    first = start // step - 1  # from nothing: a line needs two points
    last = max([at for at, _ in tally] + [first + FEWEST - 1])
    slots = range(first, min(last, first + MOST) + 1)
    return Chart(
        [at * step for at in slots],
        step,
        {kind: [tally[at, kind] if at <= now // step else None for at in slots] for kind in KINDS},
    )
