"""Every event arrives at least once and in order, whatever fails; nobody else's does; endpoints that fail are switched off."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mailhub.db import sql
from mailhub.hub import Hub
from mailhub.jobs.rows import WAITING, Job
from mailhub.messages import Event
from mailhub.permissions import Actor
from mailhub.testing import Clock
from mailhub_webhooks import delivering
from mailhub_webhooks.delivering import BACK_OFF, GIVE_UP, LOG_KEEPS, LOGGED
from mailhub_webhooks.models import ACTIVE, DISABLED, Delivery, Endpoint
from mailhub_webhooks.signing import sign

from .conftest import Receiver, Tell

Work = Callable[[], None]


def _make(hub: Hub, actor: Actor, url: str, **more: Any) -> Any:
    return hub.call(actor, "webhooks.create", url=url, **{"kinds": "delivered,opened", **more})


def _ids(account_id: int, *kinds: str) -> list[str]:
    rows = Event.select().where(Event.account_id == account_id, Event.kind.in_(kinds)).order_by(Event.id)
    return [f"evt_{row.id}" for row in rows]


def test_events_arrive_in_order_signed_over_one_connection(
    hub: Hub, owner: Actor, receiver: Receiver, tell: Tell, work: Work
) -> None:
    tell(owner.account_id, 2)  # before there was an endpoint
    made = _make(hub, owner, receiver.url)
    tell(owner.account_id, 30)
    tell(owner.account_id, 5, "clicked")
    tell(owner.account_id, 5, "opened")
    work()
    assert receiver.ids == _ids(owner.account_id, "delivered", "opened")[2:]
    assert receiver.connections == 1
    for request in receiver.requests:
        headers = {name.lower(): value for name, value in request.headers.items()}
        assert request.path == "/hooks?a=1"
        assert headers["webhook-id"] == request.event["id"]
        assert headers["webhook-timestamp"] == str(int(hub.clock()))
        signature = sign(made["secret"], headers["webhook-id"], int(headers["webhook-timestamp"]), request.body)
        assert headers["webhook-signature"] == signature
    work()
    assert len(receiver.requests) == 35, "what was taken is not sent again"
    assert not Job.select().where(Job.state == WAITING).exists()


def test_each_endpoint_hears_its_own_account_alone(
    hub: Hub, owner: Actor, stranger: Actor, receiver: Receiver, tell: Tell, work: Work
) -> None:
    _make(hub, stranger, receiver.url)
    tell(owner.account_id, 10)
    work()
    assert receiver.requests == []
    tell(stranger.account_id, 1)
    work()
    assert receiver.ids == _ids(stranger.account_id, "delivered")


def test_batches_hold_every_event_once(hub: Hub, owner: Actor, receiver: Receiver, tell: Tell, work: Work) -> None:
    _make(hub, owner, receiver.url, batch=20)
    tell(owner.account_id, 50)
    work()
    assert [len(request.event["data"]) for request in receiver.requests] == [20, 20, 10]
    assert {request.event["type"] for request in receiver.requests} == {"batch"}
    sent = [each["id"] for request in receiver.requests for each in request.event["data"]]
    assert sent == _ids(owner.account_id, "delivered")
    first = receiver.requests[0].headers["webhook-id"]
    assert first == f"{sent[0]}-{sent[19].removeprefix('evt_')}"


def test_what_was_not_taken_comes_again_before_what_follows(
    hub: Hub, owner: Actor, receiver: Receiver, tell: Tell, work: Work, clock: Clock
) -> None:
    _make(hub, owner, receiver.url)
    tell(owner.account_id, 4)
    receiver.answers = [204, 500, 503, 302]
    ids = _ids(owner.account_id, "delivered")
    work()
    assert receiver.ids == ids[:2]
    work()
    assert len(receiver.requests) == 2, "it is not tried before its time"
    for wait in BACK_OFF[:2]:
        clock.move(wait - 1)
        work()
        before = len(receiver.requests)
        clock.move(1)
        work()
        assert len(receiver.requests) == before + 1
    assert receiver.ids == [ids[0], ids[1], ids[1], ids[1]]
    clock.move(BACK_OFF[2])
    work()
    assert receiver.ids == [ids[0], *[ids[1]] * 4, ids[2], ids[3]]
    assert len({request.headers["webhook-id"] for request in receiver.requests}) == 4
    endpoint = Endpoint.get()
    assert (endpoint.failures, endpoint.failing_since) == (0, None)


def test_a_redirect_is_not_followed(hub: Hub, owner: Actor, receiver: Receiver, tell: Tell, work: Work) -> None:
    elsewhere = Receiver()
    try:
        receiver.answers = [(307, {"Location": elsewhere.url})]
        _make(hub, owner, receiver.url)
        tell(owner.account_id)
        work()
        assert len(receiver.requests) == 1
        assert elsewhere.connections == 0
        assert Endpoint.get().failures == 1
        assert Delivery.get().code == 307
    finally:
        elsewhere.stop()


def test_a_receiver_may_ask_for_more_time(
    hub: Hub, owner: Actor, receiver: Receiver, tell: Tell, work: Work, clock: Clock
) -> None:
    receiver.answers = [(429, {"Retry-After": "900"})]
    _make(hub, owner, receiver.url)
    tell(owner.account_id)
    work()
    clock.move(899)
    work()
    assert len(receiver.requests) == 1
    clock.move(1)
    work()
    assert len(receiver.requests) == 2


def test_after_three_days_it_is_switched_off_and_told(
    hub: Hub, owner: Actor, receiver: Receiver, tell: Tell, work: Work, clock: Clock
) -> None:
    made = _make(hub, owner, receiver.url)
    tell(owner.account_id, 2)
    receiver.answers = [500] * 1000
    waited = 0
    while Endpoint.get().state == ACTIVE:
        work()
        wait = BACK_OFF[min(Endpoint.get().failures, len(BACK_OFF)) - 1]
        clock.move(wait)
        waited += wait
        assert waited < GIVE_UP / 1000 + 2 * BACK_OFF[-1]
    assert waited > GIVE_UP / 1000
    assert len(receiver.requests) < 30
    endpoint = Endpoint.get()
    assert endpoint.state == DISABLED
    assert "three days" in endpoint.reason
    assert "500" in endpoint.reason
    assert Event.select().where(Event.kind == "webhook.disabled").count() == 1
    receiver.answers = []
    clock.move(BACK_OFF[-1])
    count = len(receiver.requests)
    work()
    assert len(receiver.requests) == count
    hub.call(owner, "webhooks.enable", number=made["number"])
    work()
    assert receiver.ids[count:] == _ids(owner.account_id, "delivered"), "nothing that happened meanwhile is lost"


def test_gone_switches_off_at_once(hub: Hub, owner: Actor, receiver: Receiver, tell: Tell, work: Work) -> None:
    receiver.answers = [410]
    _make(hub, owner, receiver.url)
    tell(owner.account_id, 3)
    work()
    assert len(receiver.requests) == 1
    assert (Endpoint.get().state, "410" in Endpoint.get().reason) == (DISABLED, True)


def test_a_private_address_is_not_connected_to(
    hub: Hub, owner: Actor, receiver: Receiver, tell: Tell, work: Work
) -> None:
    from dataclasses import replace

    _make(hub, owner, receiver.url)
    hub.config = replace(hub.config, webhooks=replace(hub.config.webhooks, allow_private=False))
    tell(owner.account_id)
    work()
    assert receiver.connections == 0
    assert "no public address" in Delivery.get().text


def test_a_slow_receiver_gives_the_worker_back(
    hub: Hub, owner: Actor, receiver: Receiver, tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slowly(handler: Any) -> None:
        time.sleep(0.8)
        handler.send_response(204)
        handler.end_headers()

    _make(hub, owner, receiver.url)
    tell(owner.account_id, 5)
    receiver.answers = [slowly] * 5
    job = Job(ref=Endpoint.get().id, done=0)
    more = delivering.step(hub, job, time.monotonic() + 0.1)
    assert isinstance(more, float)
    assert 0.5 < more < 2
    assert len(receiver.requests) == 1


def test_tests_and_repeats_go_at_once_and_move_nothing(
    hub: Hub, owner: Actor, receiver: Receiver, tell: Tell, work: Work
) -> None:
    made = _make(hub, owner, receiver.url, batch=100)
    tell(owner.account_id, 3)
    work()
    first = _ids(owner.account_id, "delivered")[0]
    hub.call(owner, "webhooks.disable", number=made["number"])
    assert hub.call(owner, "webhooks.replay", number=made["number"], event=first)["event"] == first
    tried = hub.call(owner, "webhooks.test", number=made["number"])["event"]
    work()
    repeated, test = (request.event["data"] for request in receiver.requests[1:])
    assert [each["id"] for each in repeated] == [first]
    assert [(each["id"], each["type"]) for each in test] == [(tried, "webhook.test")]
    tell(owner.account_id, 1)
    work()
    assert len(receiver.requests) == 3, "it is off"


def test_the_log_keeps_failures_and_the_last_ones_and_does_not_grow(
    hub: Hub, owner: Actor, receiver: Receiver, tell: Tell, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivering, "LOG_KEEPS", 30)
    _make(hub, owner, receiver.url)
    tell(owner.account_id, 100)
    work()
    assert LOGGED <= Delivery.select().count() <= 30
    newest = Delivery.select().order_by(Delivery.id.desc()).get()
    assert (newest.webhook_id, newest.code, newest.kind) == (receiver.ids[-1], 204, "delivered")
    assert LOG_KEEPS == 500
    for _ in range(5):
        tell(owner.account_id, 20)
        work()
    assert Delivery.select().count() == 30


WORKER = """
import sys, time
from mailhub.app import create_hub
from mailhub.config import load
from mailhub.jobs import rows
from mailhub_webhooks.jobs import wake
hub = create_hub(load(None))
while True:
    wake(hub)
    for job in rows.due(hub):
        while rows.work(hub, job):
            pass
    time.sleep(0.05)
