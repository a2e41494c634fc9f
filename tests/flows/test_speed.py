"""What a message of a campaign costs in processor time, gated: wall rates swing from run to run, this does not."""

from pathlib import Path

import pytest

from bench.campaign import arguments, figures, run

MUST = 1.2
"""Milliseconds of CPU a message may cost in all (docs/performance.md)."""
BESIDES_SIGNING = 1.0
"""What all that is not signing may cost, in signatures of OpenSSL's RSA-2048 on this machine. It was 0.6 when this was written."""


@pytest.mark.alone
@pytest.mark.timeout(180)
def test_a_message_costs_no_more_than_it_must(tmp_path: Path, database_url: str) -> None:
    given = arguments(["--recipients", "6000"])
    result = run(given, tmp_path, database_url)
    found = figures(given, result)
    signature = 2 * 1000 / max(result.calibration)  # milliseconds of one core, since two sign
    assert found["cpu_ms"] <= MUST, found
    assert found["cpu_ms"] - found["sign_ms"] <= BESIDES_SIGNING * signature, (found, signature)
