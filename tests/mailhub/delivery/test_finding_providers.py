"""A rule for a mailbox provider fits from the first message on: DNS is asked before the routes of a domain are chosen."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest

from mailhub.delivery.task import Delivery
from mailhub.hub import Hub
from mailhub.messages import Message
from mailhub.routing import making, rules
from mailhub.testing import Sink, make_owner, make_source
from tests.dns_server import FAILING, DnsServer, Zone
from tests.mailhub.delivery.delivering import work_off

DOMAINS = ("theirs.example", "other.example", "mute.example")
ZONES = {
    "theirs.example": Zone(mx=((10, "aspmx.l.google.com"),)),
    "aspmx.l.google.com": Zone(a=("127.0.0.9",)),
    "other.example": Zone(mx=((10, "mx.other.example"),)),
    "mx.other.example": Zone(a=("127.0.0.9",)),
    "mute.example": FAILING,
}


@pytest.fixture
def sink() -> Iterator[Sink]:
    with Sink() as made:
        yield made


def _taken(hub: Hub, route: str, sink: Sink, ruled: str) -> dict[str, set[str]]:
    """Which routes took the mail of each domain, with a rule that leads what is at Google elsewhere."""
    kind = {"kind": "smart_host", "host": "127.0.0.1", "port": sink.port, "tls": "none"}
    making.create(hub, {"name": "ruled", **(kind if ruled == "smart_host" else {"kind": ruled})})
    rules.create(hub, {"provider": "google"}, [rules.read("ruled")])
    source = make_source(hub, make_owner(hub)[0], [f"u{n}@{domain}" for domain in DOMAINS for n in range(8)])
    with ExitStack() as stack:
        dns = stack.enter_context(DnsServer(ZONES))
        own = {
            "route": route,
            "smart_host": "127.0.0.1",
            "smart_host_port": sink.port,
            "smart_host_tls": "none",
            "mx_port": sink.port,
            "private_mx": True,
        }
        hub.config = replace(
            hub.config,
            dns=replace(hub.config.dns, resolvers=[dns.address]),
            delivery=replace(hub.config.delivery, **own),
        )
        delivery = Delivery(hub)
        stack.callback(delivery.stop)
        work_off(delivery, source)
    taken: dict[str, set[str]] = {}
    for row in Message.select():
        taken.setdefault(row.address.partition("@")[2], set()).add(row.route)
    return taken


def test_from_the_sandbox_to_a_smart_host(sqlite_hub: Hub, sink: Sink) -> None:
    assert _taken(sqlite_hub, "sandbox", sink, "smart_host") == {
        "theirs.example": {"ruled"}, "other.example": {"sandbox"}, "mute.example": {"sandbox"},
    }  # fmt: skip


def test_from_a_smart_host_to_the_sandbox(sqlite_hub: Hub, sink: Sink) -> None:
    usual = f"127.0.0.1:{sink.port}"
    assert _taken(sqlite_hub, "smart_host", sink, "sandbox") == {
        "theirs.example": {"sandbox"}, "other.example": {usual}, "mute.example": {usual},
    }  # fmt: skip
