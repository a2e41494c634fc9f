"""A connection carries as many messages as its destination likes, then another one is opened."""

import asyncio

from mailhub.delivery.building import Ready
from mailhub.delivery.connecting import Dialer
from mailhub.delivery.lanes import Lane, LaneKey
from mailhub.delivery.pace import Pace
from mailhub.delivery.routes import Egress, Route
from mailhub.delivery.shaping import Shape
from mailhub.delivery.smtp_words import Outcome
from mailhub.messages import Waiting
from mailhub.testing import Sink


def _send(port: int, per_connection: int, count: int) -> list[str]:
    told: list[str] = []

    async def scene() -> None:
        dialer = Dialer(Route(0, "sink", "smart_host", "127.0.0.1", port, "none"), Egress(0, "", "mail.example"))

        def hear(lane: Lane, ready: Ready, outcome: Outcome) -> None:
            told.append(outcome.kind)

        pace = Pace("x", Shape("", per_connection=per_connection), 1)
        lane = Lane(LaneKey(0, 0, ""), dialer, pace, hear, lambda _: None, lambda: 0)
        lane.feed([
            Ready(Waiting(number, 0, f"u{number}@example.com", number, "example.com"), "", False, lambda: b"x\r\n")
            for number in range(count)
        ])  # fmt: skip
        async with asyncio.timeout(20):
            while len(told) < count:
                await asyncio.sleep(0.005)
            await lane.wait(5)
            await lane.close_idle(asyncio.get_running_loop().time())

    asyncio.run(scene())
    return told


def test_a_connection_is_left_after_so_many_messages() -> None:
    with Sink() as sink:
        assert _send(sink.port, 4, 10) == ["delivered"] * 10
    assert sink.connections == 3
    assert max(sum(each.connection == number for each in sink.received) for number in (1, 2, 3)) == 4


def test_without_a_limit_one_connection_carries_all() -> None:
    with Sink() as sink:
        assert _send(sink.port, 0, 10) == ["delivered"] * 10
    assert sink.connections == 1
