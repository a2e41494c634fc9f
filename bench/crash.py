"""Kills the server's processes at random moments under load, restarts, and compares what arrived with the tables.

    python bench/crash.py [--kills 20] [--database sqlite] [--seed 1] [--mails 1500] [--charge]

The load is a campaign (`--mails` for each kill), contact imports and submissions over SMTP, all at once. Victims are workers, the
workers' parent, web, SMTP, scheduler and the server itself. The last line is one JSON object: `kills`, `lost` (accepted
and never arrived), `repeated` (arrived more than once), `left_behind` (rows still waiting or claimed at the end),
`open_connections` (of the killed processes to the sink, at the kills: what may be repeated at most), `misrecorded`
(arrived and not recorded so, or the reverse), `silence_median` and `silence_worst` (the longest time without any mail
that began after a kill and before the next, in seconds; a restart of the whole server included). With `--charge` the
account pays for its mail, its credit runs dry on the way and is topped up: `miscounted` is what the ledger has charged
more or less than the delivered mails cost, `reserved` what it still has set aside, `unbalanced` the sum of all its entries
(each in millionths of the currency or in mails, whatever its sign), and `differences` how many its own check tells of.
"""

import argparse
import contextlib
import json
import os
import random
import signal
import smtplib
import statistics
import sys
import tempfile
import threading
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import psutil

from bench.databases import database_url
from mailhub.app import create_hub
from mailhub.config import load
from mailhub.db import close_database, sql
from mailhub.hub import Hub
from mailhub.messages import Message, Queued
from mailhub.permissions import console_actor
from mailhub.sink import Sink
from tests.flows.server import Server, wait_until

IMPORT_ROWS = 3000
PRICE = 4500
"""Of a mail with `--charge`, in millionths."""
WRONG = ("lost", "left_behind", "misrecorded", "miscounted", "reserved", "unbalanced", "differences")
VICTIMS = ("worker child", "worker child", "worker child", "worker", "web", "smtp", "scheduler", "serve")


