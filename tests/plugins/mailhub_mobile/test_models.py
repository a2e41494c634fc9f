"""A connector's state follows what happened to it."""

import pytest

from mailhub_mobile.models import Connector


@pytest.mark.parametrize(
    ("columns", "state"),
    [
        ({}, "waiting"),
        ({"activated_at": 1, "family": "f"}, "active"),
        ({"activated_at": 1}, "out"),
        ({"activated_at": 1, "family": "f", "revoked_at": 2}, "revoked"),
    ],
)
def test_the_state(columns: dict[str, object], state: str) -> None:
    assert Connector(id=7, **columns).state == state
    assert Connector(id=7).number == 7
