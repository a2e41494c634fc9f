"""A name server on loopback, and a lookup that asks it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from mailhub.config_sections import DnsConfig
from mailhub.dns.lookup import Lookup, open_lookup
from mailhub.domains.ours import Ours
from mailhub.domains.watching import Watch
from mailhub.hub import Hub
from tests.dns_server import DnsServer, Zone

T = TypeVar("T")

OURS = Ours("mail.hub.example", "hub.example", ("192.0.2.10",), "", "", False, "https://hub.example", {})
"""This server, as these tests have it."""


def texts(*found: str) -> Zone:
    """A name with TXT records."""
    return Zone(txt=found)


def ask(zones: Mapping[str, Zone], work: Callable[[Lookup], Awaitable[T]], timeout: float = 2.0) -> T:
    """What `work(lookup)` comes to over these zones; a silent server is waited for twice `timeout`."""

    async def run(address: str) -> T:
        lookup = open_lookup(DnsConfig(resolvers=[address], timeout=timeout))
        try:
            return await work(lookup)
        finally:
            lookup.close()

    with DnsServer(zones) as dns:
        return asyncio.run(run(dns.address))


def look(hub: Hub) -> int:
    """Let the looks that are due begin and end, as the service does. Returns how many there were."""

    async def run() -> int:
        looks = Watch(hub)
        begun = looks.begin()
        for _ in range(begun):
            await looks.wait()
        return begun

    return asyncio.run(run())


def configure(hub: Hub, section: str, **keys: Any) -> None:
    """Change keys of a hub's configuration."""
    hub.config = replace(hub.config, **{section: replace(getattr(hub.config, section), **keys)})