class Load(threading.Thread):
    """Something that goes on until it is told to stop; a failure of its own is raised by `finish`."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.over = threading.Event()
        self.fault: BaseException | None = None

    def run(self) -> None:
        try:
            while not self.over.is_set():
                self.work()
        except BaseException as fault:
            self.fault = fault

    def work(self) -> None:
        """One round."""
        raise AssertionError

    def finish(self) -> None:
        """Stop, and raise what went wrong."""
        self.over.set()
        self.join(60)
        if self.fault is not None:
            raise self.fault


class Submitting(Load):
    """A program that submits mail over kept connections and remembers what it heard 250 for."""

    def __init__(self, server: Server, login: str, password: str) -> None:
        super().__init__()
        self.server, self.login, self.password = server, login, password
        self.accepted: list[str] = []
        self.number = 0

    def work(self) -> None:
        try:
            with smtplib.SMTP("127.0.0.1", self.server.submission, timeout=10) as program:
                program.login(self.login, self.password)
                while not self.over.is_set():
                    self._submit(program)
        except (smtplib.SMTPException, OSError):
            time.sleep(0.1)

    def _submit(self, program: smtplib.SMTP) -> None:
        self.number += 1
        recipient = f"order{self.number}@shop.example.net"
        mail = f"From: shop@bench.example.com\r\nTo: {recipient}\r\nSubject: Order\r\n\r\nThank you.\r\n"
        program.sendmail("shop@bench.example.com", [recipient], mail)
        self.accepted.append(recipient)
        time.sleep(0.01)


class Importing(Load):
    """Imports one file after the other; each must end done, with exactly its rows."""

    def __init__(self, hub: Hub, folder: Path) -> None:
        super().__init__()
        self.hub, self.folder = hub, folder
        self.done = 0

    def work(self) -> None:
        sheet = self.folder / f"import{self.done}.csv"
        rows = (f"import{self.done}-{number}@example.org;EN\n" for number in range(IMPORT_ROWS))
        sheet.write_text("e-mail;langue\n" + "".join(rows), "utf-8")
        actor = console_actor(1)
        number = self.hub.call(actor, "contacts.import", file=sheet, lists=["Imported"])["number"]
        told = wait_until(lambda: self._ended(number), 120, "an import")
        assert told["state"] == "done", told["error"]
        assert told["report"]["counts"]["new"] == IMPORT_ROWS, told["report"]["counts"]
        self.done += 1
        close_database()

    def _ended(self, number: int) -> dict[str, object] | None:
        told: dict[str, object] = self.hub.call(console_actor(1), "imports.show", number=number)
        return told if told["state"] in ("done", "failed", "cancelled") else None


def main() -> None:
    """Run once and print; exits 1 when anything was lost, left behind or repeated beyond the open connections."""
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("--kills", type=int, default=20)
    reader.add_argument(
        "--database", default="sqlite", help="sqlite, postgres (a server of the run's own) or an address"
    )
    reader.add_argument("--seed", type=int, default=1)
    reader.add_argument("--mails", type=int, default=1500, help="campaign mails for each kill")
    reader.add_argument("--charge", action="store_true", help="with charging on; the credit runs dry on the way")
    given = reader.parse_args()
    with tempfile.TemporaryDirectory(prefix="mailhub-crash-") as folder, database_url(given.database) as url:
        verdict = crash(Path(folder), given.kills, url, given.seed, given.mails, given.charge)
    print(json.dumps(verdict))
    wrong = any(verdict.get(each) for each in WRONG)
    sys.exit(1 if wrong or verdict["repeated"] > verdict["open_connections"] else 0)


class ToppingUp(Load):
    """Staff who top up whenever credit is low, by small amounts, each recorded twice with one key."""

    def __init__(self, hub: Hub) -> None:
        super().__init__()
        self.hub, self.number, self.dry = hub, 0, 0

    def work(self) -> None:
        reach = self.hub.call(console_actor(1), "billing.balance")["reach"]
        self.dry += not reach
        if reach < 200:
            time.sleep(0.5)  # so that it does run dry
            self.number += 1
            for _ in range(2):
                top_up = {"account": 1, "amount": "2.7", "note": "Transfer", "key": f"top-up-{self.number}"}
                self.hub.call(console_actor(1), "billing.top_up", **top_up)
        close_database()
        time.sleep(0.1)


def crash(folder: Path, kills: int, database: str, seed: int, mails: int, charge: bool = False) -> dict[str, float]:
    """One run; the verdict as it is printed."""
    with Sink(latency=0.002) as sink:
        server = Server(
            folder / "server", MAILHUB_DATABASE__URL=database, MAILHUB_DELIVERY__ROUTE="smart_host",
            MAILHUB_DELIVERY__SMART_HOST="127.0.0.1", MAILHUB_DELIVERY__SMART_HOST_PORT=str(sink.port),
            MAILHUB_LOG__LEVEL="error", MAILHUB_ENGINE__WORKERS="2",
            MAILHUB_BILLING__CHARGE=str(charge), MAILHUB_BILLING__PRICE=str(PRICE),
        )  # fmt: skip
        with server:
            hub = create_hub(load(None, server.environment))
            login = _prepare(hub, folder, mails * kills)
            loads = [Submitting(server, *login), Importing(hub, folder)]
            paying = [ToppingUp(hub)] if charge else []
            hub.call(console_actor(1), "campaigns.start", which="Crash")
            for each in (*loads, *paying):
                each.start()
            connections, moments, victims = _kill(server, sink, kills, random.Random(seed))
            for each in loads:
                each.finish()
            verdict = _compare(hub, sink, loads[0].accepted, mails * kills)
            for paid in paying:
                paid.finish()
                verdict |= _count_ledger(hub)
                print(f"{paid.number} top-ups, credit found used up {paid.dry} times")
            hub.leave()
            close_database()
    print(f"{sink.count} mails arrived, {len(loads[0].accepted)} of them submitted, {loads[1].done} imports done")
    silences = _silences(moments, [each.at for each in sink.received])
    for victim in dict.fromkeys(VICTIMS):
        own = [silence for name, silence in zip(victims, silences, strict=True) if name == victim]
        if own:
            print(f"no mail after a kill of {victim:<14} {statistics.median(own):.2f} s, {max(own):.2f} s at worst")
    told = {"silence_median": statistics.median(silences), "silence_worst": max(silences)}
    return {"kills": kills, **verdict, "open_connections": connections, **{k: round(v, 2) for k, v in told.items()}}


def _prepare(hub: Hub, folder: Path, recipients: int) -> tuple[str, str]:
    actor = console_actor(1)
    hub.call(actor, "accounts.create", name="Crash")
    hub.call(actor, "domains.add", name="bench.example.com")
    sheet = folder / "contacts.csv"
    sheet.write_text("e-mail;langue\n" + "".join(f"reader{n}@example.net;EN\n" for n in range(recipients)), "utf-8")
    number = hub.call(actor, "contacts.import", file=sheet, lists=["Readers"])["number"]
    wait_until(lambda: hub.call(actor, "imports.show", number=number)["state"] == "done", 300, "the first import")
    hub.call(
        actor, "campaigns.create", name="Crash", subject="News", body="Hello", language="en", audience=["Readers"],
        **{"from": "news@bench.example.com"},
    )  # fmt: skip
    hub.call(actor, "campaigns.validate", which="Crash")
    made = hub.call(actor, "smtp_credentials.create", name="shop")
    return made["login"], made["password"]


def _kill(server: Server, sink: Sink, kills: int, chance: random.Random) -> tuple[int, list[float], list[str]]:
    """Kill that many times.

    Returns the connections to the sink the killed had open, and for each kill when (seconds since 1970) and whom.
    """
    connections, moments, victims = 0, list[float](), list[str]()
    for number in range(kills):
        time.sleep(chance.uniform(0.2, 1.5))
        victim = chance.choice(VICTIMS)
        pids = _pids(server, victim)
        while not pids:
            time.sleep(0.05)
            pids = _pids(server, victim)
        pid = chance.choice(pids)
        dying = [pid] if victim == "worker child" else [pid, *_children(pid)]
        connections += sum(_connections(each, sink.port) for each in dying)
        moments.append(time.time())
        victims.append(victim)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        print(f"{number + 1:>4}  {victim:<14} {sink.count} mails so far", flush=True)
        if victim == "serve":
            _start_again(server)
    time.sleep(2)  # what the last kill does to the mail is seen too
    return connections, moments, victims


def _start_again(server: Server) -> None:
    """What a supervisor does at once, while the processes of the killed server still end."""
    server.stop(signal.SIGKILL)
    old = server.processes().keys()
    server.start_only()
    wait_until(lambda: not old & server.processes().keys(), 20, "the killed server's processes to end")
    wait_until(server.is_up, 40, "the first page")


def _silences(kills: Sequence[float], arrivals: list[float]) -> list[float]:
    """For each kill the longest time without an arrival that began after it and before the next kill (seconds)."""
    found = []
    for kill, following in pairwise([*kills, kills[-1] + 2]):
        first = bisect_left(arrivals, kill)
        between = arrivals[first : bisect_left(arrivals, following) + 1]
        found.append(max((after - before for before, after in pairwise([kill, *between])), default=following - kill))
    return found


def _pids(server: Server, victim: str) -> list[int]:
    if victim == "serve":
        return [server.process.pid] if server.process else []
    if victim == "worker child":
        return server.pids("worker")[1:]
    return server.pids(victim)[:1]


def _children(pid: int) -> list[int]:
    try:
        return [child.pid for child in psutil.Process(pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _connections(pid: int, port: int) -> int:
    try:
        open_now = psutil.Process(pid).net_connections("tcp")
    except psutil.Error:
        return 0
    return sum(1 for each in open_now if each.raddr and each.raddr.port == port and each.status == "ESTABLISHED")


def _compare(hub: Hub, sink: Sink, submitted: list[str], recipients: int) -> dict[str, int]:
    """What arrived against what was accepted and against the ledger, once everything is settled or 300 s are over."""

    def settled() -> bool:
        state = hub.call(console_actor(1), "campaigns.stats", which="Crash")["state"]
        return state == "finished" and not Queued.select().exists()

    with contextlib.suppress(AssertionError):
        wait_until(settled, 300, "everything to be settled")
    arrived = Counter(each.recipient for each in sink.received)
    wanted = [*submitted, *(f"reader{number}@example.net" for number in range(recipients))]
    ledger = Counter(
        address for (address,) in Message.select(Message.address).where(Message.outcome == "delivered").tuples()
    )
    claimed = sql("SELECT count(*) FROM queue").fetchone()[0]
    jobs = sql("SELECT count(*) FROM jobs WHERE state = 'waiting'").fetchone()[0]
    return {
        "lost": sum(1 for address in wanted if not arrived[address]),
        "repeated": sum(count - 1 for count in arrived.values()),
        "left_behind": int(claimed) + int(jobs),
        # A submission whose 250 was never heard may have been accepted all the same: it arrives, and is in the ledger.
        "misrecorded": len(set(arrived) ^ set(ledger)) + sum(count - 1 for count in ledger.values()),
    }


def _count_ledger(hub: Hub) -> dict[str, int]:
    """The ledger against what was delivered, once it has read every event."""
    with contextlib.suppress(AssertionError):
        wait_until(lambda: not any(hub.call(console_actor(1), "billing.check")["reserved"].values()), 60, "the ledger")
    checked = hub.call(console_actor(1), "billing.check")
    for sentence in checked["differences"]:
        print(sentence)
    charged = dict(
        sql("SELECT unit, sum(amount) FROM billing_balances WHERE book = 'charged' GROUP BY unit").fetchall()
    )
    paid = sum(int(amount) * (PRICE if unit == "mails" else 1) for unit, amount in charged.items())
    delivered = Message.select().where(Message.outcome == "delivered").count()
    return {
        "miscounted": abs(paid - delivered * PRICE),
        "reserved": sum(map(abs, checked["reserved"].values())),
        "unbalanced": sum(map(abs, checked["sums"].values())),
        "differences": len(checked["differences"]),
    }


if __name__ == "__main__":
    main()
