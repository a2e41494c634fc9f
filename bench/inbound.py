"""How fast mail comes in: bounces accepted by the listener, each 250 on disk, and understood afterwards by workers.

    python bench/inbound.py [--mails 20000] [--sessions 16] [--workers 2] [--database sqlite|postgres|URL] [--seed 1]

The bounces, 3 to 6 KB each, are of messages that were delivered before, one for each message, over kept sessions, with the
server's other processes stopped. Then processes of the product's own job understand them: ledger, events, counters and
suppression. Each message must have bounced once, and every hard one be suppressed. The last line is one JSON object.
"""

import argparse
import asyncio
import json
import multiprocessing
import random
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil

from bench.databases import database_url
from mailhub import counting
from mailhub.app import create_hub
from mailhub.config import Config
from mailhub.counting import totals
from mailhub.db import BULK_ROWS, bulk, close_database, sql, transaction
from mailhub.hub import Hub
from mailhub.inbound import arrivals, understanding
from mailhub.messages import Outcome, Source
from mailhub.outbox import claim, settle
from mailhub.smtp_server import Listener
from mailhub.smtp_server.listener import loop_factory
from mailhub.testing import make_hub, make_owner, make_source

SAID = (
    ("5.1.1", "550 5.1.1 <{}>: Recipient address rejected: User unknown in virtual mailbox table", True),
    ("5.2.2", "452 4.2.2 <{}> The email account that you tried to reach is over quota", False),
    ("5.7.1", "550 5.7.1 Service unavailable; Client host blocked using a list of spam sources", False),
)
"""What servers answered: status, words, whether it is hard."""


def main() -> None:
    """Measure once and print a table."""
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("--mails", type=int, default=20_000)
    reader.add_argument("--sessions", type=int, default=32, help="connections at the same time, kept")
    reader.add_argument("--workers", type=int, default=2, help="processes that understand")
    reader.add_argument("--database", default="sqlite")
    reader.add_argument("--seed", type=int, default=1)
    given = reader.parse_args()
    figures = measure(given.mails, given.sessions, given.workers, given.database, given.seed)
    print(f"{'':12} {'mails a second':>15} {'CPU-ms a mail':>14}")
    print(f"{'accepted':12} {figures['accepted']:>15,} {figures['cpu_ms']:>14.3f}")
    print(f"{'understood':12} {figures['understood']:>15,} {figures['understood_cpu_ms']:>14.3f}")
    print(json.dumps({**figures, "mails": given.mails, "database": given.database, "workers": given.workers}))


def measure(mails: int, sessions: int, workers: int, database: str, seed: int) -> dict[str, Any]:
    """Both rates, in mails a second, and processor milliseconds for each mail."""
    with tempfile.TemporaryDirectory() as folder, database_url(database) as url:
        sections: dict[str, dict[str, Any]] = {"database": {"url": url}}
        with make_hub(Path(folder) / "data", **sections) as hub:
            bounces = _deliver(hub, mails, random.Random(seed))
            accepted, cpu = _accept(hub, bounces, sessions)
            assert arrivals.waiting(hub.ms(), mails + 1) == mails, "not every mail is on disk"
            understood, understood_cpu = _understand(hub, mails, workers)
            _check(hub, bounces)
    return {
        "accepted": round(mails / accepted), "understood": round(mails / understood),
        "cpu_ms": round(1000 * cpu / mails, 3), "understood_cpu_ms": round(1000 * understood_cpu / mails, 3),
    }  # fmt: skip


def _deliver(hub: Hub, count: int, chance: random.Random) -> list[tuple[str, bytes, bool]]:
    """Messages that were delivered, each with the bounce to come: return path, content, whether it is hard."""
    account, _, _ = make_owner(hub)
    source = make_source(hub, account, [f"reader{number}@d{number % 500}.example.net" for number in range(count)])
    made = []
    for _ in range(0, count, BULK_ROWS):
        with bulk():
            batch = claim(source, hub.node.number, BULK_ROWS, hub.ms())
            settle(hub.node.number, [Outcome(each.id, 1, "delivered", hub.ms(), 250) for each in batch])
        for each in batch:
            status, said, hard = chance.choice(SAID)
            path = f"bounce+{hub.tokens.return_path(1, each.id)}@bounce.bench.example"
            made.append((path, _bounce(each.address, status, said.format(each.address), chance), hard))
    counting.count_events(hub)
    return made


def _bounce(address: str, status: str, said: str, chance: random.Random) -> bytes:
    text = "Reached by the way of three relays, this mail could not be brought any further.\r\n" * chance.randint(
        24, 60
    )
    return (
        "From: Mail Delivery System <MAILER-DAEMON@mx.example.net>\r\nTo: sender\r\nAuto-Submitted: auto-replied\r\n"
        "Subject: Undelivered Mail Returned to Sender\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report;\r\n"
        ' report-type=delivery-status; boundary="cut"\r\n\r\n--cut\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n'
        f"<{address}>: host mx.example.net said: {said}\r\n\r\n--cut\r\nContent-Type: message/delivery-status\r\n\r\n"
        f"Reporting-MTA: dns; mx.example.net\r\n\r\nFinal-Recipient: rfc822; {address}\r\nAction: failed\r\n"
        f"Status: {status}\r\nDiagnostic-Code: smtp; {said}\r\n\r\n--cut\r\nContent-Type: message/rfc822\r\n\r\n"
        f"From: News <news@bench.example>\r\nTo: {address}\r\nSubject: News\r\n\r\n{text}\r\n--cut--\r\n.\r\n"
    ).encode()


