"""How long it takes to count a segment, and to walk along it as an audience, over a million contacts and their mail.

    python bench/segments.py [--contacts 1000000] [--campaigns 3] [--database sqlite|postgres|URL] [--runs 3] [--seed 1]

Every contact got every campaign; a third opened, a tenth followed a link, some bounced. Each set of rules is counted `runs`
times and the median is told, then what the first page of 500 recipients takes, and one from the middle. The last line is one
JSON object.
"""

import argparse
import json
import random
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from bench.databases import database_url
from mailhub.address import key_of
from mailhub.db import bulk, is_postgres, sql, sql_many
from mailhub.hub import Hub
from mailhub.messages import Content, Source
from mailhub.testing import make_hub, make_owner
from mailhub_contacts import audiences, segments
from mailhub_contacts.models import ContactList, Segment
from mailhub_contacts.segment_rules import read

BATCH, PAGE, DAY = 2000, 500, 86_400_000
LINKS = ["https://shop.example.com/spring", "https://shop.example.com/terms"]


def main() -> None:
    """Measure once and print a table."""
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("--contacts", type=int, default=1_000_000)
    reader.add_argument("--campaigns", type=int, default=3)
    reader.add_argument("--database", default="sqlite")
    reader.add_argument("--runs", type=int, default=3)
    reader.add_argument("--seed", type=int, default=1)
    given = reader.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="mailhub-bench-") as folder,
        database_url(given.database) as url,
        make_hub(Path(folder), database={"url": url}) as hub,
    ):
        figures = measure(hub, given.contacts, given.campaigns, given.runs, given.seed)
    print(f"{'':24} {'contacts':>10} {'count, s':>9} {'first page, s':>14} {'middle page, s':>15}")
    for name, told in figures.items():
        print(f"{name:24} {told['contacts']:>10,} {told['count']:>9.3f} {told['first']:>14.3f} {told['middle']:>15.3f}")
    worst = max(told["count"] for told in figures.values())
    print(
        json.dumps({"database": given.database, "contacts": given.contacts, "worst_count": worst, "segments": figures})
    )


def measure(hub: Hub, contacts: int, campaigns: int, runs: int, seed: int) -> dict[str, dict[str, float]]:
    """Fill the base, then count and walk along each set of rules: name → contacts, and seconds."""
    account = make_owner(hub)[0].id
    first, sources, chosen = fill(hub, account, contacts, campaigns, random.Random(seed))
    if is_postgres():
        sql("ANALYZE")
    return {
        name: _timed(hub, account, rules, runs, first + contacts // 2) for name, rules in asked(sources, chosen).items()
    }


def asked(sources: Sequence[int], chosen: int) -> dict[str, dict[str, Any]]:
    """The sets of rules that are measured."""
    newest = sources[-1]
    told: dict[str, list[dict[str, Any]]] = {
        "field": [{"what": "city", "how": "is", "value": "lyon"}],
        "list": [{"what": "list", "how": "in", "value": chosen}],
        "opened a campaign": [{"what": "opened", "how": "did", "campaign": newest}],
        "did not open it": [{"what": "opened", "how": "did_not", "campaign": newest}],
        "followed its link": [{"what": "clicked", "how": "did", "campaign": newest, "link": "/spring"}],
        "opened anything, 30 days": [{"what": "opened", "how": "did", "days": 30}],
        "quiet for a year": [{"what": "active", "how": "older", "days": 365}],
        "bounced, ever": [{"what": "bounced", "how": "did"}],
        "was sent a campaign": [{"what": "sent", "how": "did", "campaign": newest}],
    }
    mixed = [
        *told["list"],
        *told["opened a campaign"],
        {"match": "none", "rules": [*told["bounced, ever"], *told["field"]]},
    ]
    return {name: {"match": "all", "rules": rules} for name, rules in {**told, "several": mixed}.items()}


def _timed(hub: Hub, account: int, rules: dict[str, Any], runs: int, middle: int) -> dict[str, float]:
    group, seconds = read(rules), []
    for _ in range(runs):
        began = time.perf_counter()
        found = segments.count(account, hub.ms(), group)
        seconds.append(time.perf_counter() - began)
    kept = Segment.create(account=account, name=str(time.time_ns()), rules=group.json(), created_at=1, updated_at=1)
    pages = []
    for after in (0, middle):
        began = time.perf_counter()
        page = audiences.recipients(account, [f"segment:{kept.id}"], [], after, PAGE, hub.ms())
        pages.append(time.perf_counter() - began)
        assert page, "the segment has no page there"
    return {"contacts": found, "count": statistics.median(seconds), "first": pages[0], "middle": pages[1]}


def fill(hub: Hub, account: int, contacts: int, campaigns: int, chance: random.Random) -> tuple[int, list[int], int]:
    """Write contacts, a list that holds half of them, campaigns and what became of them. (first contact, sources, list)."""
    now = hub.ms()
    chosen = ContactList.create(account=account, name="Half", created_at=now).id
    content = Content.create(account=account, kind="compiled", body=b"", links=LINKS, created_at=now)
    sources = [
        Source.create(account=account, kind="campaign", name=f"Campaign {n}", content=content, created_at=now).id
        for n in range(campaigns)
    ]
    _write(
        "INSERT INTO contacts (account_id, address, address_key, copy, language, display, fields, created_at, updated_at) "
        "VALUES (?, ?, ?, 0, ?, ?, ?, ?, ?)",
        (
            (account, address, key_of(address), chance.choice(("en", "fr")), f"Reader {n}",
             json.dumps({"city": chance.choice(("Lyon", "Montréal", "Paris", "Québec")), "phone": "+33612345678"}), now - n, now)
            for n in range(contacts) for address in (f"reader{n}@example{n % 50}.com",)
        ),
    )  # fmt: skip
    first = sql("SELECT min(id) FROM contacts").fetchone()[0]
    sql("INSERT INTO list_contacts (list_id, contact_id) SELECT ?, id FROM contacts WHERE id & 1 = 0", (chosen,))
    for n, source in enumerate(sources):
        _write(
            "INSERT INTO messages (id, account_id, source_id, recipient_key, address, address_key, outcome, attempts, code, "
            "enhanced, text, reason, plugin, route, tls, settled_at, opened_at, clicked_at) "
            "VALUES (?, ?, ?, 0, ?, ?, ?, 1, 250, '2.0.0', 'OK', '', '', 'direct', 'TLSv1.3', ?, ?, ?)",
            _messages(account, source, n, contacts, now - (campaigns - n) * 20 * DAY, chance),
        )
    sql("INSERT INTO followed_links (message_id, link) SELECT id, id & 1 FROM messages WHERE clicked_at IS NOT NULL")
    return first, sources, chosen


def _messages(
    account: int, source: int, campaign: int, contacts: int, at: int, chance: random.Random
) -> Iterator[tuple[Any, ...]]:
    for n in range(contacts):
        address = f"reader{n}@example{n % 50}.com"
        draw = chance.random()
        outcome = "bounced" if draw > 0.98 else "delivered"
        opened, clicked = (at + n if draw < 0.33 else None), (at + n if draw < 0.1 else None)
        yield campaign * contacts + n + 1, account, source, address, key_of(address), outcome, at + n, opened, clicked


def _write(query: str, rows: Iterator[tuple[Any, ...]]) -> None:
    while batch := [*islice(rows, BATCH)]:
        with bulk():
            sql_many(query, batch)


if __name__ == "__main__":
    main()
