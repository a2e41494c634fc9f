"""One pass through a file: batches, places, notes of what was seen."""

import math
from collections.abc import Callable
from pathlib import Path

import pytest

from mailhub.hub import Hub
from mailhub.permissions import Actor
from mailhub_contacts import analysing, imports, passing, uploads
from mailhub_contacts.models import ANALYSING, Import
from mailhub_contacts.tallies import Tally


@pytest.fixture
def record(hub: Hub, owner: Actor, sheet: Callable[..., Path]) -> Import:
    """An uploaded file of 2,500 rows, of which nothing is read yet."""
    return analysing.upload(hub, owner, sheet([[f"p{n}@example.com"] for n in range(2500)]))


def test_a_pass_goes_on_from_slice_to_slice(hub: Hub, record: Import) -> None:
    places = []
    while passing.go_on(hub, record, 0, analysing.count):
        stored = Import.get_by_id(record.id)
        places.append((stored.position.split(":")[-1], Tally.of(stored.analysis).counts["new"]))
    assert places == [("1002", 1000), ("2002", 2000), ("2502", 2500)]
    assert Import.get_by_id(record.id).position == passing.END


def test_whoever_is_behind_writes_nothing(hub: Hub, record: Import) -> None:
    late = imports.find(record.account_id, record.id)
    assert passing.go_on(hub, record, 0, analysing.count)
    assert not passing.go_on(hub, late, math.inf, analysing.count)  # its batch came first from elsewhere
    assert Tally.of(Import.get_by_id(record.id).analysis).counts["rows"] == 1000


def test_counts_go_where_the_state_says(record: Import) -> None:
    assert (record.state, passing.tally_column(record)) == (ANALYSING, "analysis")
    record.state = "running"
    assert passing.tally_column(record) == "report"


@pytest.mark.parametrize("lost", [".seen", ""])
def test_another_machine_finds_the_duplicates_too(
    hub: Hub, owner: Actor, sheet: Callable[..., Path], lost: str
) -> None:
    """What lies on the disk of the machine that began is not there; the file says it again."""
    record = analysing.upload(hub, owner, sheet([[f"p{n % 1500}@example.com"] for n in range(2500)]))
    assert passing.go_on(hub, record, 0, analysing.count)
    for each in uploads.scratch(hub).glob(f"import-{record.id}{lost}*"):
        each.unlink()
    assert not passing.go_on(hub, record, math.inf, analysing.count)
    counts = Tally.of(record.analysis).counts
    assert (counts["rows"], counts["new"], counts["duplicate"]) == (2500, 1500, 1000)


def test_a_pass_ends_before_more_rows_than_wanted(hub: Hub, record: Import) -> None:
    assert passing.go_on(hub, record, math.inf, analysing.count, most=1500)
    assert Tally.of(record.analysis).counts["rows"] == 2000
    assert not passing.go_on(hub, record, math.inf, analysing.count, most=2500)
