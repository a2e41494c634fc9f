"""Deliveries against a real SMTP sink: everything arrives once, nothing waits for ever, nothing is lost in a kill."""

import signal
import socket
import subprocess
import sys
import time
from collections import Counter

import pytest

from mailhub import outbox
from mailhub.db import bulk
from mailhub.delivery import journal
from mailhub.hub import Hub
from mailhub.jobs.sweep import free_dead_nodes
from mailhub.messages import Event, Kept, Message, Outcome, Queued
from mailhub.outbox import claims
from mailhub.testing import Clock, Sink
from tests.mailhub.delivery.delivering import delivering, holders, outcomes, source_to, work_off


def test_the_sandbox_keeps_everything_once(core: Hub) -> None:
    source = source_to(core, count=1200)
    with delivering(core) as delivery:
        work_off(delivery, source)
    assert outcomes() == {"delivered": 1200}
    assert Kept.select().count() == 1200
    assert Event.select().where(Event.kind == "delivered").count() == 1200
    row = Message.select().first()
    assert (row.code, row.route, row.text, row.attempts) == (250, "sandbox", "kept in the sandbox", 1)


def test_a_smart_host_is_given_everything_once(core: Hub) -> None:
    source = source_to(core, count=300)

    with Sink() as sink, delivering(core, sink.port) as delivery:
        work_off(delivery, source)
        received = sink.received
    assert Counter(each.recipient for each in received) == Counter(f"u{number}@example.com" for number in range(300))
    assert {each.envelope_from for each in received} == {"bounce@example.org"}
    assert outcomes() == {"delivered": 300}
    assert sink.connections <= 2
    assert Message.select().first().text == "Taken"


def test_answers_lead_to_their_outcomes(core: Hub) -> None:

    source = source_to(core, "good", "hard", "soft", "drop")
    with Sink() as sink, delivering(core, sink.port, connections=1) as delivery:
        delivery.run_slice(source.id)
    rows = {row.address.split("@")[0]: row for row in Message.select()}
    assert {word: row.outcome for word, row in rows.items()} == {"good": "delivered", "hard": "bounced"}
    assert (rows["hard"].code, rows["hard"].enhanced, rows["hard"].text) == (550, "5.1.1", "No such mailbox here")
    waiting = {row.address.split("@")[0]: row for row in Queued.select()}
    assert {word: row.attempts for word, row in waiting.items()} == {"soft": 1, "drop": 1}
    for row in waiting.values():
        assert 40_000 < row.due_at - core.ms() < 80_000
        assert row.holder is None
    told = {each.kind: each for each in Event.select().where(Event.message_id == waiting["soft"].id)}
    assert (told["deferred"].code, told["deferred"].attempt) == (451, 1)


def test_what_is_tried_for_too_long_expires(core: Hub, monkeypatch: pytest.MonkeyPatch) -> None:

    clock = Clock()
    monkeypatch.setattr(core, "clock", clock)
    source = source_to(core, "soft")
    with Sink() as sink, delivering(core, sink.port, retry_for=600) as delivery:
        for attempt in range(1, 9):
            delivery.run_slice(source.id)
            if Message.select().exists():
                break
            assert Queued.get().attempts == attempt
            clock.move((Queued.get().due_at - core.ms()) / 1000 + 0.01)
    row = Message.get()
    assert (row.outcome, row.code) == ("expired", 451)
    assert 2 <= row.attempts <= 5
    assert row.settled_at - Event.select().order_by(Event.id).first().at <= 600_000


def test_a_smart_host_that_is_down_burns_no_attempts(core: Hub, unused_tcp_port: int) -> None:

    source = source_to(core, count=60)
    with delivering(core, unused_tcp_port) as delivery:
        began = time.monotonic()
        for _ in range(5):
            delivery.run_slice(source.id)
        assert time.monotonic() - began < 4
        assert Message.select().count() == 0
        assert holders() == {None}
        assert {row.attempts for row in Queued.select()} <= {0, 1}
        assert Event.select().count() <= 2
        event = Event.get()
        assert (event.kind, event.enhanced) == ("deferred", "4.4.1")
        assert "could not be reached" in event.text
        [lane] = delivery.fleet.lanes.values()
        with Sink(port=unused_tcp_port):
            lane.blocked_until = 0.0
            Queued.update(due_at=core.ms()).execute()
            work_off(delivery, source)
    assert outcomes() == {"delivered": 60}


