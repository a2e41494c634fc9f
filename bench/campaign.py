"""A whole campaign through the product's own processes, from launch to finished, against an SMTP sink; every row checked.

    python bench/campaign.py [--recipients 20000] [--workers 2] [--database sqlite] [--size 5000] [--plain] [--seed 1]

`--database` is sqlite, postgres (a server of the run's own) or an address; `--plain` leaves out personalisation and
tracking. Prints a table; the last line is one JSON object with `rate` (messages a second), `ratio` (to OpenSSL's RSA-2048
signing rate in the same run), `cpu_ms` (of workers and scheduler, for each message), `sign_ms` (of it, signing), `pss_mib`
(the largest worker's peak), `first_s` (launch to first outcome).
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from bench.calibration import signing_rate
from bench.databases import database_url
from mailhub import metrics
from mailhub.app import create_hub
from mailhub.config import load
from mailhub.db import close_database, sql
from mailhub.dkim_check import verify
from mailhub.domains import public_record
from mailhub.hub import Hub
from mailhub.messages import Message, Source
from mailhub.permissions import console_actor
from tests.flows.server import Server, wait_until

WORDS = "Spring is back at the bookshop, and with it the readings of Thursday, new titles and old friends. "
SAMPLE = 50


@dataclass
class Result:
    """What one run measured; times in seconds."""

    recipients: int
    calibration: list[float] = field(default_factory=list)
    first: float = 0.0
    finished: float = 0.0
    last_outcome: float = 0.0
    cpu: dict[str, float] = field(default_factory=dict)
    pss: dict[str, float] = field(default_factory=dict)
    stages: dict[str, float] = field(default_factory=dict)


def main() -> None:
    """Run once and print."""
    given = arguments()
    with tempfile.TemporaryDirectory(prefix="mailhub-bench-") as folder, database_url(given.database) as url:
        result = run(given, Path(folder), url)
    _print(given, result)


def arguments(words: list[str] | None = None) -> argparse.Namespace:
    """What to run, from the command line or from `words`."""
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("--recipients", type=int, default=20_000)
    reader.add_argument("--workers", type=int, default=2)
    reader.add_argument("--database", default="sqlite")
    reader.add_argument("--size", type=int, default=5000)
    reader.add_argument("--plain", action="store_true")
    reader.add_argument("--seed", type=int, default=1)
    return reader.parse_args(words)


def run(given: argparse.Namespace, folder: Path, url: str) -> Result:
    """One campaign in `folder`, on the database at `url` (empty: SQLite). Raises AssertionError when a row is wrong."""
    result = Result(given.recipients)
    record = folder / "record.jsonl"
    sink = subprocess.Popen(
        [sys.executable, "-m", "mailhub.sink", "--record", str(record), "--sample", str(SAMPLE), "--watch-stdin"],
        stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert sink.stdout is not None
    port = sink.stdout.readline().strip()
    server = Server(
        folder / "server", MAILHUB_DATABASE__URL=url, MAILHUB_ENGINE__WORKERS=str(given.workers),
        MAILHUB_DELIVERY__ROUTE="smart_host", MAILHUB_DELIVERY__SMART_HOST="127.0.0.1",
        MAILHUB_DELIVERY__SMART_HOST_PORT=port, MAILHUB_LOG__LEVEL="warning",
    )  # fmt: skip
    try:
        with server:
            hub = create_hub(load(None, server.environment))
            number = _prepare(hub, given, folder)
            result.calibration.append(signing_rate())
            _measure(hub, server, sink.pid, number, result)
            result.calibration.append(signing_rate())
            sink.terminate()
            sink.wait(20)
            _check(hub, number, record, result, time.time())
            hub.leave()
            close_database()
    finally:
        sink.kill()
    return result


def _prepare(hub: Hub, given: argparse.Namespace, folder: Path) -> int:
    actor = console_actor(1)
    if not sql("SELECT 1 FROM accounts").fetchone():
        hub.call(actor, "accounts.create", name="Bench")
    hub.call(actor, "domains.add", name="bench.example.com")
    sheet = folder / "contacts.csv"
    chance = random.Random(given.seed)
    with sheet.open("w", encoding="utf-8") as file:
        file.write("e-mail;langue;affichage;ville\n")
        for number in range(given.recipients):
            city = chance.choice(("Montréal", "Lyon", "London", "Dublin"))
            file.write(
                f"reader{number}@d{number % 40}.example.net;{'FR' if number % 2 else 'EN'};Élodie {number};{city}\n"
            )
    made = hub.call(actor, "contacts.import", file=sheet, lists=["Readers"])
    wait_until(lambda: hub.call(actor, "imports.show", number=made["number"])["state"] == "done", 600, "the import")
    campaign = hub.call(
        actor, "campaigns.create", name="Bench", subject="News" if given.plain else "News for {{ display }}",
        body=_body(given), language="en", audience=["Readers"], track_opens=not given.plain,
        track_clicks=not given.plain, **{"from": "Bench <news@bench.example.com>"},
    )["number"]  # fmt: skip
    hub.call(actor, "campaigns.validate", which=str(campaign))
    return int(campaign)


def _body(given: argparse.Namespace) -> str:
    hello = (
        "# Hello" if given.plain else "# Hello {{ display | default('reader') }} of {{ city | default('somewhere') }}"
    )
    links = "\n\n".join(f"[Title {n}](https://example.com/title/{n})" for n in range(8))
    words = (WORDS * 3 + "\n\n") * max(1, (given.size - 3600) // 620)
    return f"{hello}\n\n{words}\n\n{links}"


def _measure(hub: Hub, server: Server, sink: int, number: int, result: Result) -> None:
    watch, before = Watch(server, sink), _stages(hub)
    watch.start()
    began = time.time()
    source_id = hub.call(console_actor(1), "campaigns.start", which=str(number))["source"]
    wait_until(lambda: _finished(source_id), 3600, "the campaign")
    result.finished = time.time() - began
    result.cpu, result.pss = watch.stop()
    result.stages = {stage: spent - before[stage] for stage, spent in _stages(hub).items()}
    first, last = sql(
        "SELECT min(settled_at), max(settled_at) FROM messages WHERE source_id = ?", (source_id,)
    ).fetchone()
    result.first, result.last_outcome = first / 1000 - began, last / 1000 - began


def _finished(source_id: int) -> bool:
    return bool(Source.select(Source.state).where(Source.id == source_id).scalar() == "finished")


def _stages(hub: Hub) -> dict[str, float]:
    """CPU seconds spent so far, by stage."""
    numbers = metrics.read(hub.config.data / "run" / "metrics")
    return {slot.word: value for slot, value in numbers.items() if slot.kind == "spent"}


class Watch(threading.Thread):
    """CPU time and peak memory of a server's processes and of the sink, by role, while it runs."""

    def __init__(self, server: Server, sink: int) -> None:
        super().__init__(daemon=True)
        self._over = threading.Event()
        self._processes = {
            pid: (line.rsplit("mailhub ", 1)[-1].strip(), psutil.Process(pid))
            for pid, line in (server.processes() | {sink: "mailhub sink"}).items()
        }
        self._machine_before = psutil.cpu_times()
        self._before = {pid: _cpu(process) for pid, (_, process) in self._processes.items()}
        self._peak: dict[int, float] = {}

    def run(self) -> None:
        while not self._over.wait(0.5):
            for pid, (_, process) in self._processes.items():
                pss = process.memory_full_info().pss / 2**20
                self._peak[pid] = max(self._peak.get(pid, 0.0), pss)

    def stop(self) -> tuple[dict[str, float], dict[str, float]]:
        """CPU seconds by role, and peak PSS in MiB by process."""
        self._over.set()
        self.join()
        cpu: dict[str, float] = {}
        for pid, (role, process) in self._processes.items():
            cpu[role] = cpu.get(role, 0.0) + _cpu(process) - self._before[pid]
        before, now = self._machine_before, psutil.cpu_times()
        cpu["the machine, unused"] = now.idle + now.iowait - before.idle - before.iowait
        return cpu, {f"{self._processes[pid][0]} {pid}": peak for pid, peak in self._peak.items()}


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _check(hub: Hub, number: int, record: Path, result: Result, now: float) -> None:
    """Every recipient once in the sink, every one delivered in the ledger, and a sample's signatures good."""
    seen: dict[str, int] = {}
    verified = 0
    for line in record.open(encoding="utf-8"):
        mail: dict[str, Any] = json.loads(line)
        seen[mail["recipient"]] = seen.get(mail["recipient"], 0) + 1
        if "content" in mail and verified < 100:
            verdicts = verify(mail["content"].encode("latin-1"), public_record)
            assert len(verdicts) == 2, mail["recipient"]
            assert all(each.passed for each in verdicts), verdicts
            verified += 1
    assert len(seen) == result.recipients, f"{result.recipients - len(seen)} recipients never reached the sink"
    repeats = sum(seen.values()) - len(seen)
    assert repeats == 0, f"{repeats} mails were repeated"
    stored = {address for (address,) in Message.select(Message.address).where(Message.outcome == "delivered").tuples()}
    assert stored == set(seen), "the ledger and the sink do not agree"
    print(f"checked: {len(seen)} rows against the sink, {verified} mails' two signatures by dkimpy")


