"""Counters in buckets: hours as they are, days as the reader's zone has them."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask

from mailhub.counting import HOUR
from mailhub.hub import Hub
from mailhub.messages import Counter
from mailhub.testing import Clock, make_owner
from mailhub.web import delivered

from . import seed

NOW = 1_800_000_000_000  # 15 January 2027, 08:00 UTC


@pytest.fixture
def page(app: Flask, hub: Hub) -> Iterator[int]:
    """Inside a request of a server in Auckland (13 hours ahead); the number of a source."""
    hub.config = replace(hub.config, server=replace(hub.config.server, time_zone="Pacific/Auckland"))
    make_owner(hub)
    with app.test_request_context():
        yield seed.source(hub).id


def _count(source: int, hours_ago: int, kind: str = "delivered", count: int = 1) -> None:
    Counter.create(source_id=source, hour=NOW // HOUR - hours_ago, kind=kind, count=count)


def test_a_day_by_the_hour(hub: Hub, page: int) -> None:
    _count(page, 0, count=5)
    _count(page, 23, count=7)
    _count(page, 24, count=100)
    _count(page, 0, "bounced", 2)
    _count(page, 0, "opened", 50)
    tally = delivered.last_day(hub, 1)
    assert (len(tally.times), tally.by) == (24, "hour")
    assert (tally.delivered[0], tally.delivered[-1], sum(tally.delivered)) == (7, 5, 12)
    assert tally.bounced[-1] == sum(tally.bounced) == 2
    assert tally.times[-1] == NOW


def test_a_month_by_the_day_of_the_reader(hub: Hub, page: int) -> None:
    _count(page, 8, count=1)  # 15 January 00:00 UTC is 13:00 in Auckland
    _count(page, 21, count=10)  # 14 January 11:00 UTC is midnight there: the 15th
    _count(page, 22, count=100)  # the hour before: the 14th
    tally = delivered.last_month(hub, 1)
    assert (len(tally.times), tally.by) == (30, "day")
    assert tally.delivered[-2:] == [100, 11]


def test_another_accounts_mail_is_not_counted(hub: Hub, page: int) -> None:
    account, _, _ = make_owner(hub, "Zenith")
    _count(page, 0)
    assert sum(delivered.last_day(hub, account.id).delivered) == 0


def test_the_clock_may_stand_anywhere(hub: Hub, page: int, clock: Clock) -> None:
    _count(page, 0)
    clock.move(3599)
    assert delivered.last_day(hub, 1).delivered[-1] == 1
    clock.move(1)
    assert delivered.last_day(hub, 1).delivered[-2] == 1
