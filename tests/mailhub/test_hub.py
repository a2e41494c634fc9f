"""The hub holds what was composed, and nothing is known that was not registered."""

from datetime import UTC, datetime
from typing import Any

import pytest

from mailhub import hookimpl
from mailhub.accounts import AccountSetting
from mailhub.db import transaction
from mailhub.errors import NotFound
from mailhub.hub import Hub
from mailhub.messages import Event
from mailhub.permissions import console_actor
from mailhub.testing import Clock, make_owner
from mailhub.vocabulary import EventKind, Setting


def test_the_clock_is_one_for_all(sqlite_core: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_core, "clock", Clock(1_800_000_000.25))
    assert sqlite_core.ms() == 1_800_000_000_250
    assert sqlite_core.now() == datetime(2027, 1, 15, 8, 0, 0, 250_000, tzinfo=UTC)


def test_only_registered_events_are_told(core: Hub) -> None:
    core.event_kinds["birds.seen"] = EventKind("birds.seen", "Birds were seen")
    with transaction():
        core.emit("birds.seen", 3, 4, count=2, where="Été")
    row = Event.get()
    assert (row.kind, row.account_id, row.source_id, row.values) == ("birds.seen", 3, 4, {"count": 2, "where": "Été"})
    with pytest.raises(LookupError, match=r"birds\.heard was never registered"):
        core.emit("birds.heard", 3)


def test_a_setting_is_the_accounts_or_its_default(core: Hub) -> None:
    core.settings_known["birds.most"] = Setting("birds.most", 5, "how many")
    one, two = make_owner(core)[0].id, make_owner(core)[0].id
    AccountSetting.create(account=one, key="birds.most", value=0)
    assert (core.setting(one, "birds.most"), core.setting(two, "birds.most")) == (0, 5)


def test_an_action_nobody_has_is_said_so(sqlite_core: Hub) -> None:
    with pytest.raises(NotFound, match=r"There is no action birds\.feed"):
        sqlite_core.call(console_actor(1), "birds.feed")


def test_fields_are_those_of_the_first_plugin_that_knows(sqlite_core: Hub) -> None:
    class Knows:
        @hookimpl
        def recipient_fields(self, account: int, keys: Any) -> Any:
            return {keys[0]: {"display": f"{account}"}}

    class KnowsNot:
        @hookimpl(tryfirst=True)
        def recipient_fields(self) -> Any:
            return None

    assert sqlite_core.fields_of(1, [7]) == {}
    sqlite_core.manager.register(Knows(), "knows")
    sqlite_core.manager.register(KnowsNot(), "knows_not")
    assert sqlite_core.fields_of(1, [7]) == {7: {"display": "1"}}


def test_leaving_gives_the_node_back(sqlite_core: Hub) -> None:
    number = sqlite_core.node.number
    sqlite_core.leave()
    sqlite_core.leave()
    assert sqlite_core.node.number == number
