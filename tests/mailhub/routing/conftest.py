"""The operator and a tenant, with their actors."""

from collections.abc import Callable
from typing import Any

import pytest

from mailhub.hub import Hub
from mailhub.permissions import Actor
from mailhub.testing import make_owner

Ask = Callable[..., Any]


@pytest.fixture
def operator(sqlite_core: Hub) -> Actor:
    return make_owner(sqlite_core, "Operator")[2]


@pytest.fixture
def ask(sqlite_core: Hub, operator: Actor) -> Ask:
    """`ask("routes.create", name="main", …)` as the operator's owner."""

    def run(action: str, **arguments: Any) -> Any:
        return sqlite_core.call(operator, action, **arguments)

    return run