def test_with_a_smart_host_that_stays_away_everything_expires(
    core: Hub, unused_tcp_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    monkeypatch.setattr(core, "clock", clock)
    source = source_to(core, count=30)
    with delivering(core, unused_tcp_port, retry_for=20_000) as delivery:
        for _ in range(8):
            delivery.run_slice(source.id)
            for lane in delivery.fleet.lanes.values():
                lane.blocked_until = 0.0
            clock.move(400)
        assert outcomes() == {}
        clock.move(20_000)
        delivery.run_slice(source.id)
    assert outcomes() == {"expired": 30}
    row = Message.get()
    assert row.code == 0
    assert "could not be reached" in row.text


@pytest.fixture
def unused_tcp_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_pause_takes_hold_within_two_seconds_behind_a_slow_sink(sqlite_core: Hub) -> None:

    source = source_to(sqlite_core, count=200)
    with Sink(latency=0.2) as sink, delivering(sqlite_core, sink.port) as delivery:
        delivery.run_slice(source.id)
        assert sink.count > 0
        outbox.pause(source.id)
        paused = time.monotonic()
        assert delivery.run_slice(source.id) is False
        while delivery.fleet.busy:
            assert time.monotonic() - paused < 2.0
            time.sleep(0.01)
        taken = sink.count
        assert delivery.run_slice(source.id) is False
        time.sleep(0.5)
        assert sink.count == taken
        outbox.resume(source.id)
        Queued.delete().where(Queued.holder.is_null()).execute()
    assert taken < 60


def test_a_pause_in_the_middle_of_a_slice_ends_it(sqlite_core: Hub) -> None:

    source = source_to(sqlite_core, count=3000)
    with Sink(latency=0.01) as sink, delivering(sqlite_core, sink.port) as delivery:
        future = delivery._call(delivery._slice(source.id))
        sink.wait_for(20)
        outbox.pause(source.id)
        assert future.result(20) is False or delivery.run_slice(source.id) is False
    assert sink.count < 1000
    assert holders() == {None}


def test_a_source_that_is_cancelled_or_gone_is_let_be(sqlite_core: Hub) -> None:
    source = source_to(sqlite_core, count=3)
    outbox.cancel(sqlite_core, source.id)
    with delivering(sqlite_core) as delivery:
        assert delivery.run_slice(source.id) is False
        assert delivery.run_slice(999) is False
    assert Kept.select().count() == 0


def test_a_server_that_ends_connections_early_is_given_the_rest_on_new_ones(sqlite_core: Hub) -> None:

    source = source_to(sqlite_core, count=100)
    with Sink(max_per_connection=10) as sink, delivering(sqlite_core, sink.port) as delivery:
        work_off(delivery, source)
    assert sink.count == 100
    assert outcomes() == {"delivered": 100}


def test_stopping_gives_everything_back(core: Hub) -> None:

    source = source_to(core, count=300)
    with Sink(latency=0.1) as sink, delivering(core, sink.port) as delivery:
        future = delivery._call(delivery._slice(source.id))
        sink.wait_for(5)
        delivery.stopping = True
        future.result(20)
    assert holders() == {None}
    assert sink.count == outcomes()["delivered"]
    assert sink.count + Queued.select().count() == 300
    assert core.node.journal.stat().st_size == 0


def test_a_rate_is_kept(sqlite_core: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(sqlite_core, "clock", clock)
    source = source_to(sqlite_core, count=200, rate=600)
    with delivering(sqlite_core) as delivery:
        delivery.run_slice(source.id)
        first = Kept.select().count()
        for _ in range(5):
            clock.move(1)
            delivery.run_slice(source.id)
    assert first <= 21
    assert Kept.select().count() - first == 50


_WORKER = """
import sys
from pathlib import Path

from mailhub.app import create_hub
from mailhub.delivery.rendering import Composer
from mailhub.delivery.task import Delivery
from mailhub.errors import UserError
from mailhub.testing import make_config
data, url, port, source, disabled = sys.argv[1:]
config = make_config(
    Path(data), database={"url": url}, plugins={"disabled": [each for each in disabled.split(",") if each]},
    delivery={"route": "smart_host", "smart_host": "127.0.0.1", "smart_host_port": int(port), "smart_host_tls": "none"},
)
hub = create_hub(config)
delivery = Delivery(hub)
print(hub.node.number, flush=True)
while True:
    delivery.run_slice(int(source))
"""


def test_a_worker_killed_in_mid_campaign_loses_nothing(core: Hub, no_plugins: dict[str, list[str]]) -> None:

    count = 1500
    source = source_to(core, count=count)
    with Sink(latency=0.002) as sink:
        worker = subprocess.Popen(
            [sys.executable, "-c", _WORKER, str(core.config.data), core.config.database.url, str(sink.port),
             str(source.id), ",".join(no_plugins["disabled"])],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert worker.stdout is not None
        number = int(worker.stdout.readline())
        sink.wait_for(200)
        worker.send_signal(signal.SIGKILL)
        worker.communicate()
        taken = sink.count
        assert taken < count
        assert number != core.node.number
        free_dead_nodes(core)
        assert holders() == {None}
        assert not (core.node.run / f"node-{number}.journal").exists()
        assert taken - 2 <= Message.select().count() <= taken
        with delivering(core, sink.port) as delivery:
            work_off(delivery, source)
        seen = Counter(each.recipient for each in sink.received)
    assert len(seen) == count
    assert sum(seen.values()) - count <= 2
    assert outcomes() == {"delivered": count}


def test_a_dead_nodes_journal_is_replayed_once(core: Hub) -> None:
    source = source_to(core, count=4)
    with bulk():
        ids = [each.id for each in outbox.claim(source, 500, 4, core.ms())]
    open_journal = journal.Journal(core.node.run / "node-500.journal")
    (core.node.run / "node-500.lock").touch()
    for id_ in ids[:2]:
        open_journal.add(Outcome(id_, 1, "delivered", core.ms(), 250))
    open_journal.add(Outcome(ids[2], 1, "bounced", core.ms(), 550))
    open_journal.close()
    text = (core.node.run / "node-500.journal").read_bytes()
    for _ in range(2):
        (core.node.run / "node-500.journal").write_bytes(text + b'[382, 1, "deliv')
        free_dead_nodes(core)
    assert outcomes() == {"delivered": 2, "bounced": 1}
    assert Event.select().count() == 3
    assert [(row.id, row.holder, row.attempts) for row in Queued.select()] == [(ids[3], None, 0)]


def test_a_message_behind_a_slow_server_stays_claimed(sqlite_core: Hub, monkeypatch: pytest.MonkeyPatch) -> None:

    monkeypatch.setattr(claims, "LEASE", 300)
    source = source_to(sqlite_core, "slow")
    with Sink(behaviours=["slow=dot:wait 1"]) as sink, delivering(sqlite_core, sink.port) as delivery:
        delivery.run_slice(source.id)
        first = Queued.get().due_at
        time.sleep(0.3)
        assert Queued.get().due_at > first
        sink.wait_for(1)
        work_off(delivery, source)
    assert sink.count == 1
