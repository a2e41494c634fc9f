"""Lanes beside each other: servers that say nothing, a provider's connections, rules and routes that change meanwhile."""

import socket
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest

from mailhub import db
from mailhub.delivery import fleet, returning, task
from mailhub.delivery.lanes import Lane
from mailhub.delivery.routes import Route
from mailhub.hub import Hub
from mailhub.messages import Event, Queued
from mailhub.outbox.lanes import LanePace, LaneState
from mailhub.outbox.standing import standing
from mailhub.routing import making, rules
from mailhub.testing import Sink, make_owner, make_source
from tests.dns_server import SILENT, Zone
from tests.mailhub.delivery.delivering import outcomes
from tests.mailhub.delivery.test_fleet import _source, _work, _world


@pytest.fixture(autouse=True)
def _few_last_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(task, "LAST_WORDS", 0.2)


def test_a_new_rule_helps_mail_behind_a_blocked_lane(sqlite_core: Hub) -> None:
    source = _source(sqlite_core, bad_example=20)
    words = "421 4.7.1 Your IP address is blocked using zen.spamhaus.org"
    refusing = {"behaviours": [f"u=mail:{words}", f"bounce=mail:{words}"]}
    with Sink() as relay, _world(sqlite_core, {"bad.example": refusing}) as (delivery, _):
        _work(delivery, source, lambda: any(lane.stopped for lane in delivery.fleet.lanes.values()))
        _work(delivery, source, lambda: not delivery.fleet.under_way)
        with db.transaction():
            making.create(
                sqlite_core,
                {"name": "relay", "kind": "smart_host", "host": "127.0.0.1", "port": relay.port, "tls": "none"},
            )
            rules.create(sqlite_core, {"recipient_domain": "bad.example"}, [rules.Chosen("relay")])
            Queued.update(due_at=0).execute()
        _work(delivery, source, lambda: relay.count == 20)


def test_a_lane_whose_route_changed_is_closed_when_its_connections_are_done(sqlite_core: Hub) -> None:
    source = make_source(sqlite_core, make_owner(sqlite_core)[0], [f"u{n}@x.example" for n in range(30)])
    with (
        Sink(latency=0.2, pipelining=False) as one,
        Sink() as two,
        _world(sqlite_core, {"good.example": {}}) as (delivery, _),
    ):
        router: Any = delivery._desk.router
        router._last = (Route(11, "one", "smart_host", "127.0.0.1", one.port, "none"),)
        _work(delivery, source, lambda: one.connections > 0)
        router._last = (Route(11, "one", "smart_host", "127.0.0.1", two.port, "none"),)
        more = make_source(sqlite_core, make_owner(sqlite_core, "More")[0], ["v@x.example"])
        _work(delivery, more, lambda: bool(delivery.fleet.berths.leaving))
        assert delivery.fleet.busy >= sum(lane.in_flight for lane in delivery.fleet.berths.leaving)
        _work(delivery, source, lambda: not Queued.select().exists())
        _work(delivery, source, lambda: not delivery.fleet.berths.leaving)
    assert outcomes() == {"delivered": 31}
    assert one.count + two.count == 31


def test_destinations_that_say_nothing_do_not_stop_new_lanes(sqlite_core: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet, "MOST_BUSY", 4)
    silent = [f"s{number}.example" for number in range(8)]
    first = _source(sqlite_core, **{word.replace(".", "_"): 30 for word in silent})
    zones = {
        word: Zone(mx=((10, "mx.silent.example"), (number, f"mx.{word}"))) for number, word in enumerate(silent, 20)
    }
    zones |= {"mx.silent.example": Zone(a=("127.0.0.9",)), **{f"mx.{word}": Zone(a=("127.0.0.9",)) for word in silent}}
    with ExitStack() as stack:
        delivery, sinks = stack.enter_context(_world(sqlite_core, {"good.example": {}}, zones))
        stack.enter_context(socket.create_server(("127.0.0.9", sinks["good.example"].port), backlog=50))
        _work(delivery, first, lambda: sum(lane.in_flight > 0 for lane in delivery.fleet.lanes.values()) == 8)
        assert delivery.fleet.busy <= 10
        good = make_source(sqlite_core, make_owner(sqlite_core, "Other")[0], [f"g{n}@good.example" for n in range(20)])
        _work(delivery, good, lambda: sinks["good.example"].count == 20)
        assert delivery.fleet.busy >= 8


