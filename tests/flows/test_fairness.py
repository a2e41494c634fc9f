"""Everybody at once on two workers: accounts share alike, the small one ends soon, what is submitted by SMTP goes first."""

from pathlib import Path

import pytest

from mailhub.app import create_hub
from mailhub.config import load
from mailhub.db import close_database
from mailhub.sink import Sink
from tests.flows.conftest import Start
from tests.flows.crowd import Sender, Shop, delivered, now_ms, p95, span
from tests.flows.server import wait_until

HUGE, SMALL = 45_000, 300


@pytest.mark.alone
@pytest.mark.parametrize(
    "database_url", ["sqlite", pytest.param("postgres", marks=pytest.mark.long)], indirect=True, ids=str
)
def test_each_has_its_share_and_the_urgent_go_first(start: Start, tmp_path: Path) -> None:
    with Sink(keep=False) as sink:
        server = start(sink, MAILHUB_ENGINE__WORKERS="2", MAILHUB_DOMAINS__PROOF="false")
        hub = create_hub(load(None, server.environment))
        try:
            many, one, small, shop = (
                Sender(hub, name, readers, tmp_path).open()
                for name, readers in (("many", HUGE), ("one", HUGE), ("small", SMALL), ("shop", 0))
            )
            with Shop(hub, server, shop, 0.4) as selling:
                for _ in range(3):
                    many.launch()
                one.launch()
                wait_until(
                    lambda: all(delivered([*many.sources, *one.sources], 0, now_ms()).values()), 30, "all to leave"
                )
                since = now_ms()
                source = small.launch()
                wait_until(lambda: small.delivered(0, now_ms()) == SMALL, 30, "the small campaign to arrive")
                wait_until(lambda: now_ms() > since + 6000, 10, "six seconds")
                until = min(now_ms(), span(one.sources[0])[1])
            many.cancel()
            one.cancel()
            seconds = selling.seconds()
            took = span(source)[1] - since
            shares = many.delivered(since, until), one.delivered(since, until)
            of_many = delivered(many.sources, since, until)
        finally:
            hub.leave()
            close_database()
    assert until - since > 1500, "both were at it for a while"
    assert 0.5 < shares[0] / shares[1] < 2, shares
    assert all(count > shares[0] / 10 for count in of_many.values()), of_many
    assert took < 6000, "a share is ready for the small campaign, whatever waits before it"
    assert len(seconds) >= 15
    assert p95(seconds) < 3, seconds
