"""Imports as rows: what is kept, and for how long."""

from collections.abc import Callable
from pathlib import Path

import pytest

from mailhub.errors import Conflict, NotFound
from mailhub.hub import Hub
from mailhub.permissions import Actor
from mailhub.testing import Clock
from mailhub_contacts import analysing, imports, uploads
from mailhub_contacts.models import BadRow, Import, ImportChunk, ImportStep

DAY = 86_400


def test_an_analysed_file_is_kept_for_a_week(hub: Hub, owner: Actor, sheet: Callable[..., Path]) -> None:
    hub.clock = clock = Clock()
    number = hub.call(owner, "contacts.analyse", file=sheet([["a@example.com"]]))["number"]
    clock.move(7 * DAY - 1)
    imports.forget_old(hub)
    assert hub.call(owner, "imports.show", number=number)["state"] == "analysed"
    clock.move(2)
    imports.forget_old(hub)
    assert hub.call(owner, "imports.show", number=number)["state"] == "cancelled"
    assert ImportChunk.select().count() == 0


def test_what_a_cancelled_import_left_is_forgotten(hub: Hub, owner: Actor, sheet: Callable[..., Path]) -> None:
    kept = hub.call(owner, "contacts.import", file=sheet([["a@example.com"]]))["number"]
    gone = hub.call(owner, "contacts.import", file=sheet([["a@example.com"]]))["number"]
    hub.call(owner, "imports.cancel", number=gone)
    uploads.spool(hub, imports.find(owner.account_id, gone))
    imports.forget_old(hub)
    assert [each.import_id for each in ImportChunk.select()] == [kept]
    assert list(uploads.scratch(hub).iterdir()) == []


def test_an_upload_that_broke_off_is_forgotten_too(hub: Hub, owner: Actor, sheet: Callable[..., Path]) -> None:
    hub.clock = clock = Clock()
    analysing.upload(hub, owner, sheet([["a@example.com"]]))
    clock.move(7 * DAY + 1)
    imports.forget_old(hub)
    assert ImportChunk.select().count() == 0


def test_what_undoes_an_import_is_kept_for_thirty_days(
    hub: Hub, owner: Actor, sheet: Callable[..., Path], work: Callable[[Hub], None]
) -> None:
    hub.clock = clock = Clock()
    number = hub.call(owner, "contacts.import", file=sheet([["a@example.com"]]))["number"]
    work(hub)
    clock.move(30 * DAY - 1)
    imports.forget_old(hub)
    assert ImportStep.select().count() == 1
    assert hub.call(owner, "imports.show", number=number)["undoable"]
    clock.move(2)
    with pytest.raises(Conflict, match="too old to undo"):
        hub.call(owner, "imports.undo", number=number)
    imports.forget_old(hub)
    assert ImportStep.select().count() == 0


def test_an_import_of_another_account_is_not_found(
    hub: Hub, owner: Actor, stranger: Actor, sheet: Callable[..., Path]
) -> None:
    number = hub.call(owner, "contacts.analyse", file=sheet([["a@example.com"]]))["number"]
    for action in ("imports.show", "imports.cancel", "imports.undo", "contacts.import", "contacts.analyse"):
        with pytest.raises(NotFound, match=f"There is no import {number}"):
            hub.call(stranger, action, number=number)
    assert imports.latest(stranger.account_id) == []
    assert [each.id for each in imports.latest(owner.account_id)] == [number]


def test_bad_rows_come_page_by_page(hub: Hub, owner: Actor) -> None:
    record = Import.create(account=owner.account_id, name="base.csv", created_at=1)
    for number in (3, 1, 2):
        BadRow.create(record=record, number=number, reason="empty", cells=[""])
    assert [each.number for each in imports.bad_rows(record, page=2)] == [1, 2, 3]


def test_the_rate_and_what_is_left(hub: Hub, owner: Actor, sheet: Callable[..., Path]) -> None:
    hub.clock = clock = Clock()
    number = hub.call(owner, "contacts.import", file=sheet([[f"{n}@example.com"] for n in range(10)]))["number"]
    record = imports.find(owner.account_id, number)
    record.report = {"counts": {"rows": 4}}
    clock.move(2)
    told = imports.show(hub, record)
    assert (told["done"], told["total"], told["seconds"], told["rate"], told["left"]) == (4, 10, 2.0, 2, 3)