def test_no_more_connections_than_a_process_can_have(sqlite_core: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet, "BUSY_LIMIT", 2)
    domains = {f"d{number}.example": {"latency": 0.05} for number in range(4)}
    source = _source(sqlite_core, **{word.replace(".", "_"): 10 for word in domains})
    with _world(sqlite_core, domains) as (delivery, _):
        most = 0

        def done() -> bool:
            nonlocal most
            most = max(most, delivery.fleet.busy)
            return not Queued.select().exists()

        _work(delivery, source, done)
        assert 0 < most <= 3
    assert outcomes() == {"delivered": 40}


def test_a_providers_lanes_have_its_connections_between_them(sqlite_core: Hub) -> None:
    sqlite_core.config = replace(sqlite_core.config, engine=replace(sqlite_core.config.engine, workers=1))
    domains: dict[str, dict[str, Any]] = {f"mx{number}.ovh.net": {"latency": 0.002} for number in range(6)}
    source = _source(sqlite_core, **{f"d{number}_example": 25 for number in range(6)})
    zones = {f"d{number}.example": Zone(mx=((10, f"mx.mx{number}.ovh.net"),)) for number in range(6)}
    with _world(sqlite_core, domains, zones) as (delivery, _):
        most = 0

        def done() -> bool:
            nonlocal most
            most = max(most, sum(lane.connections for lane in list(delivery.fleet.lanes.values())))
            return not Queued.select().exists()

        _work(delivery, source, done, 40)
        lanes = list(delivery.fleet.lanes.values())
        assert len(lanes) == 6
        assert len({lane.pace for lane in lanes}) == 1
        assert 0 < most <= lanes[0].pace.most == 4
    assert outcomes() == {"delivered": 150}


