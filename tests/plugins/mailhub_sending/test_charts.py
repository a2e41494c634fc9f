"""By the minute, the hour, the day; nothing drawn for what is still to come."""

from mailhub import Hub
from mailhub.messages import Source
from mailhub.testing import Clock
from mailhub_sending.charts import DAY, HOUR, MINUTE, chart
from tests.plugins.mailhub_sending.sent import fill, see, settle


def test_young_by_the_minute_then_by_hour_then_by_day(hub: Hub, clock: Clock, make) -> None:
    campaign = make("sending")
    fill(hub, campaign)
    clock.move(60)
    settle(hub, campaign, "delivered", "delivered")
    clock.move(120)
    see(hub, campaign, "p1@example.org")
    source = Source.get_by_id(campaign.source_id)
    young = chart(hub, source)
    assert young.step == MINUTE
    assert young.numbers["delivered"][:6] == [0, 0, 2, 0, 0, None]
    assert young.numbers["opened.first"][:6] == [0, 0, 0, 0, 1, None]
    assert young.times[1] - young.times[0] == MINUTE
    clock.move(3 * 3600)
    hours = chart(hub, source)
    assert (hours.step, hours.numbers["delivered"][:5]) == (HOUR, [0, 2, 0, 0, 0])
    assert hours.numbers["delivered"][5] is None
    clock.move(8 * 86_400)
    days = chart(hub, source)
    assert (days.step, days.numbers["delivered"][:3]) == (DAY, [0, 2, 0])
