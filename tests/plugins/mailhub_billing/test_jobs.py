"""What the clock does: all of it through the registered schedules, and next to nothing while charging is off."""

from pathlib import Path

from mailhub import Hub
from mailhub.messages import Source
from mailhub.permissions import Actor
from mailhub.testing import make_hub
from tests.house.asking import listening
from tests.plugins.mailhub_billing.conftest import charged, settle, submit


def test_the_schedules_charge(hub: Hub, staff: Actor, owner: Actor, source: Source) -> None:
    hub.call(staff, "billing.top_up", account=owner.account_id, amount="1", unit="mails", note="Pack")
    submit(hub, source, 1)
    settle(hub, source, "delivered", 1)
    for name in ("billing.follow", "billing.open"):
        hub.schedules[name].run(hub)
    assert charged(owner.account_id, "mails") == 1


def test_while_nothing_is_charged_the_clock_asks_the_database_once(tmp_path: Path) -> None:
    with make_hub(tmp_path / "data") as hub:
        hub.schedules["billing.follow"].run(hub)
        with listening() as said:
            for name in ("billing.follow", "billing.open"):
                hub.schedules[name].run(hub)
        assert said == []
