"""One pass through a file: batches, places, notes of what was seen."""

import math
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from mailhub.db import bulk
from mailhub.hub import Hub
from mailhub.permissions import Actor
from mailhub_contacts import analysing, imports, passing
from mailhub_contacts.models import ANALYSING, Import, ImportSeen
from mailhub_contacts.weighing import Tally


@pytest.fixture
def record(hub: Hub, owner: Actor, sheet: Callable[..., Path]) -> Import:
    """An uploaded file of 2,500 rows, of which nothing is read yet."""
    return analysing.upload(hub, owner, sheet([[f"p{n}@example.com"] for n in range(2500)]))


def test_a_pass_goes_on_from_slice_to_slice(hub: Hub, record: Import) -> None:
    places = []
    while passing.go_on(hub, record, 0, analysing.count):
        stored = Import.get_by_id(record.id)
        places.append((stored.position.split(":")[-1], Tally.of(stored.analysis).counts["new"]))
    assert places[:4] == [("1002", 1000), ("2002", 2000), ("2502", 2500), ("end", 2500)]
    assert ImportSeen.select().count() == 0


def test_whoever_is_behind_writes_nothing(hub: Hub, record: Import) -> None:
    late = imports.find(record.account_id, record.id)
    assert passing.go_on(hub, record, 0, analysing.count)
    assert not passing.go_on(hub, late, math.inf, analysing.count)  # its batch came first from elsewhere
    assert Tally.of(Import.get_by_id(record.id).analysis).counts["rows"] == 1000
    assert ImportSeen.select().count() == 1000


def test_counts_go_where_the_state_says(record: Import) -> None:
    assert (record.state, passing.tally_column(record)) == (ANALYSING, "analysis")
    record.state = "running"
    assert passing.tally_column(record) == "report"


def test_notes_are_taken_away_in_parts(hub: Hub, record: Import) -> None:
    with bulk():
        ImportSeen.insert_many([(record.id, key) for key in range(4500)]).execute()
    assert passing.forget_seen(record, time.monotonic())
    assert ImportSeen.select().count() == 2500
    assert not passing.forget_seen(record, math.inf)
    assert ImportSeen.select().count() == 0
