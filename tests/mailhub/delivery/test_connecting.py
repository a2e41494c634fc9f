"""Hosts are tried in order; one that cannot be used is left alone for a while; addresses leave from their own family."""

import asyncio
import socket

import pytest

from mailhub.delivery import connecting
from mailhub.delivery.connecting import Dialer
from mailhub.delivery.mx import Mx, MxHost
from mailhub.delivery.routes import Egress, Route
from mailhub.delivery.smtp_client import ConnectFailed
from mailhub.testing import Sink

DIRECT = Route(0, "direct", "direct", tls="none")


def _mx(*addresses: str, certified: bool = False) -> Mx:
    hosts = tuple(MxHost(f"mx{place}.example", (address,), place) for place, address in enumerate(addresses))
    return Mx("key", "", hosts, 0.0, certified)


def _dialer(mx: Mx, port: int, source: str = "") -> Dialer:
    return Dialer(DIRECT, Egress(0, source, "mail.example"), mx, mx_port=port)


async def _open(dialer: Dialer, times: int = 1) -> list[str]:
    hosts = []
    for _ in range(times):
        client = await dialer.open()
        hosts.append(client.host)
        await client.quit()
    return hosts


def test_the_next_host_is_taken_and_the_bad_one_left_alone() -> None:
    with Sink(host="127.0.0.3") as sink:
        dialer = _dialer(_mx("127.0.0.2", "127.0.0.3"), sink.port)
        assert asyncio.run(_open(dialer, 3)) == ["127.0.0.3"] * 3
        assert list(dialer._alone_until) == ["127.0.0.2"]


def test_when_none_can_be_used_the_last_failure_is_told() -> None:
    with Sink(host="127.0.0.3") as sink:
        port = sink.port
    with pytest.raises(ConnectFailed, match=r"127\.0\.0\.[23]"):
        asyncio.run(_open(_dialer(_mx("127.0.0.2", "127.0.0.3"), port)))


def test_an_address_of_another_family_reaches_nothing() -> None:
    with pytest.raises(ConnectFailed, match="can be reached from here"):
        asyncio.run(_open(_dialer(_mx("::1"), 25, "127.0.0.1")))


def test_it_leaves_from_its_address() -> None:
    with Sink(host="127.0.0.3") as sink:

        async def scene() -> str:
            client = await _dialer(_mx("127.0.0.3"), sink.port, "127.0.0.9").open()
            assert client._transport is not None
            name: str = client._transport.get_extra_info("sockname")[0]
            await client.quit()
            return name

        assert asyncio.run(scene()) == "127.0.0.9"


def test_tls_is_as_the_route_the_shape_and_the_policy_want() -> None:
    route, egress = Route(0, "direct", "direct"), Egress(0, "", "mail.example")
    assert Dialer(route, egress, _mx("127.0.0.2")).tls == "opportunistic"
    assert Dialer(route, egress, _mx("127.0.0.2"), "required").tls == "required"
    assert Dialer(route, egress, _mx("127.0.0.2", certified=True)).tls == "required"
    assert Dialer(DIRECT, egress, _mx("127.0.0.2")).tls == "none"


def test_a_route_without_tls_sends_nothing_in_clear_that_must_not_be() -> None:
    egress = Egress(0, "", "mail.example")
    assert Dialer(DIRECT, egress, _mx("127.0.0.2", certified=True)).tls == "required"
    assert Dialer(DIRECT, egress, _mx("127.0.0.2"), "required").tls == "required"
    assert Dialer(Route(1, "one", "smart_host", "127.0.0.2", 25, "none"), egress, None, "required").tls == "none"
    with Sink() as sink, pytest.raises(ConnectFailed, match="STARTTLS"):
        asyncio.run(_open(_dialer(_mx("127.0.0.1", certified=True), sink.port)))


def test_the_next_host_is_taken_when_one_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connecting, "GREETING", 0.2)
    with Sink(host="127.0.0.3") as sink, socket.create_server(("127.0.0.2", sink.port)):
        assert asyncio.run(_open(_dialer(_mx("127.0.0.2", "127.0.0.3"), sink.port))) == ["127.0.0.3"]
