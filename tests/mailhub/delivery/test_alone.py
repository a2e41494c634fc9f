"""One mail beside the queue: by a smart host, straight to the recipient's server, by the next route when one is away."""

import asyncio
from dataclasses import replace

from mailhub.config_sections import DnsConfig
from mailhub.delivery.alone import deliver
from mailhub.delivery.routes import Egress, Route
from mailhub.delivery.smtp_words import Outcome
from mailhub.hub import Hub
from mailhub.sink import Sink
from tests.dns_server import NULL_MX, SILENT, DnsServer, Zone

MAIL = b"From: a@b.ca\r\nSubject: x\r\n\r\nHello.\r\n"
OWN = (Egress(0, "", "mail.here.example"),)
DIRECT = Route(0, "direct", "direct", egresses=OWN)


def smart(port: int, name: str = "smart") -> Route:
    return Route(1, name, "smart_host", "127.0.0.1", port, "none", egresses=OWN)


def send(hub: Hub, *routes: Route, to: str = "ada@example.com", limit: float = 20) -> Outcome:
    return asyncio.run(deliver(hub, routes, "mailhub@b.ca", to, MAIL, limit))


def test_by_a_smart_host_and_what_it_refuses(sqlite_core: Hub) -> None:
    with Sink() as sink:
        assert send(sqlite_core, smart(sink.port)).kind == "delivered"
        refused = send(sqlite_core, smart(sink.port), smart(1), to="hard@example.com")
        assert (refused.kind, refused.code) == ("bounced", 550)
        assert [each.recipient for each in sink.wait_for(1)] == ["ada@example.com"]


def test_the_next_route_takes_what_the_first_cannot(sqlite_core: Hub) -> None:
    with Sink() as gone:
        port = gone.port
    with Sink() as sink:
        assert send(sqlite_core, smart(port), smart(sink.port)).kind == "delivered"
    failed = send(sqlite_core, smart(port))
    assert (failed.kind, "could not be reached" in failed.text) == ("deferred", True)


def test_one_that_says_nothing_takes_its_limit(sqlite_core: Hub) -> None:
    with Sink(latency=60) as silent, Sink() as sink:
        assert send(sqlite_core, smart(silent.port), smart(sink.port), limit=0.5).kind == "delivered"
        assert "0.5 s" in send(sqlite_core, smart(silent.port), limit=0.5).text


def test_straight_to_the_recipients_server(sqlite_core: Hub) -> None:
    zones = {
        "good.example": Zone(mx=((10, "mx.good.example"),)), "mx.good.example": Zone(a=("127.0.0.1",)),
        "null.example": NULL_MX, "silent.example": SILENT,
    }  # fmt: skip
    with Sink() as sink, DnsServer(zones) as dns:
        config = sqlite_core.config
        delivery = replace(config.delivery, mx_port=sink.port, private_mx=True)
        sqlite_core.config = replace(config, dns=DnsConfig([dns.address], 1.0), delivery=delivery)
        assert send(sqlite_core, DIRECT, to="ada@good.example").kind == "delivered"
        nowhere = send(sqlite_core, DIRECT, to="ada@null.example")
        assert (nowhere.kind, nowhere.enhanced) == ("bounced", "5.1.10")
        assert send(sqlite_core, DIRECT, to="ada@gone.example").kind == "bounced"
        assert send(sqlite_core, DIRECT, to="ada@silent.example").kind == "deferred"
