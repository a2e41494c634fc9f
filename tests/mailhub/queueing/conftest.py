"""Two accounts with mail that waits: the operator's, whose destination greylists it, and another one's."""

from typing import NamedTuple

import pytest

from mailhub.accounts import Account
from mailhub.hub import Hub
from mailhub.messages import Queued, Source
from mailhub.permissions import Actor
from mailhub.testing import make_owner, make_source


class World(NamedTuple):
    """The accounts, who owns them, and their sources."""

    operator: Actor
    tenant: Actor
    acme: Account
    ours: Source
    theirs: Source


@pytest.fixture
def world(core: Hub) -> World:
    hub = core
    acme, _, operator = make_owner(hub, "Acme")
    other, _, tenant = make_owner(hub, "Zenith")
    ours = make_source(hub, acme, [f"u{number}@grey.example" for number in range(5)] + ["u@b.example"], name="Spring")
    theirs = make_source(hub, other, [f"v{number}@grey.example" for number in range(3)], name="News")
    late = {"due_at": hub.ms() + 600_000, "reason": "greylisted", "code": 451, "text": "<u@grey.example> come back"}
    Queued.update(**late).where(Queued.domain == "grey.example").execute()
    return World(operator, tenant, acme, ours, theirs)
