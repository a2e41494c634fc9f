"""Lanes are opened once for a route, an address and a destination; what they cannot take is left out of claims."""

import asyncio
from collections.abc import Callable

import pytest

from mailhub.delivery.berths import Berths
from mailhub.delivery.building import Ready, Way
from mailhub.delivery.connecting import Dialer
from mailhub.delivery.lanes import Lane, LaneKey
from mailhub.delivery.mx import Destinations, Mx, MxHost
from mailhub.delivery.pace import Pace
from mailhub.delivery.routes import Egress, Route
from mailhub.delivery.shaping import load
from mailhub.delivery.smtp_words import Outcome
from mailhub.dns.lookup import open_lookup
from mailhub.hub import Hub
from mailhub.messages import Waiting

HERE = Egress(0, "", "mail.example")
ONE = Route(1, "one", "smart_host", "127.0.0.1", 9, "none", egresses=(HERE,))
TWO = Route(2, "two", "smart_host", "127.0.0.1", 9, "none", egresses=(HERE,))
GONE = Outcome("deferred", 0, "4.4.1", "gone")


def _run(hub: Hub, scene: Callable[[Berths], None]) -> None:
    async def whole() -> None:
        lookup = open_lookup(hub.config.dns)

        def make(key: LaneKey, dialer: Dialer, pace: Pace, provider: str) -> Lane:
            return Lane(key, dialer, pace, lambda *_: None, lambda _: None, hub.ms, provider=provider)

        scene(Berths(hub, load(), make, lambda: Destinations(lookup)))
        lookup.close()

    asyncio.run(whole())


def test_a_lane_is_opened_once_and_shaped_for_its_provider(sqlite_core: Hub) -> None:
    def scene(berths: Berths) -> None:
        mx = Mx("google: mx.google.com", "google", (MxHost("mx.google.com", ("192.0.2.1",)),), 0.0)
        direct = Route(0, "direct", "direct")
        lane = berths.lane(direct, HERE, mx)
        assert berths.lane(direct, HERE, mx) is lane
        assert (lane.pace.most, lane.pace.per_connection, lane.provider) == (5, 100, "google")
        assert berths.lane(ONE, HERE, None) is not lane
        assert berths.opened == ["0|0|google", "1|0|"]

    _run(sqlite_core, scene)


def test_lanes_of_a_provider_share_a_pace_and_none_of_their_hosts(sqlite_core: Hub) -> None:
    def scene(berths: Berths) -> None:
        direct = Route(0, "direct", "direct")
        hosts = [MxHost(f"mx{n}.google.com", (f"192.0.2.{n}",)) for n in range(3)]
        found = [Mx(f"google: {host.name}", "google", (host,), 0.0) for host in hosts[:2]]
        found.append(Mx(f"certified google: {hosts[2].name}", "google", hosts[2:], 0.0, certified=True))
        one, two, three = (berths.lane(direct, HERE, mx) for mx in found)
        assert one.pace is two.pace is three.pace
        assert len({one, two, three}) == 3
        assert [lane.dialer.mx for lane in (one, two, three)] == found
        other = berths.lane(direct, Egress(4, "192.0.2.9", "mail.example"), found[0])
        assert other.pace is not one.pace
        assert berths.opened == ["0|0|google", "0|4|google"]

    _run(sqlite_core, scene)


def test_a_domain_is_closed_when_no_route_is_open(sqlite_core: Hub) -> None:
    def scene(berths: Berths) -> None:
        one, two = berths.lane(ONE, HERE, None), berths.lane(TWO, HERE, None)
        berths.remember(one, Way(7, "a.example", (ONE,)))
        berths.remember(one, Way(7, "b.example", (ONE, TWO)))
        assert berths.closed(7, urgent=False) == []
        one.block(60, GONE)
        [closed] = berths.closed(7, urgent=False)
        assert closed.domains == ["a.example"]
        assert (closed.reason, closed.code, closed.text) == ("unreachable", GONE.code, GONE.text)
        assert 50_000 < closed.wait <= 60_000
        assert not berths.is_shut(7)
        assert berths.closed(8, urgent=False) == []
        two.block(60, GONE)
        assert berths.closed(7, urgent=False)[0].domains == ["a.example", "b.example"]
        assert berths.is_shut(7)
        assert berths.room(7, 100, urgent=False) == 0

    _run(sqlite_core, scene)


def test_a_full_lane_is_closed_for_what_is_not_urgent(sqlite_core: Hub) -> None:
    def scene(berths: Berths) -> None:
        lane = berths.lane(ONE, HERE, None)
        berths.remember(lane, Way(7, "a.example", (ONE,)))
        assert berths.room(7, 9999, urgent=False) == lane.measure.capacity
        waiting = [Waiting(number, 0, "u@a.example", 1, "a.example") for number in range(lane.measure.capacity)]
        lane._backlog.extend(Ready(each, "", False, lambda: b"") for each in waiting)
        [closed] = berths.closed(7, urgent=False)
        assert (closed.domains, closed.reason) == (["a.example"], "")
        lane.pace.slow(1_800_000_000_000, 60, "slow down")
        assert berths.closed(7, urgent=False)[0].reason == "rate_limited"
        assert berths.closed(7, urgent=True) == []
        assert berths.room(7, 9999, urgent=False) == 0
        lane._backlog.clear()

    _run(sqlite_core, scene)


def test_a_changed_route_gets_a_new_lane_and_a_forgotten_one_leaves_nothing(sqlite_core: Hub) -> None:
    def scene(berths: Berths) -> None:
        lane = berths.lane(ONE, HERE, None)
        berths.remember(lane, Way(7, "a.example", (ONE,)))
        changed = Route(1, "one", "smart_host", "127.0.0.2", 9, "none", egresses=(HERE,))
        assert berths.lane(changed, HERE, None) is not lane
        assert berths.narrow(7) is None
        berths.forget(berths.lane(changed, HERE, None))
        assert berths.lanes == {}

    _run(sqlite_core, scene)


def test_after_a_change_of_rules_no_domain_is_left_out(sqlite_core: Hub) -> None:
    def scene(berths: Berths) -> None:
        lane = berths.lane(ONE, HERE, None)
        assert not berths.follow(1)
        berths.remember(lane, Way(7, "a.example", (ONE,)))
        lane.block(4 * 3600, GONE)
        assert not berths.follow(1)
        assert berths.is_shut(7)
        assert berths.closed(7, urgent=False)[0].wait == 60_000
        assert berths.follow(2)
        assert not berths.is_shut(7)
        assert berths.closed(7, urgent=False) == []
        assert berths.room(7, 100, urgent=False) == 100

    _run(sqlite_core, scene)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((0, "", "nobody answers"), "unreachable"),
        ((0, "4.7.10", "it does not offer STARTTLS"), "tls"),
        ((454, "4.7.10", "TLS not available"), "tls"),
        ((421, "4.3.2", "Service shutting down"), "unavailable"),
        ((421, "4.7.0", "Too many connections from your host"), "rate_limited"),
    ],
)
def test_why_a_lane_is_shut_is_what_its_server_said(
    sqlite_core: Hub, answer: tuple[int, str, str], reason: str
) -> None:
    def scene(berths: Berths) -> None:
        lane = berths.lane(ONE, HERE, None)
        lane.block(60, Outcome("deferred", *answer))
        assert berths.reason(lane) == reason
        lane.pace.stop(sqlite_core.ms(), "554 blocked")
        assert berths.reason(lane) == "blocked"

    _run(sqlite_core, scene)
