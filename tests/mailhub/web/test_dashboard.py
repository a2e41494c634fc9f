"""The first page: a chart, the plugins' panels in their order, and no fault of theirs."""

from types import ModuleType

import mailhub
from mailhub.counting import HOUR
from mailhub.hub import Hub
from mailhub.messages import Counter
from mailhub.permissions import Actor

from . import seed
from .conftest import Browser


def _plugin(name: str, panels: object) -> ModuleType:
    module = ModuleType(name)

    @mailhub.hookimpl
    def dashboard_panels(hub: Hub, actor: Actor) -> object:
        return panels() if callable(panels) else panels

    module.dashboard_panels = dashboard_panels  # type: ignore[attr-defined]
    return module


def test_the_chart_has_a_table_beside_it(owner: Browser, hub: Hub) -> None:
    assert "Nothing was sent in this time." in owner.get("/").text
    Counter.create(source_id=seed.source(hub).id, hour=hub.ms() // HOUR, kind="delivered", count=1234)
    text = owner.get("/").text
    assert '<strong class="number">1,234</strong> delivered messages' in text
    assert "data-chart" in text
    assert "<td>1,234</td>" in text
    assert '"by": "day"' in owner.get("/?span=month").text


def test_panels_stand_in_their_order(owner: Browser, hub: Hub) -> None:
    hub.manager.register(_plugin("late", [(90, "<p>late</p>")]), "late")
    hub.manager.register(_plugin("early", [(10, "<p>early</p>")]), "early")
    text = owner.get("/").text
    assert text.index("<p>early</p>") < text.index("<p>late</p>")


def test_a_panel_that_fails_is_left_out(owner: Browser, hub: Hub) -> None:
    hub.manager.register(_plugin("broken", lambda: 1 / 0), "broken")
    hub.manager.register(_plugin("sound", [(10, "<p>sound</p>")]), "sound")
    answer = owner.get("/")
    assert answer.status_code == 200
    assert "<p>sound</p>" in answer.text


def test_who_may_not_see_messages_sees_no_chart(owner: Browser, hub: Hub, colleague: object) -> None:
    assert callable(colleague)
    assert "Delivered mail" not in colleague("billing").get("/").text