def _accept(hub: Hub, bounces: list[tuple[str, bytes, bool]], sessions: int) -> tuple[float, float]:
    """Seconds until every bounce has its 250, and processor seconds of the listener's process for that."""
    config = replace(
        hub.config, smtp=replace(hub.config.smtp, inbound_port=0, submission_port=0, submission_tls_port=0)
    )
    port, told = multiprocessing.Pipe()
    listener = multiprocessing.get_context("spawn").Process(target=_listen, args=(config, told))
    listener.start()
    number = port.recv()
    began, cpu = time.monotonic(), _cpu(listener.pid)
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(_bring(number, bounces, sessions))
    took, spent = time.monotonic() - began, _cpu(listener.pid) - cpu
    port.send(None)
    listener.join(30)
    return took, spent


def _listen(config: Config, told: Any) -> None:
    hub = create_hub(config)

    async def serve() -> None:
        listener = Listener(hub)
        await listener.start()
        told.send(listener.inbound_port)
        while not told.poll():
            await asyncio.sleep(0.05)
        await listener.stop()

    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(serve())
    hub.leave()


async def _bring(port: int, bounces: list[tuple[str, bytes, bool]], sessions: int) -> None:
    await asyncio.gather(*(_session(port, bounces[first::sessions]) for first in range(sessions)))


async def _session(port: int, bounces: list[tuple[str, bytes, bool]]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await _expect(reader, b"220")
    writer.write(b"EHLO mx.example.net\r\n")
    await _expect(reader, b"250")
    for path, content, _ in bounces:
        writer.write(b"MAIL FROM:<>\r\nRCPT TO:<" + path.encode() + b">\r\nDATA\r\n")
        for code in (b"250", b"250", b"354"):
            await _expect(reader, code)
        writer.write(content)
        await _expect(reader, b"250")
    writer.write(b"QUIT\r\n")
    await _expect(reader, b"221")
    writer.close()


async def _expect(reader: asyncio.StreamReader, code: bytes) -> None:
    line = await reader.readline()
    while line[3:4] == b"-":
        line = await reader.readline()
    assert line.startswith(code), f"{line!r} instead of {code!r}"


def _understand(hub: Hub, count: int, workers: int) -> tuple[float, float]:
    """Seconds until nothing waits and all is counted, and processor seconds of the workers."""
    spawn = multiprocessing.get_context("spawn")
    pipes = [spawn.Pipe() for _ in range(workers)]
    processes = [spawn.Process(target=_work, args=(hub.config, slot, pipes[slot][1])) for slot in range(workers)]
    for each in processes:
        each.start()
    for mine, _ in pipes:
        mine.recv()  # it has begun
    counted = threading.Event()
    keeper = threading.Thread(target=_count, args=(hub, counted))
    began = time.monotonic()
    keeper.start()
    for mine, _ in pipes:
        mine.send(None)
    spent = sum(float(mine.recv()) for mine, _ in pipes)
    counted.set()
    keeper.join()
    took = time.monotonic() - began
    for each in processes:
        each.join(30)
    return took, spent


def _count(hub: Hub, over: threading.Event) -> None:
    """What the scheduler does once a second meanwhile, and once more at the end."""
    while not over.wait(1.0):
        counting.count_events(hub)
    counting.count_events(hub)
    close_database()


def _work(config: Config, slot: int, told: Any) -> None:
    hub = create_hub(config)
    told.send(None)
    told.recv()
    began = time.process_time()
    while True:
        with transaction():
            claimed = arrivals.claim(slot, hub.ms(), understanding.BATCH)
        if not claimed:
            break
        understanding.understand(hub, slot, claimed, time.monotonic() + 1)
    told.send(time.process_time() - began)
    hub.leave()


def _check(hub: Hub, bounces: list[tuple[str, bytes, bool]]) -> None:
    """Each message bounced once, everywhere, and who is hard is suppressed."""
    hard = sum(each[2] for each in bounces)
    source = Source.get()
    counted = totals(source.id)
    ledger = sql("SELECT count(*) FROM messages WHERE outcome = 'bounced'").fetchone()[0]
    events = sql("SELECT count(*) FROM events WHERE kind = 'bounced'").fetchone()[0]
    suppressed = sql("SELECT count(*) FROM suppressions").fetchone()[0]
    found = (ledger, events, counted["bounced"], counted["bounced.hard"], suppressed)
    assert found == (len(bounces), len(bounces), len(bounces), hard, hard), f"{found} of {len(bounces)}, {hard} hard"


def _cpu(pid: int | None) -> float:
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


if __name__ == "__main__":
    main()
