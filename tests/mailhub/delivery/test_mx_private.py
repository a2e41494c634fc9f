"""Mail to private addresses: anybody could name those in DNS, to learn what listens in a network of ours."""

import asyncio
from typing import Any

import pytest

from mailhub.delivery.mx import NoMail, open_destinations
from mailhub.hub import Hub
from tests.dns_server import DnsServer, Zone
from tests.mailhub.delivery.test_mx import find, names, refusal
from tests.mailhub.domains.zones import configure


def test_private_addresses_are_asked_for_mail_only_where_that_is_configured() -> None:
    zones = {
        "inner.example": Zone(mx=((5, "one.inner.example"),)), "one.inner.example": Zone(a=("10.255.255.1",)),
        "both.example": Zone(mx=((5, "one.inner.example"), (10, "two.inner.example"))),
        "two.inner.example": Zone(a=("10.255.255.2", "9.9.9.9"), aaaa=("fd00::1",)),
    }  # fmt: skip
    with DnsServer(zones) as server:
        assert refusal(server, "inner.example", private=False) == ("bounced", 550, "5.4.0")
        assert refusal(server, "[10.255.255.1]", private=False) == ("bounced", 550, "5.4.0")
        found = find(server, "both.example", private=False)
        assert [(host.name, host.addresses) for host in found.hosts] == [("two.inner.example", ("9.9.9.9",))]
        assert names(find(server, "inner.example")) == ["one.inner.example"]


def test_nothing_private_is_asked_unless_the_configuration_says_so(sqlite_core: Hub) -> None:
    async def run() -> Any:
        at = open_destinations(sqlite_core, asyncio.to_thread, lambda hosts, domain: "")
        try:
            return await at.destination("[10.255.255.1]")
        finally:
            at.close()

    with pytest.raises(NoMail, match="private addresses"):
        asyncio.run(run())
    configure(sqlite_core, "delivery", private_mx=True)
    assert asyncio.run(run()).key == "[10.255.255.1]"
