"""Two worker machines on one PostgreSQL against one, a rate both share, and one of the two killed whole.

    python bench/scale.py [--database postgres] [--recipients 6000] [--workers 2] [--connections 8] [--latency 0.05]

The sink answers after `--latency` seconds, so waiting is the limit and not the processor: a worker's speed is then its
connections' (`--connections` each, to one smart host). A machine is a data folder with a `mailhub serve` of its own. Prints
a table; the last line is one JSON object: `one` and `two` (messages a second), `ratio`, `shared_rate` (wanted, and
measured over the whole and in the busiest five seconds), `database_ms` (PostgreSQL's processor time for each message),
`statements_ms` (its time in statements, waiting included), `idle_transactions` (a second, of an idle
machine), and for the kill `lost`, `repeated`, `open_connections`. Exits 1 when something of it does not hold.
"""

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from bench.databases import database_url
from bench.machines import SlowSink, import_readers, kill_whole, leave, machines, start_campaign, wait_finished
from mailhub.db import sql
from mailhub.hub import Hub
from mailhub.permissions import console_actor

RATE_SECONDS = 20
"""How long the campaign with the shared rate lasts."""
TOLERANCE = 0.05
"""A share by which the rate measured over the whole may differ from the one that was set."""
BURST = 2.0
"""Seconds' worth of a rate that may leave at once: see `mailhub.outbox.claims`."""


@dataclass
class Result:
    """What was measured; rates in messages a second."""

    one: float = 0.0
    two: float = 0.0
    shared: dict[str, float] = field(default_factory=dict)
    database_ms: float = 0.0
    statements_ms: float = 0.0
    idle: float = 0.0
    lost: int = 0
    repeated: int = 0
    open_connections: int = 0

    @property
    def ratio(self) -> float:
        """Two machines to one."""
        return self.two / self.one

    def holds(self) -> bool:
        """Whether all that is promised holds."""
        wanted, whole = self.shared["wanted"], self.shared["whole"]
        return (
            self.ratio >= 1.8
            and abs(whole / wanted - 1) <= TOLERANCE
            and self.shared["busiest"] <= wanted * (1 + BURST / 5)
            and self.lost == 0
        )


def main() -> None:
    """Run once and print."""
    given = _arguments()
    with tempfile.TemporaryDirectory(prefix="mailhub-scale-") as folder, database_url(given.database) as url:
        if not url:
            sys.exit("Machines share PostgreSQL: give --database postgres, or an address.")
        result = scale(Path(folder), url, given)
    _print(result)
    sys.exit(0 if result.holds() else 1)


def _arguments() -> argparse.Namespace:
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("--database", default="postgres", help="postgres (a server of the run's own) or an address")
    reader.add_argument(
        "--recipients", type=int, default=6000, help="of the campaign one machine sends; two send twice as many"
    )
    reader.add_argument("--workers", type=int, default=2, help="worker processes of each machine")
    reader.add_argument("--connections", type=int, default=8, help="connections of each worker")
    reader.add_argument("--latency", type=float, default=0.05, help="seconds the sink takes for an answer")
    return reader.parse_args()


def scale(folder: Path, url: str, given: argparse.Namespace) -> Result:
    """All runs, one after the other."""
    result = Result()
    sink = SlowSink(folder, given.latency)
    try:
        with machines(folder, url, sink.port, workers=given.workers, connections=given.connections) as both:
            both.start()
            hub = both.hub()
            hub.call(console_actor(1), "accounts.create", name="Bench")
            hub.call(console_actor(1), "domains.add", name="bench.example.com")
            result.idle = _transactions(5)
            result.one = _run(hub, folder, "One", given.recipients)
            both.start()
            busy, spent = _database_cpu(), _statements_ms()
            result.two = _run(hub, folder, "Two", given.recipients * 2)
            result.database_ms = (_database_cpu() - busy) * 1000 / (given.recipients * 2)
            result.statements_ms = (_statements_ms() - spent) / (given.recipients * 2)
            rate = int(result.one * 0.6)
            import_readers(hub, folder, rate * RATE_SECONDS, "Rate")
            wait_finished(start_campaign(hub, "Rate", rate * 60), 120)
            result.open_connections = _kill_one(hub, folder, both.all[1], given.recipients * 2)
            leave(hub)
        _judge(result, sink.stop(), rate, given.recipients * 2)
    finally:
        sink.kill()
    return result


