"""The longest a one-row write waits on SQLite while a campaign, an import and tracking run at full speed.

    python bench/contention.py [--recipients 20000] [--rows 200000]

A write is what a pause or a sign-in does: one transaction, one row. Prints a table; the last line is one JSON object:
`worst_ms`, `p99_ms`, `writes`, `pause_ms` (from the press to the last mail that left after it).
"""

import argparse
import json
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

from mailhub.app import create_hub
from mailhub.config import load
from mailhub.db import close_database, sql, transaction
from mailhub.hub import Hub
from mailhub.messages import Message, Source
from mailhub.permissions import console_actor
from mailhub.sink import Sink
from tests.flows.server import Server, wait_until


def main() -> None:
    """Run once and print."""
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("--recipients", type=int, default=20_000)
    reader.add_argument("--rows", type=int, default=200_000, help="rows of the import beside it")
    given = reader.parse_args()
    with tempfile.TemporaryDirectory(prefix="mailhub-contention-") as folder, Sink(keep=False) as sink:
        server = Server(
            Path(folder) / "server", MAILHUB_DELIVERY__ROUTE="smart_host", MAILHUB_DELIVERY__SMART_HOST="127.0.0.1",
            MAILHUB_DELIVERY__SMART_HOST_PORT=str(sink.port), MAILHUB_LOG__LEVEL="error",
        )  # fmt: skip
        with server:
            hub = create_hub(load(None, server.environment))
            waits, opened, pause = _measure(hub, server, sink, Path(folder), given)
            hub.leave()
            close_database()
    waits.sort()
    worst, p99 = waits[-1] * 1000, waits[int(len(waits) * 0.99)] * 1000
    print(f"{sink.count} mails, {opened} opens asked for, {len(waits)} one-row writes meanwhile")
    print(f"longest wait of a write {worst:.0f} ms, 99 of 100 below {p99:.0f} ms; pause took hold after {pause:.0f} ms")
    verdict = {"worst_ms": round(worst, 1), "p99_ms": round(p99, 1), "writes": len(waits), "pause_ms": round(pause)}
    print(json.dumps(verdict))


def _measure(
    hub: Hub, server: Server, sink: Sink, folder: Path, given: argparse.Namespace
) -> tuple[list[float], int, float]:
    actor = console_actor(1)
    hub.call(actor, "accounts.create", name="Contention")
    hub.call(actor, "domains.add", name="bench.example.com")
    _import(hub, folder, "readers", given.recipients, wait=True)
    hub.call(
        actor, "campaigns.create", name="Contention", subject="News", body="Hello [you](https://example.com)", language="en",
        audience=["readers"], **{"from": "news@bench.example.com"},
    )  # fmt: skip
    hub.call(actor, "campaigns.validate", which="Contention")
    source_id = hub.call(actor, "campaigns.start", which="Contention")["source"]
    _import(hub, folder, "others", given.rows, wait=False)
    wait_until(lambda: sink.count > 100, 30, "mail to flow")
    opens = Opens(hub, server, source_id)
    opens.start()
    waits: list[float] = []
    while sink.count < given.recipients * 0.8:
        began = time.perf_counter()
        with transaction():
            sql("UPDATE users SET failed_logins = failed_logins WHERE id = 0")
        waits.append(time.perf_counter() - began)
        time.sleep(0.02)
    pressed = time.time()
    hub.call(actor, "campaigns.pause", which="Contention")
    time.sleep(3)
    opens.over.set()
    opens.join(10)
    last = Message.select(Message.settled_at).where(Message.source_id == source_id)
    latest = max(row.settled_at for row in last.order_by(Message.settled_at.desc()).limit(1))
    assert Source.get_by_id(source_id).state == "paused"
    return waits, opens.count, max(0.0, latest - pressed * 1000)


def _import(hub: Hub, folder: Path, name: str, rows: int, wait: bool) -> None:
    sheet = folder / f"{name}.csv"
    sheet.write_text("e-mail;langue\n" + "".join(f"{name}{n}@example.net;EN\n" for n in range(rows)), "utf-8")
    number = hub.call(console_actor(1), "contacts.import", file=sheet, lists=[name])["number"]
    if wait:
        wait_until(
            lambda: hub.call(console_actor(1), "imports.show", number=number)["state"] == "done", 300, "the import"
        )


class Opens(threading.Thread):
    """Asks for the pixels of mails that were delivered, as fast as one connection after the other goes."""

    def __init__(self, hub: Hub, server: Server, source_id: int) -> None:
        super().__init__(daemon=True)
        self.hub, self.server, self.source_id = hub, server, source_id
        self.over = threading.Event()
        self.count = 0

    def run(self) -> None:
        while not self.over.is_set():
            rows = list(
                Message.select(Message.id, Message.content_id).where(Message.source_id == self.source_id).limit(500)
            )
            for row in rows:
                token = self.hub.tokens.message(row.content_id, row.id)
                with urllib.request.urlopen(f"{self.server.url}/o/{token}.gif", timeout=10) as answer:
                    answer.read()
                self.count += 1
                if self.over.is_set():
                    break
        close_database()


if __name__ == "__main__":
    main()
