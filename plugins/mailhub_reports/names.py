"""The names of sources: asked of DNS by a job, the busiest first, and believed only when they lead back (RFC 8601 iprev)."""

import asyncio
from typing import Any

from mailhub import Hub, JobKind, jobs
from mailhub.accounts import OPERATOR
from mailhub.db import in_list, sql, sql_many, transaction
from mailhub.dns.lookup import Lookup, Unanswered, open_lookup
from mailhub.domains import asking
from mailhub.jobs import Job
from mailhub.vocabulary import Schedule
from mailhub_reports.gathering import DAY
from mailhub_reports.models import Name

KIND = "reports.names"
AT_ONCE = 40
"""Addresses asked about at the same time, for `LIMIT` seconds at most."""
LIMIT = 8.0
LATELY = 30 * DAY
EVERY = 300


def wake(hub: Hub) -> None:
    """What the clock calls: begin to ask, if there is a source without an answer and nobody asks already."""
    busy = Job.select().where(Job.kind == KIND, Job.state == "waiting").exists()
    if not busy and _unnamed(hub, 1):
        with transaction():
            jobs.start(hub, KIND, OPERATOR)


def _unnamed(hub: Hub, limit: int) -> list[str]:
    rows = sql(
        "SELECT source_ip FROM reports_rows r WHERE day >= ? AND source_ip <> '' "
        "AND NOT EXISTS (SELECT 1 FROM reports_names n WHERE n.address = r.source_ip) "
        "GROUP BY source_ip ORDER BY sum(mails) DESC, source_ip LIMIT ?",
        (hub.ms() - LATELY, limit),
    )
    return [row[0] for row in rows.fetchall()]


def step(hub: Hub, job: Any, until: float) -> bool:
    """One batch of questions. What has no answer is not asked again before long."""
    addresses = _unnamed(hub, AT_ONCE)
    if not addresses:
        return False
    found = asyncio.run(_names(hub, addresses))
    rows = [(address, found.get(address, ""), hub.ms()) for address in addresses]
    with transaction():
        sql_many("INSERT INTO reports_names (address, name, asked_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", rows)
    job.done += len(rows)
    return True


async def _names(hub: Hub, addresses: list[str]) -> dict[str, str]:
    lookup = open_lookup(hub.config.dns)
    found: dict[str, str] = {}
    try:
        async with asyncio.timeout(LIMIT):
            await asyncio.gather(*(_name(lookup, each, found) for each in addresses))
    except TimeoutError:
        pass  # the others were quicker
    finally:
        lookup.close()
    return found


async def _name(lookup: Lookup, address: str, found: dict[str, str]) -> None:
    try:
        for name in (await asking.pointers(lookup, address))[:5]:
            if address in await asking.addresses(lookup, name):
                found[address] = name[:255]
                return
    except (Unanswered, ValueError):
        return


def names_of(addresses: list[str]) -> dict[str, str]:
    """What is known of some addresses; those without a name are not among them."""
    if not addresses:
        return {}
    condition, values = in_list("address", addresses)
    rows = sql(f"SELECT address, name FROM {Name._meta.table_name} WHERE {condition} AND name <> ''", values)
    return dict(rows.fetchall())


JOBS = (JobKind(KIND, step),)
SCHEDULES = (Schedule("reports.names", EVERY, wake),)
