"""How fast a webhook is told: the product's own job, over one kept connection, to a receiver on loopback.

`python bench/webhooks.py [--events 20000] [--batch 500] [--database sqlite|postgres|URL]`

First one event in a request, then `--batch` in one. The receiver is a process of its own that answers 204 at once; each
request is signed and every event must have come once, in order. The last line is one JSON object.
"""

import argparse
import json
import multiprocessing
import tempfile
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from bench.databases import database_url
from mailhub.db import BULK_ROWS, bulk, sql
from mailhub.events import NewEvent, write
from mailhub.hub import Hub
from mailhub.jobs import rows
from mailhub.permissions import Actor
from mailhub.testing import make_hub, make_owner
from mailhub_webhooks.jobs import wake


def main() -> None:
    """Measure both ways once and print a table."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--events", type=int, default=20_000)
    reader.add_argument("--batch", type=int, default=500)
    reader.add_argument("--database", default="sqlite")
    given = reader.parse_args()
    found = {size: _measure(given.events, size, given.database) for size in (1, given.batch)}
    print(f"{'events in a request':>20} {'events a second':>16}")
    for size, rate in found.items():
        print(f"{size:>20,} {rate:>16,}")
    print(json.dumps({"single": found[1], "batched": found[given.batch], "batch": given.batch, "events": given.events}))


def _measure(count: int, size: int, database: str) -> int:
    """Events a second from the first request to the last answer."""
    mine, theirs = multiprocessing.Pipe()
    receiver = multiprocessing.Process(target=_receive, args=(theirs,), daemon=True)
    receiver.start()
    address = f"http://127.0.0.1:{mine.recv()}/events"
    with tempfile.TemporaryDirectory() as folder, database_url(database) as url:
        sections: dict[str, dict[str, Any]] = {"database": {"url": url}, "webhooks": {"allow_private": True}}
        with make_hub(Path(folder), **sections) as hub:
            _, _, owner = make_owner(hub)
            hub.call(owner, "webhooks.create", url=address, kinds=["delivered"], batch=size)
            _happen(hub, owner, count)
            began = time.monotonic()
            _work(hub)
            took = time.monotonic() - began
    mine.send(None)
    came = mine.recv()
    receiver.join(10)
    assert came == sorted(set(came)), "an event came twice, or before an older one"
    assert len(came) == count, f"{len(came)} of {count} events came"
    return round(count / took)


def _happen(hub: Hub, owner: Actor, count: int) -> None:
    for start in range(0, count, BULK_ROWS):
        with bulk():
            write([
                NewEvent("delivered", owner.account_id, hub.ms(), message_id=number + 1, attempt=1, code=250, text="2.0.0 Ok")
                for number in range(start, min(count, start + BULK_ROWS))
            ])  # fmt: skip


def _work(hub: Hub) -> None:
    """What the scheduler and a worker do, until the cursor has passed every event."""
    newest = sql("SELECT max(id) FROM events").fetchone()[0]
    while sql("SELECT min(position) FROM webhook_endpoints").fetchone()[0] < newest:
        wake(hub)
        for job in rows.Job.select().where(rows.Job.state == rows.WAITING):
            rows.work(hub, job.id)


def _receive(pipe: Connection) -> None:
    """Take events until told to stop; then say which came, in their order."""
    came: list[int] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            each = told["data"] if told["type"] == "batch" else [told]
            came.extend(int(event["id"].removeprefix("evt_")) for event in each)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Nothing: a line for each request would be measured too."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.timeout = 0.2
    pipe.send(server.server_port)
    while not pipe.poll():
        server.handle_request()
    pipe.recv()
    pipe.send(came)


if __name__ == "__main__":
    main()