"""


def test_a_killed_worker_leaves_nothing_out(sqlite_hub: Hub, receiver: Receiver, tell: Tell, tmp_path: Path) -> None:
    """kill -9 in the middle, twice: every event arrives, in order but for what is repeated."""
    import os

    from mailhub.jobs.sweep import free_dead_nodes
    from mailhub.testing import make_owner

    hub = sqlite_hub
    hub.clock = time.time
    _, _, owner = make_owner(hub)
    _make(hub, owner, receiver.url)
    tell(owner.account_id, 3000)
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MAILHUB_")}
    environment = clean | {
        "MAILHUB_SERVER__DATA": str(hub.config.data), "MAILHUB_WEBHOOKS__ALLOW_PRIVATE": "true",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }  # fmt: skip
    for target in (200, 1000, 3000):
        process = subprocess.Popen([sys.executable, "-c", WORKER], env=environment, cwd=tmp_path)
        deadline = time.monotonic() + 60
        while len(set(receiver.ids)) < target:
            assert time.monotonic() < deadline, f"{len(receiver.requests)} after 60 s"
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.wait(10)
        free_dead_nodes(hub)
        sql("UPDATE jobs SET holder = NULL, due_at = 0")  # what the sweep does for a dead node that had no journal
    wanted = _ids(owner.account_id, "delivered")
    assert list(dict.fromkeys(receiver.ids)) == wanted
    assert len(receiver.ids) - len(wanted) < 2000
