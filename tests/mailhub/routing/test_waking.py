"""What a warm-up or a switched-off route put off leaves when that is over, not at midnight; nothing else is hurried."""

import pytest

from mailhub.db import transaction
from mailhub.hub import Hub
from mailhub.messages import NEVER, Queued
from mailhub.outbox import waiting
from mailhub.routes import changed
from mailhub.routing import SCHEDULES, waking
from mailhub.testing import make_owner, make_source

LATER = 9 * 3_600_000


def _put_off(hub: Hub, reason: str, count: int, due_at: int | None = None) -> None:
    word = reason or "turn"
    make_source(hub, make_owner(hub, word)[0], [f"{word}{number}@example.com" for number in range(count)])
    later = Queued.update(reason=reason, due_at=hub.ms() + LATER if due_at is None else due_at)
    later.where(Queued.address.startswith(word)).execute()


def _due(hub: Hub) -> set[str]:
    return {row.reason for row in Queued.select().where(Queued.due_at <= hub.ms())}


def _change() -> None:
    with transaction():
        changed()


def test_a_change_of_routes_wakes_what_waits_for_it_and_nothing_else(
    core: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "BATCH", 2)
    monkeypatch.setattr(waking, "SETTLED", 0.0)
    waking.wake(core)  # as after a start
    for reason in ("address_spent", "no_route", "greylisted", "blocked"):
        _put_off(core, reason, 5)
    _put_off(core, "held", 1, NEVER)
    waking.wake(core)
    assert _due(core) == set()
    _change()
    waking.wake(core)
    assert _due(core) == {"address_spent", "no_route"}
    assert Queued.select().where(Queued.due_at <= core.ms()).count() == 10


def test_workers_have_heard_of_it_before(sqlite_core: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    _put_off(sqlite_core, "address_spent", 1)
    waking.wake(sqlite_core)
    assert _due(sqlite_core) == set()
    monkeypatch.setattr(waking, "SETTLED", 0.0)
    waking.wake(sqlite_core)
    assert _due(sqlite_core) == {"address_spent"}


def test_it_is_looked_at_every_few_seconds() -> None:
    assert [each.seconds for each in SCHEDULES if each.run is waking.wake] == [2]
