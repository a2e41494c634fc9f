"""Everybody at once: an account with ten campaigns, one with a single one, a small one later, and a shop that submits by SMTP.

    python bench/fairness.py [--recipients 60000] [--campaigns 10] [--small 1000] [--workers 2] [--database sqlite]

`--recipients` are those of each of the two accounts' lists; `--database` is sqlite, postgres (a server of the run's own) or
an address. Prints a table; the last line is one JSON object: `shares` (of what both accounts delivered while both were at
it), `of_many` (the least and the most of the ten campaigns, against their mean), `small_s` and `small_fair_s` (from its start
to its last outcome, and at a third of the whole rate), `urgent` (p50, p95 and worst seconds from 250 to delivered).
"""

import argparse
import json
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from bench.databases import database_url
from mailhub.app import create_hub
from mailhub.config import load
from mailhub.db import close_database
from mailhub.hub import Hub
from mailhub.sink import Sink
from tests.flows.crowd import Sender, Shop, delivered, now_ms, p95, span
from tests.flows.server import Server, wait_until

EVERY = 0.2
"""Seconds between two of the shop's mails."""
BEFORE, AFTER = 5.0, 10.0
"""Seconds that the two big ones are alone before the small one comes, and measured at least from then on."""


def main() -> None:
    """Run once and print."""
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("--recipients", type=int, default=150_000)
    reader.add_argument("--campaigns", type=int, default=10)
    reader.add_argument("--small", type=int, default=3000)
    reader.add_argument("--workers", type=int, default=2)
    reader.add_argument("--database", default="sqlite")
    given = reader.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="mailhub-fairness-") as folder,
        database_url(given.database) as url,
        Sink(keep=False) as sink,
    ):
        server = Server(
            Path(folder) / "server", MAILHUB_DATABASE__URL=url, MAILHUB_ENGINE__WORKERS=str(given.workers),
            MAILHUB_DELIVERY__ROUTE="smart_host", MAILHUB_DELIVERY__SMART_HOST="127.0.0.1",
            MAILHUB_DELIVERY__SMART_HOST_PORT=str(sink.port), MAILHUB_LOG__LEVEL="error", MAILHUB_DOMAINS__PROOF="false",
        )  # fmt: skip
        with server:
            hub = create_hub(load(None, server.environment))
            verdict = _measure(hub, server, Path(folder), given)
            hub.leave()
            close_database()
    _print(verdict)


def _measure(hub: Hub, server: Server, folder: Path, given: argparse.Namespace) -> dict[str, Any]:
    sizes = {"many": given.recipients, "one": given.recipients, "small": given.small, "shop": 0}
    many, one, small, shop = (Sender(hub, name, count, folder).open() for name, count in sizes.items())
    with Shop(hub, server, shop, EVERY) as selling:
        for _ in range(given.campaigns):
            many.launch()
        one.launch()
        wait_until(lambda: many.delivered(0, now_ms()) and one.delivered(0, now_ms()), 120, "both to begin")
        began = now_ms()
        wait_until(lambda: now_ms() > began + BEFORE * 1000, BEFORE + 5, "them to run")
        launched = now_ms()
        source = small.launch()
        wait_until(lambda: small.delivered(0, now_ms()) == given.small, 300, "the small campaign to arrive")
        wait_until(lambda: now_ms() > launched + AFTER * 1000, AFTER + 5, "them to run")
        until = now_ms()
        if delivered(one.sources, 0, until)[one.sources[0]] == given.recipients:
            raise SystemExit("The single campaign was through before the measure was: give more --recipients.")
    many.cancel()
    one.cancel()
    ended = span(source)[1]
    present = sum(each.delivered(launched, ended) for each in (many, one, small)) / (ended - launched)
    both = many.delivered(began, until), one.delivered(began, until)
    each = delivered(many.sources, began, until).values()
    urgent = selling.seconds()
    return {
        "shares": [round(count / sum(both), 3) for count in both],
        "of_many": [round(extreme / (sum(each) / len(each)), 2) for extreme in (min(each), max(each))],
        "rate": round(sum(both) * 1000 / (until - began)),
        "small_s": round((ended - launched) / 1000, 2),
        "small_fair_s": round(given.small / (present / 3) / 1000, 2),
        "urgent": {"p50": round(median(urgent), 2), "p95": round(p95(urgent), 2), "worst": round(urgent[-1], 2)},
        "urgent_mails": len(urgent),
    }


def _print(verdict: dict[str, Any]) -> None:
    print(
        f"the account with many campaigns had {verdict['shares'][0]:.1%}, the one with one {verdict['shares'][1]:.1%}"
    )
    print(f"of the many, the least had {verdict['of_many'][0]} and the most {verdict['of_many'][1]} of their mean")
    print(f"the small campaign took {verdict['small_s']} s; at a third of the rate it is {verdict['small_fair_s']} s")
    print("{urgent_mails} submitted mails took {urgent[p50]} s, 95 of 100 below {urgent[p95]} s, the worst "
          "{urgent[worst]} s".format(**verdict))  # fmt: skip
    print(json.dumps(verdict))


if __name__ == "__main__":
    main()
