"""The system stream: it leaves without the queue, waits for a host that is away, and is kept where the route is the sandbox."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes, policy

import pytest

from mailhub import alarm, domains
from mailhub.accounts import OPERATOR
from mailhub.alarm import Alarm
from mailhub.db import sql, transaction
from mailhub.delivery.sandbox import message_of
from mailhub.dkim_check import verify
from mailhub.domains import public_record
from mailhub.hub import Hub
from mailhub.messages import Kept
from mailhub.routing import making, rules
from mailhub.testing import Clock, Sink, make_config, make_owner
from tests.dns_server import DnsServer, Zone


@pytest.fixture
def hub(core: Hub) -> Hub:
    core.clock = Clock()
    make_owner(core, "Operator")
    return core


@pytest.fixture
def sink(hub: Hub) -> Iterator[Sink]:
    with Sink() as made:
        _route_to(hub, made.port)
        yield made


def _route_to(hub: Hub, port: int) -> None:
    delivery = {"route": "smart_host", "smart_host": "127.0.0.1", "smart_host_port": port}
    server = {"data": str(hub.config.data)}
    hub.config = make_config(hub.config.data, server=server, delivery=delivery)


def _post(hub: Hub, recipient: str = "ada@example.com", account: int = OPERATOR) -> Alarm:
    with transaction():
        return alarm.post(
            hub, account, recipient, "Campaign 12 (été) is held", "It waits.\n.\nGo and look: 12 € left.\n"
        )


def test_a_mail_leaves_at_once_by_a_session_of_its_own(hub: Hub, sink: Sink) -> None:
    with transaction():
        domains.add(hub, OPERATOR, "mail.example.org")
    posted = _post(hub)
    assert alarm.send_due(hub) == 1
    (received,) = sink.wait_for(1)
    assert (received.envelope_from, received.recipient) == ("mailhub@mail.example.org", "ada@example.com")
    mail = message_from_bytes(received.content, policy=policy.default)
    assert mail["Subject"] == "Campaign 12 (été) is held"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"] == f"<{posted.id}.alarm@mail.example.org>"
    assert mail.get_content().splitlines() == ["It waits.", ".", "Go and look: 12 € left."]
    verdicts = verify(received.content, public_record)
    assert len(verdicts) == 2
    assert all(each.passed for each in verdicts)
    assert [sql(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("sources", "queue", "messages")] == [
        0,
        0,
        0,
    ]
    assert alarm.send_due(hub) == 0
    assert sink.count == 1


def test_without_a_domain_it_comes_from_the_server_itself_unsigned(hub: Hub, sink: Sink) -> None:
    _post(hub)
    alarm.send_due(hub)
    (received,) = sink.wait_for(1)
    assert received.envelope_from == "mailhub@localhost"
    assert b"DKIM-Signature" not in received.content


def test_a_host_that_is_away_loses_nothing_and_gets_it_once(hub: Hub) -> None:
    with Sink() as gone:
        port = gone.port
    _route_to(hub, port)
    posted = _post(hub)
    assert alarm.send_due(hub) == 0
    waiting = Alarm.get_by_id(posted.id)
    assert (waiting.state, waiting.attempts) == ("waiting", 1)
    assert "could not be reached" in waiting.error
    with Sink(port=port) as back:
        assert alarm.send_due(hub) == 0, "it is not due yet"
        hub.clock.move(5)  # type: ignore[attr-defined]
        assert alarm.send_due(hub) == 1
        back.wait_for(1)
    assert (Alarm.get().state, Alarm.get().error) == ("sent", "")


def test_a_refused_address_is_given_up_and_a_busy_one_tried_for_a_day(hub: Hub, sink: Sink) -> None:
    hard, soft = _post(hub, "hard@example.com"), _post(hub, "soft@example.com")
    alarm.send_due(hub)
    assert (Alarm.get_by_id(hard.id).state, Alarm.get_by_id(hard.id).error[:3]) == ("failed", "550")
    assert Alarm.get_by_id(soft.id).state == "waiting"
    hub.clock.move(24 * 3600 + 1)  # type: ignore[attr-defined]
    alarm.send_due(hub)
    assert (Alarm.get_by_id(soft.id).state, Alarm.get_by_id(soft.id).attempts) == ("failed", 2)


def test_a_host_that_says_nothing_takes_a_bounded_time(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alarm, "LIMIT", 0.4)
    with Sink(latency=30) as slow:
        _route_to(hub, slow.port)
        _post(hub)
        began = time.monotonic()
        assert alarm.send_due(hub) == 0
        assert time.monotonic() - began < 20
    assert "0.4 s" in Alarm.get().error


def test_the_sandbox_keeps_it_for_whom_it_is_about(hub: Hub) -> None:
    tenant, _, _ = make_owner(hub, "Tenant")
    _post(hub), _post(hub, account=tenant.id)
    assert alarm.send_due(hub) == 2
    kept = {each.account_id: each for each in Kept.select()}
    assert (kept[OPERATOR].system, kept[tenant.id].system) == (True, False)
    assert b"Auto-Submitted" in message_of(kept[tenant.id])


def test_what_is_rolled_back_never_leaves(hub: Hub, sink: Sink) -> None:
    with pytest.raises(ZeroDivisionError), transaction():
        alarm.post(hub, OPERATOR, "ada@example.com", "Never", "Never")
        raise ZeroDivisionError
    assert alarm.send_due(hub) == 0
    assert sink.count == 0


def test_the_service_sends_and_ends_when_asked(hub: Hub, sink: Sink) -> None:
    stop = threading.Event()
    thread = threading.Thread(target=alarm.run, args=(hub, stop))
    thread.start()
    try:
        _post(hub)
        sink.wait_for(1, 20)
    finally:
        stop.set()
        thread.join(20)
    assert not thread.is_alive()
    assert [each.name for each in alarm.SERVICES] == ["alarm"]
    assert "alarm" in hub.services


def test_what_has_left_is_forgotten_after_a_month_and_what_waits_is_not(hub: Hub) -> None:
    _post(hub)
    alarm.send_due(hub)
    waiting = _post(hub, "bob@example.com")
    hub.clock.move(29 * 24 * 3600)  # type: ignore[attr-defined]
    alarm.forget_old(hub)
    assert Alarm.select().count() == 2
    hub.clock.move(2 * 24 * 3600)  # type: ignore[attr-defined]
    alarm.forget_old(hub)
    assert [each.id for each in Alarm.select()] == [waiting.id]


def test_a_rule_for_a_mailbox_provider_is_for_alarms_too(hub: Hub) -> None:
    zones = {
        "example.com": Zone(mx=((10, "mx.google.com"),)), "mx.google.com": Zone(a=("192.0.2.1",)),
        "example.org": Zone(mx=((10, "mx.example.org"),)), "mx.example.org": Zone(a=("192.0.2.2",)),
    }  # fmt: skip
    with DnsServer(zones) as dns, Sink() as relay:
        delivery = replace(hub.config.delivery, private_mx=True)
        hub.config = replace(hub.config, dns=replace(hub.config.dns, resolvers=[dns.address]), delivery=delivery)
        with transaction():
            way = {"name": "relay", "kind": "smart_host", "host": "127.0.0.1", "port": relay.port, "tls": "none"}
            making.create(hub, way)
            rules.create(hub, {"provider": "google"}, [rules.Chosen("relay")])
        _post(hub, "ada@example.com")
        _post(hub, "ada@example.org")
        assert alarm.send_due(hub) == 2
        assert [each.recipient for each in relay.wait_for(1)] == ["ada@example.com"]
    assert [each.recipient for each in Kept.select()] == ["ada@example.org"]