def figures(given: argparse.Namespace, result: Result) -> dict[str, Any]:
    """What is printed as the last line."""
    rate = result.recipients / result.finished
    working = sum(seconds for role, seconds in result.cpu.items() if role in ("worker", "scheduler"))
    return {
        "recipients": result.recipients,
        "workers": given.workers,
        "database": given.database.split(":")[0],
        "rate": round(rate, 1),
        "ratio": round(rate * len(result.calibration) / sum(result.calibration), 3),
        "cpu_ms": round(working * 1000 / result.recipients, 3),
        "sign_ms": round(result.stages["sign"] * 1000 / result.recipients, 3),
        "pss_mib": round(max(peak for name, peak in result.pss.items() if name.startswith("worker")), 1),
        "first_s": round(result.first, 2),
    }


def _print(given: argparse.Namespace, result: Result) -> None:
    count, rate = result.recipients, result.recipients / result.finished
    print(f"OpenSSL RSA-2048, two processes    {' / '.join(f'{each:,.0f}' for each in result.calibration)} signs/s")
    print(f"launch to first outcome            {result.first:.2f} s")
    print(f"launch to last outcome             {result.last_outcome:.2f} s ({count / result.last_outcome:,.0f}/s)")
    print(f"launch to finished                 {result.finished:.2f} s ({rate:,.0f}/s)")
    for role, seconds in sorted(result.cpu.items()):
        print(f"CPU of {role:<28}{seconds * 1000 / count:.3f} ms/message")
    for stage, seconds in sorted(result.stages.items(), key=lambda each: -each[1]):
        if seconds > 0:
            print(f"  of it {stage:<27}{seconds * 1000 / count:.3f} ms/message")
    for name, peak in sorted(result.pss.items()):
        print(f"peak PSS of {name:<23}{peak:.0f} MiB")
    print(json.dumps(figures(given, result)))


if __name__ == "__main__":
    main()
