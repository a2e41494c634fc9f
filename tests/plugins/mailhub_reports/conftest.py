"""Two accounts with a proved domain each, on both databases, at the time the sample reports are about."""

from typing import NamedTuple

import pytest

from mailhub import domains
from mailhub.accounts import Domain
from mailhub.db import transaction
from mailhub.hub import Hub
from mailhub.permissions import Actor
from mailhub.testing import Clock, make_owner
from tests.mailhub.reports.samples import BEGIN


class World(NamedTuple):
    """A hub with accounts that have proved acme.example and other.example; `operator` owns server.example."""

    hub: Hub
    acme: Actor
    other: Actor
    operator: Actor
    clock: Clock


def prove(hub: Hub, account: int, name: str) -> Domain:
    """A domain of an account, proved."""
    with transaction():
        made = domains.add(hub, account, name)
        Domain.update(proved_at=hub.ms()).where(Domain.id == made.id).execute()
    return made


def settle(hub: Hub) -> World:
    """The accounts and their domains."""
    hub.clock = clock = Clock(BEGIN + 2 * 86_400.0)
    operator, acme, other = (make_owner(hub, name)[2] for name in ("Operator", "Acme", "Other"))
    prove(hub, operator.account_id, "server.example")
    prove(hub, acme.account_id, "acme.example")
    prove(hub, other.account_id, "other.example")
    return World(hub, acme, other, operator, clock)


@pytest.fixture
def world(hub: Hub) -> World:
    """On both databases."""
    return settle(hub)


@pytest.fixture
def sqlite_world(sqlite_hub: Hub) -> World:
    """On SQLite alone."""
    return settle(sqlite_hub)
