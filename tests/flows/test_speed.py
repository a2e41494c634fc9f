"""What a message of a campaign costs in processor time, gated: wall rates swing from run to run, this does not."""

from pathlib import Path

import pytest

from bench.campaign import arguments, figures, run

MUST = 1.2
"""Milliseconds of CPU a message may cost in all (docs/performance.md)."""
BESIDES_SIGNING = 0.35
"""Of them for all that is not signing, whose cost is the processor's. It was 0.1 when this was written."""


@pytest.mark.timeout(180)
def test_a_message_costs_no_more_than_it_must(tmp_path: Path, database_url: str) -> None:
    given = arguments(["--recipients", "6000"])
    found = figures(given, run(given, tmp_path, database_url))
    assert found["cpu_ms"] <= MUST, found
    assert found["cpu_ms"] - found["sign_ms"] <= BESIDES_SIGNING, found
