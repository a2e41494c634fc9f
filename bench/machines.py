"""Several MailHub machines on one PostgreSQL, for the benches and flows of scaling out: a data folder and a `serve` each."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil

from mailhub.app import create_hub
from mailhub.config import load
from mailhub.db import close_database, sql
from mailhub.hub import Hub
from mailhub.messages import Source
from mailhub.permissions import console_actor
from tests.flows.server import Server, wait_until


class SlowSink:
    """A sink in a process of its own that answers late and writes down what it took."""

    def __init__(self, folder: Path, latency: float) -> None:
        self._record = folder / "record.jsonl"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "mailhub.sink", "--latency", str(latency), "--record", str(self._record),
             "--watch-stdin"],
            stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())

    def stop(self) -> list[dict[str, Any]]:
        """End it; everything it took: recipient and `at`, in seconds since 1970."""
        self._process.terminate()
        self._process.wait(20)
        return [json.loads(line) for line in self._record.open(encoding="utf-8")]

    def kill(self) -> None:
        """End it whatever happened."""
        self._process.kill()


class Machines:
    """The machines; `start` adds one. They share the database and the key file, nothing else."""

    def __init__(
        self, folder: Path, url: str, sink: int, stack: ExitStack, workers: int = 2, connections: int = 8
    ) -> None:
        self._folder, self._stack = folder, stack
        self._settings = {
            "MAILHUB_DATABASE__URL": url,
            "MAILHUB_SERVER__KEY_FILE": str(folder / "mailhub.key"),
            "MAILHUB_ENGINE__WORKERS": str(workers),
            "MAILHUB_DELIVERY__ROUTE": "smart_host",
            "MAILHUB_DELIVERY__SMART_HOST": "127.0.0.1",
            "MAILHUB_DELIVERY__SMART_HOST_PORT": str(sink),
            "MAILHUB_DELIVERY__CONNECTIONS": str(connections),
            "MAILHUB_LOG__LEVEL": "warning",
        }
        self.all: list[Server] = []

    def start(self, **settings: str) -> Server:
        """One more machine, up and answering."""
        machine = Server(self._folder / f"machine{len(self.all) + 1}", **{**self._settings, **settings})
        self._stack.enter_context(machine)
        self.all.append(machine)
        return machine

    def hub(self) -> Hub:
        """A hub on their database, as the first machine sees it."""
        return create_hub(load(None, self.all[0].environment))


@contextmanager
def machines(folder: Path, url: str, sink: int, **options: int) -> Iterator[Machines]:
    """No machine yet; all that are started are stopped at the end."""
    with ExitStack() as stack:
        yield Machines(folder, url, sink, stack, **options)


def kill_whole(machine: Server) -> int:
    """Kill every process of a machine at once, as a power cut would; returns how many connections to sinks it had open."""
    host = int(machine.environment["MAILHUB_DELIVERY__SMART_HOST_PORT"])
    pids = list(machine.processes())
    connections = sum(_connections(pid, host) for pid in pids)
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    machine.stop(signal.SIGKILL)
    wait_until(lambda: not machine.processes(), 20, "the killed machine's processes to end")
    return connections


def _connections(pid: int, port: int) -> int:
    try:
        open_now = psutil.Process(pid).net_connections("tcp")
    except psutil.Error:
        return 0
    return sum(1 for each in open_now if each.raddr and each.raddr.port == port and each.status == "ESTABLISHED")


def import_readers(hub: Hub, folder: Path, count: int, name: str) -> None:
    """A list of that many readers at 40 domains; their addresses begin with the list's name."""
    actor = console_actor(1)
    sheet = folder / f"{name}.csv"
    rows = (f"{name.lower()}{number}@d{number % 40}.example.net;EN\n" for number in range(count))
    sheet.write_text("e-mail;langue\n" + "".join(rows), "utf-8")
    number = hub.call(actor, "contacts.import", file=sheet, lists=[name])["number"]
    wait_until(lambda: hub.call(actor, "imports.show", number=number)["state"] == "done", 300, "the import")


def start_campaign(hub: Hub, name: str, rate: int = 0) -> int:
    """Send a campaign to the list of that name; returns its source. `rate` in messages a minute, 0 for none."""
    actor = console_actor(1)
    hub.call(
        actor, "campaigns.create", name=name, subject="News", body="# Hello\n\nSpring is back.", language="en",
        audience=[name], rate=rate, **{"from": "Bench <news@bench.example.com>"},
    )  # fmt: skip
    hub.call(actor, "campaigns.validate", which=name)
    source: int = hub.call(actor, "campaigns.start", which=name)["source"]
    return source


def wait_finished(source_id: int, seconds: float) -> tuple[float, float]:
    """Wait until a source is finished; the moments of its first and last outcome, in seconds since 1970."""
    wait_until(
        lambda: Source.select(Source.state).where(Source.id == source_id).scalar() == "finished",
        seconds,
        "the campaign",
    )
    row = sql("SELECT min(settled_at), max(settled_at) FROM messages WHERE source_id = ?", (source_id,)).fetchone()
    return row[0] / 1000, row[1] / 1000


def leave(hub: Hub) -> None:
    """Give back what the hub holds."""
    hub.leave()
    close_database()
