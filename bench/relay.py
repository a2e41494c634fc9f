"""Accept by SMTP, put on disk, sign, relay: MailHub against Postfix with OpenDKIM in the same minute, new and kept sessions.

    python bench/relay.py [--mails 3000] [--sessions 20] [--size 5000] [--workers 2] [--database sqlite]

Each server takes `--mails` mails over `--sessions` connections at once, one mail in each (new) or all of a connection's
in one (kept), and relays them to a sink of its own; the rate is mails a second from the first connection to the last mail
in the sink, where each must be exactly once and signed. Postfix and OpenDKIM are processes of the run's own; they sign with
RSA-2048, MailHub with Ed25519 too. Without them it exits 2 and says what is missing. The last line is one JSON object:
`new` and `kept`, each with `mailhub`, `postfix` (mails a second), `ratio`, `cpu_ms` and `postfix_cpu_ms` (processor time
of the servers for each mail).
"""

import argparse
import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from bench.calibration import signing_rate
from bench.databases import database_url
from bench.postfix import missing, pids, postfix
from bench.submitting import Load, recipient, submit
from mailhub.app import create_hub
from mailhub.config import load
from mailhub.db import close_database
from mailhub.dkim_check import verify
from mailhub.domains import public_record
from mailhub.permissions import console_actor
from tests.flows.server import Server, wait_until

SAMPLE = 50


@dataclass(frozen=True)
class Relayed:
    """One run: mails a second, and processor milliseconds of the server's processes for each."""

    rate: float
    accepted: float
    cpu_ms: float


