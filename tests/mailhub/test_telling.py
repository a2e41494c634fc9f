"""Plugins are told what happened, in order and once, without a look at what happened to single messages."""

import logging
from typing import Any

import pytest

from mailhub import events, hookimpl, telling
from mailhub.db import sql, transaction
from mailhub.events import NewEvent
from mailhub.hub import Hub
from mailhub.messages import Cursor, Event
from mailhub.telling import tell_plugins


class Listening:
    """A plugin that keeps what it was told; or fails at it."""

    def __init__(self, error: Exception | None = None) -> None:
        self.batches: list[list[str]] = []
        self.error = error

    @hookimpl
    def on_events(self, hub: Hub, events: list[Event]) -> None:
        assert not events[0].get_or_none(Event.id == 0), "the transaction is over, and the database at hand"
        self.batches.append([each.kind for each in events])
        if self.error:
            raise self.error


def _listen(hub: Hub, name: str = "birds", **more: Any) -> Listening:
    plugin = Listening(**more)
    hub.manager.register(plugin, name)
    return plugin


def _happen(*kinds: str, message: int = 0) -> None:
    with transaction():
        attempt = 1 if message else None
        events.write([NewEvent(kind, 1, 5, 4, message and message + n, attempt) for n, kind in enumerate(kinds)])


def test_what_happened_is_told_once_in_order_and_deliveries_are_not(core: Hub) -> None:
    birds = _listen(core)
    _happen("campaign.started")
    _happen("delivered", "delivered", message=7)
    _happen("campaign.paused", "source.held")
    tell_plugins(core)
    tell_plugins(core)
    assert birds.batches == [["campaign.started", "campaign.paused", "source.held"]]
    _happen("campaign.resumed")
    tell_plugins(core)
    assert birds.batches[1:] == [["campaign.resumed"]]


def test_who_fails_is_logged_and_the_others_are_told(core: Hub, caplog: pytest.LogCaptureFixture) -> None:
    first, bad, last = _listen(core, "a"), _listen(core, "b", error=OSError("deaf")), _listen(core, "c")
    _happen("campaign.started")
    with caplog.at_level(logging.ERROR):
        tell_plugins(core)
        tell_plugins(core)
    assert first.batches == bad.batches == last.batches == [["campaign.started"]]
    assert [each.getMessage() for each in caplog.records] == ["plugin b failed in on_events"]


def test_many_come_in_batches(core: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "BATCH", 3)
    birds = _listen(core)
    _happen(*["campaign.started"] * 7)
    tell_plugins(core)
    assert [len(each) for each in birds.batches] == [3, 3, 1]


def test_the_place_is_kept_before_anyone_is_told(core: Hub) -> None:
    """What a plugin does, and how it ends, never makes it hear the same again."""
    _happen("campaign.started")
    _listen(core, error=OSError("gone"))
    tell_plugins(core)
    assert Cursor.get(Cursor.name == telling.NAME).position == Event.select().get().id


def test_a_ledger_of_deliveries_is_not_read(sqlite_core: Hub, caplog: pytest.LogCaptureFixture) -> None:
    """The index over messages finds the few events that are about none, from the place on."""
    with caplog.at_level(logging.DEBUG, "peewee"):
        tell_plugins(sqlite_core)
    asked = [each.msg for each in caplog.records if "ORDER BY" in str(each.msg)]
    assert len(asked) == 1
    query, parameters = asked[0]
    plan = [row[3] for row in sql(f"EXPLAIN QUERY PLAN {query}", parameters).fetchall()]
    assert len(plan) == 1
    assert "USING INDEX events_message_id_attempt (message_id=? AND attempt=? AND rowid>?)" in plan[0]
