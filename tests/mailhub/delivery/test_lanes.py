"""A lane keeps few connections open, uses them again, and stands still for a while when nobody answers."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from mailhub.delivery.building import Ready
from mailhub.delivery.connecting import Dialer
from mailhub.delivery.lanes import Lane, LaneKey
from mailhub.delivery.pace import Pace
from mailhub.delivery.routes import Egress, Route
from mailhub.delivery.shaping import Shape
from mailhub.delivery.smtp_client import Outcome
from mailhub.errors import UserError
from mailhub.messages import Waiting
from mailhub.testing import Sink

Told = list[tuple[int, Outcome]]


def _ready(number: int, word: str = "u", build: Callable[[], bytes] = lambda: b"Subject: x\r\n\r\n") -> Ready:
    waiting = Waiting(number, 0, f"{word}{number}@example.com", number, "example.com")
    return Ready(waiting, "bounce@example.org", False, build)


def _lane(port: int, told: Told, connections: int, pace: Pace | None = None, **columns: Any) -> Lane:
    route = Route(0, "sink", "smart_host", "127.0.0.1", port, **{"tls": "none", **columns})
    dialer, pace = Dialer(route, Egress(0, "", "mail.example")), pace or Pace("0|0|", Shape(""), connections)

    def blocked(lane: Lane) -> None:
        for ready in lane.take_back()[:1]:
            told.append((ready.waiting.id, lane.failure))

    return Lane(
        LaneKey(0, 0, ""), dialer, pace, lambda _, ready, outcome: told.append((ready.waiting.id, outcome)), blocked,
        lambda: 1_800_000_000_000,
    )  # fmt: skip


def _run(scene: Callable[[Lane, Told], Awaitable[Any]], port: int, connections: int = 2, **columns: Any) -> Told:
    told: Told = []

    async def whole() -> None:
        lane = _lane(port, told, connections, **columns)
        async with asyncio.timeout(20):
            await scene(lane, told)
            await lane.wait(5)
            await lane.close_idle(asyncio.get_running_loop().time())

    asyncio.run(whole())
    return told


async def _heard(told: Told, count: int) -> None:
    while len(told) < count:
        await asyncio.sleep(0.005)


def test_each_message_is_told_once_over_few_connections() -> None:
    async def scene(lane: Lane, told: Told) -> None:
        lane.feed([_ready(number) for number in range(100)])
        assert lane.in_flight == 2
        await _heard(told, 100)

    with Sink() as sink:
        told = _run(scene, sink.port)
    assert sorted(number for number, _ in told) == list(range(100))
    assert {outcome.kind for _, outcome in told} == {"delivered"}
    assert (sink.count, sink.connections, sink.violations) == (100, 2, 0)


def test_one_message_opens_one_connection_and_the_next_uses_it_again() -> None:
    async def scene(lane: Lane, told: Told) -> None:
        for number in range(5):
            lane.feed([_ready(number)])
            await _heard(told, number + 1)
            await lane.wait(1)

    with Sink() as sink:
        _run(scene, sink.port)
    assert (sink.count, sink.connections) == (5, 1)


def test_an_idle_connection_is_said_goodbye() -> None:
    async def scene(lane: Lane, told: Told) -> None:
        for number in range(2):
            lane.feed([_ready(number)])
            await _heard(told, number + 1)
            await lane.wait(1)
            now = asyncio.get_running_loop().time()
            await lane.close_idle(now - 20)
            assert len(lane._idle) == 1
            await lane.close_idle(now)
            assert lane._idle == []

    with Sink() as sink:
        _run(scene, sink.port)
    assert sink.connections == 2


def test_a_connection_that_died_while_idle_costs_nothing() -> None:
    async def scene(lane: Lane, told: Told) -> None:
        lane.feed([_ready(1)])
        await _heard(told, 1)
        await lane.wait(1)
        sink._loop.call_soon_threadsafe(lambda: [each.abort() for each in list(sink.live)])
        while lane._idle[0][0].open:
            await asyncio.sleep(0.005)
        lane.feed([_ready(2)])
        await _heard(told, 2)

    with Sink() as sink:
        told = _run(scene, sink.port)
    assert [outcome.kind for _, outcome in told] == ["delivered", "delivered"]


def test_what_no_connection_has_begun_with_can_be_taken_back() -> None:
    async def scene(lane: Lane, told: Told) -> None:
        lane.feed([_ready(number) for number in range(50)])
        while sink.count < 2:
            await asyncio.sleep(0.005)
        taken = lane.take_back()
        assert lane.backlog == 0
        await lane.wait(5)
        assert len(taken) + len(told) == 50
        assert not {each.waiting.id for each in taken} & {number for number, _ in told}

    with Sink(latency=0.05) as sink:
        told = _run(scene, sink.port)
    assert len(told) == sink.count < 50


def test_nobody_there_blocks_the_lane_and_one_message_tells_why() -> None:
    async def scene(lane: Lane, told: Told) -> None:
        loop = asyncio.get_running_loop()
        waits = []
        for _ in range(3):
            lane.blocked_until = 0.0
            lane.feed([_ready(number) for number in range(3)])
            await lane.wait(5)
            assert lane.blocked(loop.time())
            assert not lane.blocked(lane.blocked_until)
            waits.append(lane.blocked_until - loop.time())
            assert lane.take_back() == []
            assert lane.failure.enhanced == "4.4.1"
        assert waits == [pytest.approx(seconds, abs=0.5) for seconds in (5, 10, 20)]

    with Sink() as sink:
        port = sink.port
    told = _run(scene, port, connections=1)
    assert [(outcome.kind, outcome.enhanced) for _, outcome in told] == [("deferred", "4.4.1")] * 3


def test_a_mail_that_cannot_be_made_is_bounced_and_the_next_is_sent() -> None:
    def fail() -> bytes:
        raise UserError("The content could not be rendered: it takes too long.")

    async def scene(lane: Lane, told: Told) -> None:
        lane.feed([_ready(1, build=fail), _ready(2)])
        await _heard(told, 2)

    with Sink() as sink:
        told = _run(scene, sink.port)
    outcomes = dict(told)
    assert (outcomes[1].kind, outcomes[1].enhanced, outcomes[2].kind) == ("bounced", "5.6.0", "delivered")
    assert "it takes too long" in outcomes[1].text


def test_a_fault_in_a_plugin_or_template_costs_only_its_own_message() -> None:
    def fail() -> bytes:
        raise KeyError("a bug")

    async def scene(lane: Lane, told: Told) -> None:
        lane.feed([_ready(1), _ready(2, build=fail), *[_ready(number) for number in range(3, 9)]])
        await _heard(told, 8)

    with Sink() as sink:
        told = _run(scene, sink.port)
    kinds = {number: outcome.kind for number, outcome in told}
    assert kinds.pop(2) == "deferred"
    assert set(kinds.values()) == {"delivered"}
    assert sink.count == 7


def test_a_server_that_ends_connections_early_gets_the_rest_on_new_ones() -> None:
    async def scene(lane: Lane, told: Told) -> None:
        lane.feed([_ready(number) for number in range(40)])
        while sum(outcome.kind == "delivered" for _, outcome in told) < 36 and lane.in_flight:
            await asyncio.sleep(0.005)
        await lane.wait(5)

    with Sink(max_per_connection=5) as sink:
        told = _run(scene, sink.port)
    delivered = [number for number, outcome in told if outcome.kind == "delivered"]
    assert len(delivered) == len(set(delivered)) == sink.count >= 20
    assert {outcome.kind for _, outcome in told} <= {"delivered", "unsent"}


def test_a_server_that_takes_nothing_is_not_knocked_at_again_and_again() -> None:
    async def scene(lane: Lane, told: Told) -> None:
        for _ in range(3):
            lane.blocked_until = 0.0
            lane.feed([_ready(number, "shut") for number in range(10)])
            await lane.wait(5)
            assert lane.blocked(asyncio.get_running_loop().time())
            lane.take_back()

    with Sink(behaviours=["shut=rcpt:421 4.7.0 Come back later"]) as sink:
        _run(scene, sink.port, connections=1)
    assert sink.connections == 3


def test_opportunistic_tls_goes_on_without_and_required_does_not() -> None:
    async def scene(lane: Lane, told: Told) -> None:
        lane.feed([_ready(1)])
        await _heard(told, 1)

    for tls, kind, status in (("opportunistic", "delivered", "2.0.0"), ("required", "deferred", "4.7.10")):
        with Sink() as sink:
            told = _run(scene, sink.port, tls=tls)
        assert [(outcome.kind, outcome.enhanced) for _, outcome in told] == [(kind, status)]
    with Sink(tls="starttls") as sink:
        [(_, outcome)] = _run(scene, sink.port, tls="opportunistic")
    assert outcome.tls.startswith("TLS")


class Narrow(asyncio.Protocol):
    """A server that serves one connection and answers 421 to any other."""

    open = 0
    refused = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport, self.rest, self.content = transport, b"", False
        self.served = Narrow.open == 0
        Narrow.open += self.served
        Narrow.refused += not self.served
        transport.write(b"220 narrow\r\n" if self.served else b"421 4.7.0 One connection at a time\r\n")
        if not self.served:
            transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        Narrow.open -= self.served

    def data_received(self, data: bytes) -> None:
        *lines, self.rest = (self.rest + data).split(b"\r\n")
        for line in lines:
            if self.content:
                self.content = line != b"."
                self.transport.write(b"" if self.content else b"250 taken\r\n")
            else:
                self.content = line == b"DATA"
                self.transport.write(b"354 go on\r\n" if self.content else b"250 narrow\r\n")


def test_a_server_that_wants_one_connection_is_given_one_and_no_message_waits_for_it() -> None:
    Narrow.open = Narrow.refused = 0
    told: Told = []

    async def whole() -> None:
        server = await asyncio.get_running_loop().create_server(Narrow, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        lane = _lane(port, told, 3)
        async with asyncio.timeout(20):
            lane.feed([_ready(1)])
            await _heard(told, 1)
            for start in range(2, 302, 100):
                lane.feed([_ready(number) for number in range(start, start + 100)])
                await _heard(told, start + 99)
            await lane.wait(5)
            await lane.close_idle(asyncio.get_running_loop().time())
        server.close()

    asyncio.run(whole())
    assert {outcome.kind for _, outcome in told} == {"delivered"}
    assert len({number for number, _ in told}) == len(told) == 301
    assert 1 <= Narrow.refused <= 2


def test_a_lane_turned_away_while_its_providers_other_lane_is_served_waits_for_a_place() -> None:
    Narrow.open = Narrow.refused = 0
    told: Told = []

    async def whole() -> None:
        server = await asyncio.get_running_loop().create_server(Narrow, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        one = _lane(port, told, 3)
        two = _lane(port, told, 3, one.pace)
        async with asyncio.timeout(20):
            one.feed([_ready(1)])
            await _heard(told, 1)
            two.feed([_ready(number) for number in range(2, 12)])
            while len(told) < 11:
                await asyncio.sleep(0.05)
                two.wake()
            await asyncio.gather(one.wait(5), two.wait(5))
            for lane in (one, two):
                await lane.close_idle(asyncio.get_running_loop().time())
                await lane.stop()
        server.close()
        assert not one.blocked_until
        assert not two.blocked_until

    asyncio.run(whole())
    assert {outcome.kind for _, outcome in told} == {"delivered"}
    assert Narrow.refused >= 1