def main() -> None:
    """Run both servers with both kinds of session, and print."""
    given = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was started is ended
    if lacking := missing():
        print(f"Postfix and OpenDKIM are compared with, and this machine lacks {', '.join(lacking)}.", file=sys.stderr)
        sys.exit(2)
    figures: dict[str, Any] = {"signs_s": round(signing_rate()), "mails": given.mails, "database": given.database}
    for kind, each in (("new", 1), ("kept", -(-given.mails // given.sessions))):
        ours, theirs = mailhub_run(given, each), postfix_run(given, each)
        figures[kind] = {
            "mailhub": round(ours.rate), "postfix": round(theirs.rate), "ratio": round(ours.rate / theirs.rate, 2),
            "cpu_ms": round(ours.cpu_ms, 2), "postfix_cpu_ms": round(theirs.cpu_ms, 2),
        }  # fmt: skip
        for name, result in (("MailHub", ours), ("Postfix + OpenDKIM", theirs)):
            print(
                f"{kind:5} sessions  {name:20} {result.rate:7,.0f}/s relayed  {result.accepted:7,.0f}/s accepted"
                f"  {result.cpu_ms:6.2f} CPU-ms each"
            )
        print(f"{kind:5} sessions  {figures[kind]['ratio']} times Postfix + OpenDKIM")
    print(json.dumps(figures))


def arguments(words: list[str] | None = None) -> argparse.Namespace:
    """What to run, from the command line or from `words`."""
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("--mails", type=int, default=3000, help="for each run")
    reader.add_argument("--sessions", type=int, default=20, help="connections at the same time")
    reader.add_argument("--size", type=int, default=5000, help="octets of a mail")
    reader.add_argument("--workers", type=int, default=2)
    reader.add_argument("--database", default="sqlite", help="MailHub's: sqlite, postgres or an address")
    return reader.parse_args(words)


def mailhub_run(given: argparse.Namespace, each: int) -> Relayed:
    """A fresh MailHub, one run. Raises AssertionError when a mail is lost, repeated or badly signed."""
    with tempfile.TemporaryDirectory(prefix="mailhub-relay-") as name, database_url(given.database) as url:
        folder = Path(name)
        with sink(folder) as port, Server(
            folder / "server", MAILHUB_DATABASE__URL=url, MAILHUB_ENGINE__WORKERS=str(given.workers),
            MAILHUB_DELIVERY__ROUTE="smart_host", MAILHUB_DELIVERY__SMART_HOST="127.0.0.1",
            MAILHUB_DELIVERY__SMART_HOST_PORT=str(port), MAILHUB_LOG__LEVEL="warning",
        ) as server:  # fmt: skip
            hub, actor = create_hub(load(None, server.environment)), console_actor(1)
            hub.call(actor, "accounts.create", name="Bench")
            hub.call(actor, "domains.add", name="bench.example.com")
            made = hub.call(actor, "smtp_credentials.create", name="Bench")
            wanted = Load(
                server.submission, given.mails, given.sessions, each, given.size, made["login"], made["password"]
            )
            result = _measure(wanted, folder, lambda: list(server.processes()))
            for mail in _check(folder, given.mails):
                verdicts = verify(mail, public_record)
                assert len(verdicts) == 2, verdicts
                assert all(verdict.passed for verdict in verdicts), verdicts
            hub.leave()
            close_database()
    return result


def postfix_run(given: argparse.Namespace, each: int) -> Relayed:
    """A fresh Postfix with OpenDKIM, one run of the same mails."""
    with tempfile.TemporaryDirectory(prefix="mailhub-relay-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with sink(folder) as sink_port, postfix(folder / "postfix", sink_port) as port:
            wanted = Load(port, given.mails, given.sessions, each, given.size)
            result = _measure(wanted, folder, lambda: pids(folder / "postfix"))
            for mail in _check(folder, given.mails):
                assert b"DKIM-Signature:" in mail
    return result


@contextmanager
def sink(folder: Path) -> Iterator[int]:
    """A sink in a process of its own that writes down what it takes; yields its port."""
    process = subprocess.Popen(
        [sys.executable, "-m", "mailhub.sink", "--record", str(folder / "record.jsonl"), "--sample", str(SAMPLE),
         "--watch-stdin"],
        stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline())
    finally:
        process.terminate()
        process.wait(20)


def _measure(wanted: Load, folder: Path, processes: Callable[[], list[int]]) -> Relayed:
    busy = Busy(processes)
    arrived = Arrived(folder / "record.jsonl")
    began = time.monotonic()
    taken = submit(wanted)
    wait_until(lambda: arrived.count() >= wanted.mails, 600, "all mails in the sink")
    seconds = time.monotonic() - began
    return Relayed(wanted.mails / seconds, wanted.mails / taken, busy.seconds() * 1000 / wanted.mails)


class Busy:
    """Processor time of some processes and of what they started and saw end, since it was made."""

    def __init__(self, processes: Callable[[], list[int]]) -> None:
        self._processes = processes
        self._before = self._all()

    def seconds(self) -> float:
        """Seconds since the beginning; of processes that came and went, what their parent was told of."""
        return sum(spent - self._before.get(pid, 0.0) for pid, spent in self._all().items())

    def _all(self) -> dict[int, float]:
        found = {}
        for pid in self._processes():
            try:
                times = psutil.Process(pid).cpu_times()
            except psutil.Error:
                continue
            found[pid] = times.user + times.system + times.children_user + times.children_system
        return found


class Arrived:
    """How many mails a sink has written down, read as it grows."""

    def __init__(self, record: Path) -> None:
        self._record, self._position, self._count = record, 0, 0

    def count(self) -> int:
        """All lines so far."""
        if self._record.exists():
            with self._record.open("rb") as file:
                file.seek(self._position)
                new = file.read()
            self._position, self._count = self._position + len(new), self._count + new.count(b"\n")
        return self._count


def _check(folder: Path, mails: int) -> list[bytes]:
    """Every mail once; returns the contents of the sample."""
    lines = [json.loads(line) for line in (folder / "record.jsonl").open(encoding="utf-8")]
    assert sorted(each["recipient"] for each in lines) == sorted(recipient(number) for number in range(mails))
    return [each["content"].encode("latin-1") for each in lines if "content" in each]


if __name__ == "__main__":
    main()