def _run(hub: Hub, folder: Path, name: str, recipients: int) -> float:
    """Messages a second of a campaign, from its launch to its last outcome."""
    import_readers(hub, folder, recipients, name)
    began = time.time()
    _, last = wait_finished(start_campaign(hub, name), 300)
    return recipients / (last - began)


def _kill_one(hub: Hub, folder: Path, machine: Any, recipients: int) -> int:
    """Kill a machine when a third has left; what it had claimed comes back after its lease. Returns its connections."""
    import_readers(hub, folder, recipients, "Kill")
    source = start_campaign(hub, "Kill")
    while sql("SELECT count(*) FROM messages WHERE source_id = ?", (source,)).fetchone()[0] < recipients / 3:
        time.sleep(0.05)
    connections = kill_whole(machine)
    wait_finished(source, 200)
    return connections


def _judge(result: Result, arrived: list[dict[str, Any]], rate: int, recipients: int) -> None:
    """The shared rate and the kill, by what the sink took and when."""
    times = sorted(each["at"] for each in arrived if each["recipient"].startswith("rate"))
    burst = rate * BURST  # what may leave at once at the start does not count for the rate that holds
    busiest = max(sum(1 for at in times if start <= at < start + 5) for start in times[:: max(1, rate // 4)])
    result.shared = {
        "wanted": rate,
        "whole": (len(times) - burst) / (times[-1] - times[0] - _first_burst(times, int(burst))),
        "busiest": busiest / 5,
    }
    counts = Counter(each["recipient"] for each in arrived if each["recipient"].startswith("kill"))
    result.lost = recipients - len(counts)
    result.repeated = sum(counts.values()) - len(counts)


def _first_burst(times: list[float], burst: int) -> float:
    return times[burst - 1] - times[0]


def _database_cpu() -> float:
    """Processor seconds of PostgreSQL's processes, also of those that have ended; 0.0 when it is on another machine."""
    backend = sql("SELECT pg_backend_pid()").fetchone()[0]
    try:
        parent = psutil.Process(backend).parent()
    except psutil.NoSuchProcess:
        return 0.0
    assert parent is not None
    own = parent.cpu_times()
    living = [each.cpu_times() for each in parent.children()]
    return own.children_user + own.children_system + sum(each.user + each.system for each in living)


def _statements_ms() -> float:
    """Milliseconds spent in statements, waiting included, by PostgreSQL's own count."""
    time.sleep(1.2)  # it adds up once a second
    return float(sql("SELECT active_time FROM pg_stat_database WHERE datname = current_database()").fetchone()[0])


def _transactions(seconds: float) -> float:
    def count() -> int:
        time.sleep(1.2)
        sql("SELECT pg_stat_clear_snapshot()")
        row = sql("SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()").fetchone()
        return int(row[0])

    before, began = count(), time.time()
    time.sleep(seconds)
    return (count() - before) / (time.time() - began)


def _print(result: Result) -> None:
    shared = "{wanted:,.0f} a second wanted, {whole:,.1f} over the whole, {busiest:,.1f} in the busiest 5 s"
    spent = f"{result.database_ms:.3f} ms a message; {result.statements_ms:.3f} in statements, waiting included"
    killed = f"{result.lost} lost, {result.repeated} repeated, {result.open_connections} connections open"
    print(f"one machine                    {result.one:,.0f} messages a second")
    print(f"two machines                   {result.two:,.0f} messages a second, {result.ratio:.2f} times as many")
    print(f"shared rate                    {shared.format(**result.shared)}")
    print(f"PostgreSQL, processor time     {spent}")
    print(f"PostgreSQL, one idle machine   {result.idle:.0f} transactions a second")
    print(f"one of two killed              {killed}")
    print(
        json.dumps({
            "one": round(result.one, 1), "two": round(result.two, 1), "ratio": round(result.ratio, 2),
            "shared_rate": {name: round(value, 1) for name, value in result.shared.items()},
            "database_ms": round(result.database_ms, 3), "statements_ms": round(result.statements_ms, 3),
            "idle_transactions": round(result.idle, 1), "lost": result.lost, "repeated": result.repeated,
            "open_connections": result.open_connections,
        })
    )  # fmt: skip


if __name__ == "__main__":
    main()
