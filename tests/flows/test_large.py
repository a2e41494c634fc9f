"""A large campaign needs no more memory at its end than in its middle, and never has more waiting than its look-ahead."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from mailhub.app import create_hub
from mailhub.config import load
from mailhub.db import close_database, sql
from mailhub.hub import Hub
from mailhub.outbox.submitting import LOOK_AHEAD
from mailhub.permissions import console_actor
from tests.flows.server import Server, wait_until

MANY = 200_000
MIB = 2**20
CLAIMED = 5_000
"""Messages that two workers have claimed at most: they count beside the look-ahead."""


@pytest.fixture
def sink() -> Iterator[str]:
    """The port of a server that takes every mail."""
    process = subprocess.Popen(
        [sys.executable, "-m", "mailhub.sink", "--watch-stdin"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    yield process.stdout.readline().strip()
    process.kill()
    process.wait(10)


def _campaign(hub: Hub, folder: Path) -> Any:
    actor = console_actor(1)
    hub.call(actor, "accounts.create", name="Large")
    hub.call(actor, "domains.add", name="large.example.com")
    sheet = folder / "contacts.csv"
    lines = (f"reader{n}@d{n % 40}.example.net;EN;Reader {n}\n" for n in range(MANY))
    sheet.write_text("e-mail;langue;affichage\n" + "".join(lines), "utf-8")
    made = hub.call(actor, "contacts.import", file=sheet, lists=["Readers"])
    wait_until(lambda: hub.call(actor, "imports.show", number=made["number"])["state"] == "done", 120, "the import")
    number = hub.call(
        actor, "campaigns.create", name="Large", subject="For {{ display }}", body="Hello {{ display }}\n\n" * 40,
        language="en", audience=["Readers"], **{"from": "news@large.example.com"},
    )["number"]  # fmt: skip
    hub.call(actor, "campaigns.validate", which=str(number))
    return hub.call(actor, "campaigns.start", which=str(number))["source"]


@pytest.mark.long
@pytest.mark.timeout(600)
def test_memory_and_queue_stay_flat(tmp_path: Path, database_url: str, sink: str) -> None:
    server = Server(
        tmp_path / "server", MAILHUB_DATABASE__URL=database_url, MAILHUB_ENGINE__WORKERS="2",
        MAILHUB_DELIVERY__ROUTE="smart_host", MAILHUB_DELIVERY__SMART_HOST="127.0.0.1",
        MAILHUB_DELIVERY__SMART_HOST_PORT=sink,
    )  # fmt: skip
    with server:
        hub = create_hub(load(None, server.environment))
        source = _campaign(hub, tmp_path)
        samples = list(_watch(server, source))
        hub.leave()
        close_database()
    assert samples[-1].settled == MANY
    middle = [each for each in samples if MANY * 0.25 < each.settled <= MANY * 0.5]
    end = [each for each in samples if each.settled > MANY * 0.75]
    before, after = (max(each.worker for each in part) for part in (middle, end))
    print(f"largest worker: {before:.0f} MiB in the second quarter, {after:.0f} MiB in the last")
    assert after <= before * 1.1 + 2
    assert after < 120
    assert max(each.waiting for each in samples) <= LOOK_AHEAD + CLAIMED


class Sample:
    """How it stands: messages settled and waiting, and the largest worker's PSS in MiB."""

    def __init__(self, server: Server, source: int) -> None:
        one = "SELECT submitted, state, (SELECT count(*) FROM queue WHERE source_id = s.id) FROM sources s WHERE id = ?"
        submitted, self.state, self.waiting = sql(one, (source,)).fetchone()
        self.settled = submitted - self.waiting
        self.worker = max(psutil.Process(pid).memory_full_info().pss / MIB for pid in server.pids("worker"))


def _watch(server: Server, source: int) -> Iterator[Sample]:
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        sample = Sample(server, source)
        yield sample
        if sample.state == "finished":
            return
        time.sleep(0.5)
    raise AssertionError("the campaign did not finish within five minutes")
