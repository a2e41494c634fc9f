"""What DNS says of a domain, asked of a real server on loopback."""

import asyncio

import pytest

from mailhub.dns.asking import Asker
from mailhub_verification.facts import FAILED, LONGEST, SHORTEST, Facts, look_up
from tests.dns_server import MAIL, DnsServer, Zone


def look(dns: DnsServer, domain: str) -> Facts:
    async def run() -> Facts:
        asker = Asker([("127.0.0.1", dns.port)], 0.3)
        try:
            return await look_up(domain, asker.ask)
        finally:
            asker.close()

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("domain", "reasons", "servers"),
    [
        ("good.example", (), ("mx.example.net",)),
        ("two.example", (), ("first.example", "second.example")),
        ("gone.example", ("no-domain",), ()),
        ("null.example", ("null-mx",), ()),
        ("here.example", ("no-mail-server",), ()),
        ("nothing.example", ("no-mail-server",), ()),
        ("web.example", ("implicit-mx",), ("web.example",)),
        ("web6.example", ("implicit-mx",), ("web6.example",)),
        ("failing.example", ("dns-failed",), ()),
        ("silent.example", ("dns-failed",), ()),
    ],
)
def test_what_is_said_of_a_domain(dns: DnsServer, domain: str, reasons: tuple[str], servers: tuple[str]) -> None:
    assert look(dns, domain)[:2] == (reasons, servers)


def test_how_long_it_holds() -> None:
    zones = {f"t{ttl}.example": Zone(mx=MAIL.mx, ttl=ttl) for ttl in (0, 600, 100_000)}
    with DnsServer(zones) as dns:
        assert look(dns, "t0.example").lifetime == SHORTEST
        assert look(dns, "t600.example").lifetime == 600
        assert look(dns, "t100000.example").lifetime == LONGEST
        assert look(dns, "gone.example").lifetime == SHORTEST


def test_an_address_that_nobody_tells_is_not_taken_for_none() -> None:
    """MX says there is none, and then DNS fails: that is no reason to call the domain undeliverable."""
    with DnsServer({}) as dns:
        asked: list[str] = []

        def zone(domain: str) -> Zone:
            asked.append(domain)
            return Zone() if len(asked) == 1 else Zone(rcode="SERVFAIL")

        dns.zones = zone
        assert look(dns, "half.example") is FAILED
