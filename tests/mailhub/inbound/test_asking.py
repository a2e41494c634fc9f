import time
from concurrent.futures import Future

from mailhub.hub import Hub
from mailhub.inbound import asking
from mailhub.inbound.asking import Envelope, as_they_come, desk
from tests.dns_server import SILENT, DnsServer, Zone
from tests.mailhub.domains.zones import configure

MAIL = b"From: ada@acme.example\r\n\r\nHello.\r\n"


def test_what_is_found_is_kept_for_who_asks_again(sqlite_core: Hub) -> None:
    with DnsServer({"acme.example": Zone(txt=("v=spf1 ip4:192.0.2.7 -all",))}) as dns:
        configure(sqlite_core, "dns", resolvers=[dns.address])
        envelope = Envelope(1, MAIL, "192.0.2.7", "mx", "ada@acme.example")
        found = desk(sqlite_core).ask(envelope).result(20)
        assert (found.spf.result, found.spf.domain) == ("pass", "acme.example")
        assert desk(sqlite_core).ask(envelope).result(0) is found
        other = desk(sqlite_core).ask(envelope._replace(key=2, peer="192.0.2.8")).result(20)
        assert other.spf.result == "fail"


def test_a_silent_server_holds_nobody_who_does_not_wait(sqlite_core: Hub) -> None:
    zones = {"acme.example": SILENT, "quick.example": Zone(txt=("v=spf1 -all",))}
    with DnsServer(zones) as dns:
        configure(sqlite_core, "dns", resolvers=[dns.address], timeout=0.2)
        slow = desk(sqlite_core).ask(Envelope(1, MAIL, "192.0.2.7", "mx", "ada@acme.example"))
        quick = desk(sqlite_core).ask(
            Envelope(2, MAIL.replace(b"acme", b"quick"), "192.0.2.7", "mx", "ada@quick.example")
        )
        assert quick.result(20).spf.result == "fail"
        assert list(as_they_come([slow, quick], 0.0)) == [quick]
        assert slow.result(20).spf.result == "temperror"


def test_answers_come_as_they_are_known_until_the_time_is_up() -> None:
    first: Future[object] = Future()
    never: Future[object] = Future()
    first.set_result(1)
    assert list(as_they_come([never, first], time.monotonic() + 0.01)) == [first]  # type: ignore[list-item]
    assert list(as_they_come([], time.monotonic())) == []


def test_only_so_many_answers_are_kept(sqlite_core: Hub, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(asking, "KEPT", 2)
    with DnsServer({}) as dns:
        configure(sqlite_core, "dns", resolvers=[dns.address])
        envelopes = [Envelope(number, MAIL, "192.0.2.7", "mx", "") for number in range(5)]
        first = desk(sqlite_core).ask(envelopes[0])
        for each in envelopes:
            desk(sqlite_core).ask(each).result(20)
        desk(sqlite_core).ask(envelopes[4]).result(20)
        assert desk(sqlite_core).ask(envelopes[0]) is not first
