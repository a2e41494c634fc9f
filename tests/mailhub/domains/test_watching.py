"""Domains that are due are looked at, some at a time, and a fault holds up nobody else."""

import threading
import time

import pytest

from mailhub import domains
from mailhub.accounts import Domain
from mailhub.db import transaction
from mailhub.domains import watching
from mailhub.domains.models import DomainCheck
from mailhub.hub import Hub
from mailhub.testing import Clock, make_owner
from tests.dns_server import DnsServer
from tests.mailhub.domains.zones import configure, texts


def add(hub: Hub, *names: str) -> None:
    account = make_owner(hub)[0].id
    with transaction():
        for name in names:
            domains.add(hub, account, name)


def test_what_is_due_is_looked_at_and_then_no_more(sqlite_core: Hub) -> None:
    sqlite_core.clock = Clock()
    add(sqlite_core, "a.example", "b.example")
    with DnsServer({"a.example": texts("v=spf1 a ~all")}) as dns:
        configure(sqlite_core, "dns", resolvers=[dns.address])
        assert watching.look_at_due(sqlite_core) == 2
        assert watching.look_at_due(sqlite_core) == 0
        sqlite_core.clock.move(1.2 * 21_600)
        assert watching.look_at_due(sqlite_core) == 2
        configure(sqlite_core, "domains", check_every=0)
        sqlite_core.clock.move(1_000_000)
        assert watching.look_at_due(sqlite_core) == 0
    found = {row.domain.name: row.found for row in DomainCheck.select().where(DomainCheck.kind == "spf")}
    assert found == {"a.example": "v=spf1 a ~all", "b.example": ""}


def test_a_look_that_fails_is_not_repeated_at_once(sqlite_core: Hub) -> None:
    add(sqlite_core, "a.example")
    configure(sqlite_core, "domains", addresses=["no address"])
    with DnsServer({"a.example": texts("v=spf1 a ~all")}) as dns:
        configure(sqlite_core, "dns", resolvers=[dns.address])
        with pytest.raises(ValueError, match="no address"):
            watching.look_at_due(sqlite_core)
        assert watching.look_at_due(sqlite_core) == 0


def test_the_service_looks_until_it_is_stopped(sqlite_core: Hub) -> None:
    add(sqlite_core, "a.example")
    stop = threading.Event()
    with DnsServer({}) as dns:
        configure(sqlite_core, "dns", resolvers=[dns.address])
        thread = threading.Thread(target=watching.run, args=(sqlite_core, stop))
        thread.start()
        deadline = time.monotonic() + 20
        while not Domain.select().where(Domain.checked_at.is_null(False)).exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        stop.set()
        thread.join(20)
    assert not thread.is_alive()
    assert Domain.get().checked_at is not None
