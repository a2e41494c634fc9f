"""Processes are killed at random under load: nothing is lost, nothing left behind, repeats only what was in flight."""

from pathlib import Path

import pytest

from bench.crash import crash


def _holds(verdict: dict[str, float]) -> None:
    assert verdict["lost"] == verdict["left_behind"] == verdict["misrecorded"] == 0, verdict
    assert verdict["repeated"] <= verdict["open_connections"], verdict


@pytest.mark.timeout(300)
def test_a_few_kills_lose_nothing(tmp_path: Path, database_url: str) -> None:
    _holds(crash(tmp_path, kills=6, database=database_url, seed=7, mails=500))


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_a_hundred_kills_lose_nothing(tmp_path: Path, database_url: str) -> None:
    _holds(crash(tmp_path, kills=100, database=database_url, seed=11, mails=1500))