def test_a_fault_while_lanes_are_fed_costs_a_moment_and_no_message(
    sqlite_core: Hub, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(returning, "AFTER_FAULT", 200)
    source = _source(sqlite_core, good_example=20, bad_example=20)
    feed = Lane.feed

    def fails(self: Lane, messages: Any, **how: Any) -> int:
        woken = feed(self, messages, **how)
        if "bad" in self.key.destination:
            raise ValueError("a fault")
        return woken

    with _world(sqlite_core, {"good.example": {}, "bad.example": {}}) as (delivery, sinks):
        with monkeypatch.context() as broken:
            broken.setattr(Lane, "feed", fails)
            _work(delivery, source, lambda: sinks["good.example"].count == 20 and not delivery.fleet.under_way)
            _work(delivery, source, lambda: not Queued.select().where(Queued.holder.is_null(False)).exists())
            assert "mx.bad.example could not be fed" in caplog.text
            assert sinks["bad.example"].count == 0
        _work(delivery, source, lambda: sinks["bad.example"].count == 20, 30)
    assert outcomes() == {"delivered": 40}


def test_mail_that_waits_for_dns_finds_the_routes_of_a_new_rule(sqlite_core: Hub) -> None:
    config = sqlite_core.config
    sqlite_core.config = replace(config, dns=replace(config.dns, timeout=60.0))
    source = _source(sqlite_core, mute_example=5)
    with Sink() as relay, _world(sqlite_core, {"good.example": {}}, {"mute.example": SILENT}) as (delivery, _):
        _work(delivery, source, lambda: delivery.fleet.resolving > 0)
        with db.transaction():
            making.create(
                sqlite_core,
                {"name": "relay", "kind": "smart_host", "host": "127.0.0.1", "port": relay.port, "tls": "none"},
            )
            rules.create(sqlite_core, {"recipient_domain": "mute.example"}, [rules.Chosen("relay")])
        _work(delivery, source, lambda: relay.count == 5)


@pytest.mark.parametrize(
    "words",
    ["554 5.7.1 <acme1@bad.example>: client [192.0.2.7] blocked using zen.spamhaus.org",
     "421 4.3.2 <acme1@bad.example>: come back later"],
)  # fmt: skip
def test_what_a_lane_was_told_of_one_accounts_recipient_is_shown_to_no_other(sqlite_core: Hub, words: str) -> None:
    other = make_source(sqlite_core, make_owner(sqlite_core)[0], [f"u{n}@bad.example" for n in range(5)])
    acme = make_source(sqlite_core, make_owner(sqlite_core, "Acme")[0], ["acme1@bad.example"])
    with _world(sqlite_core, {"bad.example": {"behaviours": [f"acme1=rcpt:{words}"]}}) as (delivery, sinks):
        _work(delivery, acme, lambda: any(lane.stopped for lane in delivery.fleet.lanes.values()))
        _work(delivery, other, lambda: Queued.select().where(Queued.source == other, Queued.text != "").count() == 5)
        _work(delivery, acme, lambda: LaneState.select().where(LaneState.state == "blocked").exists())
        assert sinks["bad.example"].count == 0
    shown = [row.text for row in Queued.select().where(Queued.source == other)]
    shown += [row.why for row in LaneState.select()] + [row.words for row in LanePace.select()]
    shown += [row.values["words"] for row in Event.select().where(Event.kind == "lane.blocked")]
    assert "acme1" not in " ".join(map(str, shown))
    assert "<…>: c" in shown[0]


@pytest.mark.parametrize(
    "words",
    ["550 5.7.1 <acme1@bad.example>: The recipient has blocked the sender",
     "554 5.7.1 <acme1@bad.example>: Recipient address rejected: the description is on our blacklist"],
)  # fmt: skip
def test_who_refuses_one_accounts_mail_is_still_written_to_by_others(sqlite_core: Hub, words: str) -> None:
    acme = make_source(sqlite_core, make_owner(sqlite_core, "Acme")[0], ["acme1@bad.example"])
    other = make_source(sqlite_core, make_owner(sqlite_core)[0], [f"u{n}@bad.example" for n in range(5)])
    with _world(sqlite_core, {"bad.example": {"behaviours": [f"acme1=rcpt:{words}"]}}) as (delivery, sinks):
        _work(delivery, acme, lambda: not Queued.select().where(Queued.source == acme).exists())
        assert outcomes() == {"bounced": 1}
        _work(delivery, other, lambda: sinks["bad.example"].count == 5)
    assert not Event.select().where(Event.kind == "lane.blocked").exists()


def test_mail_of_a_rule_whose_routes_are_off_waits_and_takes_no_other(sqlite_core: Hub) -> None:
    source = _source(sqlite_core, good_example=3, other_example=3)
    with _world(sqlite_core, {"good.example": {}, "other.example": {}}) as (delivery, sinks):
        with db.transaction():
            route = making.create(sqlite_core, {"name": "safe", "kind": "direct", "tls": "required", "enabled": False})
            rules.create(sqlite_core, {"recipient_domain": "good.example"}, [rules.Chosen("safe")])
        delivery._desk.router._asked_at = 0.0
        _work(delivery, source, lambda: sinks["other.example"].count == 3)
        _work(delivery, source, lambda: Queued.select().where(Queued.reason == "no_route").count() == 3)
        assert sinks["good.example"].count == 0
        _work(delivery, source, lambda: standing(sqlite_core, source).state in ("sending", "no_route"))
        with db.transaction():
            making.change(sqlite_core, route, {"enabled": True, "tls": "none"})
            Queued.update(due_at=0).execute()
        delivery._desk.router._asked_at = 0.0
        _work(delivery, source, lambda: sinks["good.example"].count == 3)
