"""Many lanes at once: a destination that refuses, stalls, limits or blocks holds up no other, and nothing is lost."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

import pytest

from mailhub import outbox
from mailhub.delivery import task
from mailhub.delivery.task import Delivery
from mailhub.hub import Hub
from mailhub.messages import Event, Message, Queued, Source
from mailhub.outbox.lanes import LaneState
from mailhub.testing import Sink, make_owner, make_source
from tests.dns_server import FAILING, DnsServer, Zone
from tests.mailhub.delivery.delivering import holders, outcomes

Sinks = dict[str, Sink]


@pytest.fixture(autouse=True)
def _few_last_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(task, "LAST_WORDS", 0.2)


@contextmanager
def _world(
    hub: Hub, domains: dict[str, dict[str, Any]], others: dict[str, Zone] | None = None
) -> Iterator[tuple[Delivery, Sinks]]:
    """Direct delivery to a sink for each domain, all on one port of loopback addresses of their own."""
    with ExitStack() as stack:
        sinks: Sinks = {}
        zones = dict(others or {})
        port = 0
        for number, (domain, options) in enumerate(domains.items(), 2):
            address = f"127.0.0.{number}"
            sinks[domain] = stack.enter_context(Sink(host=address, port=port, **options))
            port = sinks[domain].port
            zones |= {domain: Zone(mx=((10, f"mx.{domain}"),)), f"mx.{domain}": Zone(a=(address,))}
        dns = stack.enter_context(DnsServer(zones))
        hub.config = replace(
            hub.config,
            dns=replace(hub.config.dns, resolvers=[dns.address]),
            delivery=replace(hub.config.delivery, route="direct", mx_port=port, private_mx=True),
        )
        delivery = Delivery(hub)
        try:
            yield delivery, sinks
        finally:
            delivery.stop()


def _source(hub: Hub, **counts: int) -> Source:
    """A source with so many messages to each domain, in turns."""
    names = {word.replace("_", "."): count for word, count in counts.items()}
    most = max(names.values())
    addresses = [f"u{number}@{name}" for number in range(most) for name, count in names.items() if number < count]
    return make_source(hub, make_owner(hub)[0], addresses)


def _work(delivery: Delivery, source: Source, done: Callable[[], bool], seconds: float = 20.0) -> None:
    until = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < until, "it did not happen in time"
        if not delivery.run_slice(source.id):
            time.sleep(0.02)


def _left(word: str) -> int:
    return Queued.select().where(Queued.domain == word).count()


def test_each_domain_has_a_lane_of_its_own_and_the_ledger_its_route(core: Hub) -> None:
    source = _source(core, one_example=60, two_example=40)
    with _world(core, {"one.example": {}, "two.example": {}}) as (delivery, sinks):
        _work(delivery, source, lambda: not Queued.select().exists())
        assert {key.destination for key in delivery.fleet.lanes} == {"mx.one.example", "mx.two.example"}
    assert {word: sink.count for word, sink in sinks.items()} == {"one.example": 60, "two.example": 40}
    assert outcomes() == {"delivered": 100}
    assert {row.route for row in Message.select()} == {"direct"}


ATTACKS: dict[str, dict[str, Zone]] = {
    "a provider's server named as a backup": {
        "gmail.com": Zone(mx=((5, "gmail-smtp-in.l.google.com"),)),
        "gmail-smtp-in.l.google.com": Zone(a=("127.0.0.2",)),
        "aspmx.l.google.com": Zone(a=("127.0.0.2",)),
        "evil.example": Zone(mx=((5, "mx.evil.example"), (10, "aspmx.l.google.com")), delay=0.1),
    },
    "another's server named first": {
        "gmail.com": Zone(mx=((10, "mx.gmail.example"),)),
        "mx.gmail.example": Zone(a=("127.0.0.9",)),  # nobody is there
        "evil.example": Zone(mx=((10, "mx.gmail.example"), (20, "mx.evil.example")), delay=0.1),
    },
}


@pytest.mark.parametrize("how", ATTACKS)
def test_a_domain_draws_no_mail_of_others_to_its_servers(sqlite_core: Hub, how: str) -> None:
    source = _source(sqlite_core, gmail_com=40, evil_example=40)
    zones = ATTACKS[how] | {"mx.evil.example": Zone(a=("127.0.0.3",))}
    with _world(sqlite_core, {"google.test": {}, "evil.test": {}}, zones) as (delivery, sinks):
        _work(delivery, source, lambda: not _left("evil.example"))
        _work(
            delivery,
            source,
            lambda: not _left("gmail.com") or "127.0.0.9" in Event.select().order_by(Event.id).first().text,
        )
    drawn = {each.recipient.partition("@")[2] for each in sinks["evil.test"].received}
    assert drawn == {"evil.example"}


HOSTILE: dict[str, dict[str, Any]] = {
    "refuses": {"behaviours": ["u=mail:421 4.7.0 Come back later", "bounce=mail:421 4.7.0 Come back later"]},
    "stalls": {"behaviours": ["u=rcpt:wait 30"]},
    "greylists": {"behaviours": ["u=rcpt:451 4.7.1 Greylisted, try again in 5 minutes"]},
    "leaves midway": {"behaviours": ["u=dot:421 4.3.2 Going down"]},
    "drops": {"behaviours": ["u=dot:drop"]},
    "has no room": {"behaviours": ["u=rcpt:552 5.2.2 Mailbox full"]},
    "knows no groups": {"pipelining": False, "latency": 0.02},
    "has broken TLS": {"tls": "implicit"},
    "ends early": {"max_per_connection": 3},
}


@pytest.mark.parametrize("how", HOSTILE)
def test_a_hostile_destination_does_not_slow_another(sqlite_core: Hub, how: str) -> None:
    source = _source(sqlite_core, bad_example=150, good_example=300)
    with _world(sqlite_core, {"bad.example": HOSTILE[how], "good.example": {}}) as (delivery, sinks):
        _work(delivery, source, lambda: sinks["good.example"].count == 300)
        counted = len({each.recipient for each in sinks["good.example"].received})
        assert counted == 300
        under_way = sum(lane.backlog for lane in delivery.fleet.lanes.values())
        assert under_way <= 150
    assert holders() <= {None}
    told = Message.select().where(Message.address.endswith("@bad.example")).count()
    assert told + _left("bad.example") == 150


def test_a_lane_that_stalls_holds_few_and_the_rest_waits_in_the_queue(sqlite_core: Hub) -> None:
    source = _source(sqlite_core, bad_example=400, good_example=50)
    with _world(sqlite_core, {"bad.example": HOSTILE["stalls"], "good.example": {}}) as (delivery, sinks):
        _work(delivery, source, lambda: sinks["good.example"].count == 50)
        _work(delivery, source, lambda: len(delivery.fleet.under_way) <= 20)
        claimed = Queued.select().where(Queued.holder.is_null(False)).count()
        assert claimed <= 70


def test_a_pause_takes_hold_with_many_lanes(sqlite_core: Hub) -> None:
    domains = [f"d{number}.example" for number in range(6)]
    source = _source(sqlite_core, **{word.replace(".", "_"): 60 for word in domains})
    with _world(sqlite_core, {word: {"latency": 0.1} for word in domains}) as (delivery, sinks):
        delivery.run_slice(source.id)
        outbox.pause(source.id)
        paused = time.monotonic()
        while delivery.fleet.busy or delivery.fleet.under_way:
            assert time.monotonic() - paused < 5
            time.sleep(0.01)
        taken = sum(sink.count for sink in sinks.values())
        assert 0 < taken < 360
        time.sleep(0.2)
        assert sum(sink.count for sink in sinks.values()) == taken


def test_a_domain_that_takes_no_mail_is_an_outcome_and_one_dns_is_silent_of_waits(sqlite_core: Hub) -> None:
    source = _source(sqlite_core, nowhere_example=2, good_example=2, quiet_example=1)
    with _world(sqlite_core, {"good.example": {}}, {"quiet.example": FAILING}) as (delivery, _):
        _work(delivery, source, lambda: Message.select().count() == 4)
        _work(delivery, source, lambda: Queued.get().attempts == 1)
    assert outcomes() == {"delivered": 2, "bounced": 2}
    assert (Queued.get().domain, Event.get(Event.kind == "deferred").enhanced) == ("quiet.example", "4.4.3")
    row = Message.get(Message.outcome == "bounced")
    assert (row.enhanced, row.attempts) == ("5.1.2", 1)


def test_greylisting_is_tried_again_when_the_server_says_and_the_row_says_why(sqlite_core: Hub) -> None:
    source = _source(sqlite_core, bad_example=3)
    with _world(sqlite_core, {"bad.example": HOSTILE["greylists"]}) as (delivery, _):
        _work(delivery, source, lambda: Event.select().where(Event.kind == "deferred").count() == 3)
        _work(delivery, source, lambda: {row.attempts for row in Queued.select()} == {1})
    for row in Queued.select():
        assert (row.reason, row.code) == ("greylisted", 451)
        assert "try again in 5 minutes" in row.text
        assert 250_000 < row.due_at - sqlite_core.ms() <= 300_000


def test_a_provider_that_blocks_us_stops_its_lane_and_an_event_tells(sqlite_core: Hub) -> None:
    source = _source(sqlite_core, bad_example=40)
    words = "554 5.7.1 Your IP address is blocked using zen.spamhaus.org"
    with _world(sqlite_core, {"bad.example": {"behaviours": [f"u=rcpt:{words}"]}}) as (delivery, sinks):
        _work(delivery, source, lambda: Event.select().where(Event.kind == "lane.blocked").exists())
        _work(delivery, source, lambda: LaneState.select().where(LaneState.state == "blocked").exists())
        [row] = LaneState.select()
        assert (row.destination, row.route) == ("mx.bad.example", "direct")
        assert "spamhaus" in row.why
        assert row.until > sqlite_core.ms()
    assert sinks["bad.example"].connections <= 3
    assert outcomes() == {}
    assert _left("bad.example") == 40
    assert {row.reason for row in Queued.select()} == {"blocked"}
    event = Event.get(Event.kind == "lane.blocked")
    assert event.values["destination"] == "mx.bad.example"


def test_a_server_that_wants_less_gets_half_and_the_row_of_the_pace_says_so(sqlite_core: Hub) -> None:
    source = _source(sqlite_core, bad_example=60)
    rule = "u=rcpt:450 4.7.0 Too many messages, slow down"
    with _world(sqlite_core, {"bad.example": {"behaviours": [rule]}}) as (delivery, _):
        _work(delivery, source, lambda: bool(delivery.fleet.lanes))
        [lane] = delivery.fleet.lanes.values()
        _work(delivery, source, lambda: lane.pace.share == 0.5)
        assert lane.pace.metered
        assert lane.pace.connections(sqlite_core.ms()) == 1
        assert lane.pace.rate(sqlite_core.ms()) > 0


def test_a_blocked_smart_host_is_replaced_by_the_next_route(sqlite_core: Hub) -> None:
    from mailhub.delivery.routes import Route, Router

    source = make_source(sqlite_core, make_owner(sqlite_core)[0], [f"u{n}@x.example" for n in range(30)])
    with Sink() as dead:
        port = dead.port
    with Sink() as spare, _world(sqlite_core, {"good.example": {}}) as (delivery, _):
        first = Route(11, "first", "smart_host", "127.0.0.1", port, "none")
        second = Route(12, "second", "smart_host", "127.0.0.1", spare.port, "none")
        router = delivery._desk.router
        assert isinstance(router, Router)
        router._last = (first, second)  # type: ignore[assignment]
        _work(delivery, source, lambda: not Queued.select().exists())
    assert {row.route for row in Message.select()} == {"second"}
    assert outcomes() == {"delivered": 30}
