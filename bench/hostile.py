"""What a good destination loses beside hostile ones: a campaign straight to mail servers on loopback, alone and among others.

    python bench/hostile.py [--recipients 20000] [--beside 1000] [--workers 2] [--database sqlite] [--seed 1]

`--recipients` go to a good destination, `--beside` to each of five others: one nobody listens at, one that says nothing, one
that closes with 421, one that greylists, one that refuses the sender. DNS is on loopback too. Prints the good destination's
rate alone and beside them; the last line is one JSON object with both (mails a second) and `share` (of 1) that it keeps.
"""

import argparse
import json
import random
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench.databases import database_url
from mailhub.app import create_hub
from mailhub.config import load
from mailhub.db import close_database, sql
from mailhub.hub import Hub
from mailhub.permissions import console_actor
from mailhub.testing import Sink
from tests.dns_server import DnsServer, Zone
from tests.flows.server import Server, wait_until

DOMAINS = 20
"""Domains each destination has."""
HOSTILE = {
    "busy": "bounce=mail:421 4.3.2 Come back later",
    "grey": "u=rcpt:450 4.7.1 Greylisted, try again in 5 minutes",
    "refusing": "u=rcpt:554 5.7.1 Your IP address is blocked using zen.spamhaus.org",
}
NAMES = ("gone", "silent", *HOSTILE)


def main() -> None:
    """Run both and print."""
    given = arguments()
    alone = run(given, ())
    beside = run(given, NAMES)
    share = beside / alone
    print(f"the good destination alone              {alone:,.0f} mails/s")
    print(f"beside {len(NAMES)} hostile ones ({given.beside:,} mails each)  {beside:,.0f} mails/s ({share:.0%})")
    told = {"alone": round(alone, 1), "beside": round(beside, 1), "share": round(share, 3)}
    print(json.dumps({"recipients": given.recipients, "workers": given.workers, "database": given.database, **told}))


def arguments(words: list[str] | None = None) -> argparse.Namespace:
    """What to run, from the command line or from `words`."""
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("--recipients", type=int, default=20_000)
    reader.add_argument("--beside", type=int, default=1000)
    reader.add_argument("--workers", type=int, default=2)
    reader.add_argument("--database", default="sqlite")
    reader.add_argument("--seed", type=int, default=1)
    return reader.parse_args(words)


def run(given: argparse.Namespace, hostile: tuple[str, ...]) -> float:
    """One campaign to the good destination and to those. Returns the good one's rate, in mails a second."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mailhub-bench-")))
        url = stack.enter_context(database_url(given.database))
        port = stack.enter_context(_good())
        zones = {**_zones("good", "127.0.0.2")}
        for number, name in enumerate(hostile, 3):
            address = f"127.0.0.{number}"
            zones |= _zones(name, address)
            if name in HOSTILE:
                stack.enter_context(Sink(host=address, port=port, behaviours=[HOSTILE[name]]))
            elif name == "silent":
                stack.enter_context(socket.create_server((address, port), backlog=100))
        dns = stack.enter_context(DnsServer(zones))
        server = Server(
            folder / "server", MAILHUB_DATABASE__URL=url, MAILHUB_ENGINE__WORKERS=str(given.workers),
            MAILHUB_DELIVERY__ROUTE="direct", MAILHUB_DELIVERY__MX_PORT=str(port), MAILHUB_DELIVERY__PRIVATE_MX="true",
            MAILHUB_LOG__LEVEL="error",
            MAILHUB_DNS__RESOLVERS=dns.address,
        )  # fmt: skip
        with server:
            hub = create_hub(load(None, server.environment))
            try:
                return _measure(hub, given, hostile, folder)
            finally:
                hub.leave()
                close_database()


@contextmanager
def _good() -> Iterator[int]:
    """A sink in a process of its own, at 127.0.0.2; its port."""
    sink = subprocess.Popen(
        [sys.executable, "-m", "mailhub.sink", "--host", "127.0.0.2", "--watch-stdin"],
        stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert sink.stdout is not None
    try:
        yield int(sink.stdout.readline())
    finally:
        sink.terminate()
        sink.wait(20)


def _zones(name: str, address: str) -> dict[str, Zone]:
    hosts = {f"mx.{name}.example": Zone(a=(address,))}
    return hosts | {f"d{number}.{name}.example": Zone(mx=((10, f"mx.{name}.example"),)) for number in range(DOMAINS)}


def _measure(hub: Hub, given: argparse.Namespace, hostile: tuple[str, ...], folder: Path) -> float:
    actor = console_actor(1)
    if not sql("SELECT 1 FROM accounts").fetchone():
        hub.call(actor, "accounts.create", name="Bench")
    hub.call(actor, "domains.add", name="bench.example.com")
    made = hub.call(actor, "contacts.import", file=_sheet(given, hostile, folder), lists=["Readers"])
    wait_until(lambda: hub.call(actor, "imports.show", number=made["number"])["state"] == "done", 600, "the import")
    number = hub.call(
        actor, "campaigns.create", name="Bench", subject="News", body="# Hello\n\nGood news.", language="en",
        audience=["Readers"], **{"from": "Bench <news@bench.example.com>"},
    )["number"]  # fmt: skip
    hub.call(actor, "campaigns.validate", which=str(number))
    hub.call(actor, "campaigns.start", which=str(number))
    wait_until(lambda: _delivered()[0] == given.recipients, 900, "the good destination's mail")
    count, first, last = _delivered()
    return count * 1000 / (last - first)


def _delivered() -> tuple[int, int, int]:
    """How many mails were delivered, and when the first and the last (ms)."""
    count, first, last = sql(
        "SELECT count(*), min(settled_at), max(settled_at) FROM messages WHERE outcome = 'delivered'"
    ).fetchone()
    return int(count), int(first or 0), int(last or 0)


def _sheet(given: argparse.Namespace, hostile: tuple[str, ...], folder: Path) -> Path:
    """All recipients, the hostile ones' scattered among the others."""
    names = ["good"] * given.recipients + [name for name in hostile for _ in range(given.beside)]
    random.Random(given.seed).shuffle(names)
    path = folder / "contacts.csv"
    lines = (f"u{number}@d{number % DOMAINS}.{name}.example\n" for number, name in enumerate(names))
    path.write_text("e-mail\n" + "".join(lines), encoding="utf-8")
    return path


if __name__ == "__main__":
    main()
