"""Domains that are due are looked at, each account its share, and neither a fault nor silence holds up anybody else."""

import asyncio
import threading
import time

from mailhub import domains
from mailhub.accounts import Domain
from mailhub.db import transaction
from mailhub.domains import watching
from mailhub.domains.models import DomainCheck
from mailhub.domains.watching import SHARE, Watch
from mailhub.hub import Hub
from mailhub.testing import Clock, make_owner
from tests.dns_server import SILENT, DnsServer, Zone
from tests.mailhub.domains.zones import configure, look, texts


def add(hub: Hub, *names: str) -> None:
    account = make_owner(hub)[0].id
    with transaction():
        for name in names:
            domains.add(hub, account, name)


def add_silent(hub: Hub, *names: str) -> None:
    """The same without keys, which take their time to make."""
    account = make_owner(hub)[0].id
    with transaction():
        for name in names:
            Domain.create(account=account, name=name, created_at=1, check_at=hub.ms())


def of_silence(name: str) -> Zone | None:
    return SILENT if name.endswith("silent.example") else Zone()


def test_what_is_due_is_looked_at_and_then_no_more(sqlite_core: Hub) -> None:
    sqlite_core.clock = Clock()
    add(sqlite_core, "a.example", "b.example")
    with DnsServer({"a.example": texts("v=spf1 a ~all")}) as dns:
        configure(sqlite_core, "dns", resolvers=[dns.address])
        assert look(sqlite_core) == 2
        assert look(sqlite_core) == 0
        sqlite_core.clock.move(1.2 * 21_600)
        assert look(sqlite_core) == 2
        configure(sqlite_core, "domains", check_every=0)
        sqlite_core.clock.move(1_000_000)
        assert look(sqlite_core) == 0
        watching.ask(sqlite_core, Domain.get())
        assert look(sqlite_core) == 1
    found = {row.domain.name: row.found for row in DomainCheck.select().where(DomainCheck.kind == "spf")}
    assert found == {"a.example": "v=spf1 a ~all", "b.example": ""}


def test_a_look_that_fails_is_not_repeated_at_once(sqlite_core: Hub) -> None:
    add(sqlite_core, "a.example")
    watching.ask(sqlite_core, Domain.get())
    configure(sqlite_core, "domains", addresses=["no address"])
    with DnsServer({"a.example": texts("v=spf1 a ~all")}) as dns:
        configure(sqlite_core, "dns", resolvers=[dns.address])
        assert look(sqlite_core) == 1
        assert look(sqlite_core) == 0
    assert (Domain.get().asked_at, Domain.get().checked_at) == (None, None)


def test_a_domain_deleted_meanwhile_is_nothing(sqlite_core: Hub) -> None:
    add(sqlite_core, "a.example")

    async def run() -> None:
        looks = Watch(sqlite_core)
        assert looks.begin() == 1
        Domain.delete().execute()
        await looks.wait()

    asyncio.run(run())
    assert DomainCheck.select().count() == 0


def test_silent_domains_of_one_account_hold_up_nobody_else(sqlite_core: Hub) -> None:
    sqlite_core.clock = Clock()
    add_silent(sqlite_core, *(f"{number}.silent.example" for number in range(50)))
    sqlite_core.clock.move(1)
    add(sqlite_core, "a.example", "b.example")

    async def run() -> list[str]:
        looks = Watch(sqlite_core)
        assert looks.begin() == SHARE + 2
        assert looks.begin() == 0
        while Domain.select().where(Domain.checked_at.is_null(False)).count() < 2:
            await looks.wait()
        watching.ask(sqlite_core, Domain.get(name="0.silent.example"))
        assert looks.begin() == 0  # its account has its share
        seen = [row.name for row in Domain.select().where(Domain.checked_at.is_null(False)).order_by(Domain.id)]
        await looks.end()
        return seen

    with DnsServer(of_silence) as dns:
        configure(sqlite_core, "dns", resolvers=[dns.address], timeout=20.0)
        assert asyncio.run(run()) == ["a.example", "b.example"]


def test_what_somebody_asked_for_comes_first_and_has_looks_kept_for_it(sqlite_core: Hub) -> None:
    for number in range(12):
        add_silent(sqlite_core, *(f"{each}.{number}.silent.example" for each in range(SHARE)))
    add(sqlite_core, "a.example")

    async def run() -> int:
        looks = Watch(sqlite_core)
        busy = looks.begin()
        watching.ask(sqlite_core, Domain.get(name="a.example"))
        assert looks.begin() == 1
        await looks.wait()
        await looks.end()
        return busy

    with DnsServer(of_silence) as dns:
        configure(sqlite_core, "dns", resolvers=[dns.address], timeout=20.0)
        assert asyncio.run(run()) == watching.LOOKS - watching.KEPT
    assert Domain.get(name="a.example").checked_at is not None


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
