"""Questions beside: kept for who asks again, and no more at once than there is room for, however silent name servers are."""

import logging
import time
from collections.abc import Iterator
from concurrent.futures import Future

import pytest

from mailhub.authentication.verdicts import Verdicts
from mailhub.hub import Hub
from mailhub.inbound import asking, room
from mailhub.inbound.asking import Desk, Envelope, desk, unknown
from tests.dns_server import SILENT, DnsServer, Zone
from tests.mailhub.domains.zones import configure

MAIL = b"From: ada@acme.example\r\n\r\nHello.\r\n"
SPF = Zone(txt=("v=spf1 ip4:192.0.2.7 -all",))


def envelope(key: int, domain: str = "acme.example", peer: str = "192.0.2.7", at: int = 0) -> Envelope:
    return Envelope(key, MAIL.replace(b"acme.example", domain.encode()), peer, "mx", f"ada@{domain}", at)


def answer(office: Desk, asked: Envelope) -> Verdicts:
    future = office.ask(asked)
    assert future is not None
    return future.result(20)


@pytest.fixture
def silent_dns(sqlite_core: Hub) -> Iterator[DnsServer]:
    """Name servers of which those under `silent` never answer."""

    def zone(name: str) -> Zone | None:
        return SILENT if name.endswith((".silent.example", ".silent")) else SPF if name == "acme.example" else None

    with DnsServer(zone) as dns:
        configure(sqlite_core, "dns", resolvers=[dns.address], timeout=0.5)
        yield dns


def test_what_is_found_is_kept_for_who_asks_again(sqlite_core: Hub, silent_dns: DnsServer) -> None:
    found = answer(desk(sqlite_core), envelope(1))
    assert (found.spf.result, found.spf.domain) == ("pass", "acme.example")
    assert answer(desk(sqlite_core), envelope(1)) is found
    assert answer(desk(sqlite_core), envelope(2, peer="192.0.2.8")).spf.result == "fail"


def test_a_silent_server_holds_nobody_who_does_not_wait(sqlite_core: Hub, silent_dns: DnsServer) -> None:
    slow = desk(sqlite_core).ask(envelope(1, "one.silent"))
    assert slow is not None
    assert answer(desk(sqlite_core), envelope(2)).spf.result == "pass"
    assert slow.result(20).spf.result == "temperror"


def test_a_flood_of_silent_domains_leaves_room_for_others(sqlite_core: Hub, silent_dns: DnsServer) -> None:
    office = desk(sqlite_core)
    begun = [office.ask(envelope(number, f"d{number}.silent", "192.0.2.66")) for number in range(400)]
    assert sum(each is not None for each in begun) <= room.MOST_OF_PEER
    assert answer(office, envelope(1000)).spf.result == "pass"


def test_what_is_not_answered_is_never_asked_twice(
    sqlite_core: Hub, silent_dns: DnsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "KEPT", 2)
    monkeypatch.setattr(asking, "KEPT_FOR", 0.0)
    office = desk(sqlite_core)
    slow = [office.ask(envelope(number, f"d{number}.silent")) for number in range(5)]
    for number in range(10, 15):
        answer(office, envelope(number))
    for number, asked in enumerate(slow):
        assert asked is not None
        assert asked.done() or office.ask(envelope(number, f"d{number}.silent")) is asked


def test_only_so_many_answers_are_kept(
    sqlite_core: Hub, silent_dns: DnsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "KEPT", 2)
    first = answer(desk(sqlite_core), envelope(0))
    for number in range(1, 5):
        answer(desk(sqlite_core), envelope(number))
    assert answer(desk(sqlite_core), envelope(0)) is not first


def test_who_was_silent_is_not_asked_again(sqlite_core: Hub, silent_dns: DnsServer) -> None:
    assert answer(desk(sqlite_core), envelope(1, "one.silent")).dmarc.result == "temperror"
    asked = sum(silent_dns.asked.values())
    again = answer(desk(sqlite_core), envelope(2, "one.silent"))
    assert (again.spf.result, again.dmarc.result) == ("temperror", "temperror")
    assert sum(silent_dns.asked.values()) == asked


def test_slowness_is_known_when_many_had_to_wait(
    sqlite_core: Hub, silent_dns: DnsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "MANY", 2)
    office = Desk(sqlite_core)
    answer(office, envelope(1))
    futures: list[Future[Verdicts] | None] = [office.ask(envelope(2, "one.silent"))]
    assert not office.is_slow()
    futures.append(office.ask(envelope(3, "two.silent")))
    assert [each.result(20).spf.result for each in futures if each] == ["temperror"] * 2
    deadline = time.monotonic() + 20
    while not office.is_slow() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert office.is_slow()


def test_no_question_takes_longer_than_configured(sqlite_core: Hub, silent_dns: DnsServer) -> None:
    configure(sqlite_core, "dns", timeout=30.0)
    configure(sqlite_core, "authentication", timeout=0.2)
    assert answer(desk(sqlite_core), envelope(1, "one.silent")).spf.result == "temperror"


def test_settings_that_make_no_sense_are_told_once_and_hold_no_mail(
    sqlite_core: Hub, caplog: pytest.LogCaptureFixture
) -> None:
    configure(sqlite_core, "dns", resolvers=['["127.0.0.1:41053"]'])
    with caplog.at_level(logging.ERROR):
        found = [answer(desk(sqlite_core), envelope(number)) for number in range(3)]
    assert {(each.spf.result, each.dmarc.result, each.dmarc.domain) for each in found} == {
        ("temperror", "temperror", "acme.example")
    }
    assert [each.getMessage() for each in caplog.records if "dns.resolvers" in each.getMessage()] == [
        caplog.records[0].getMessage()
    ]


def test_unknown_is_said_without_asking_anybody() -> None:
    found = unknown(envelope(1))
    assert (found.spf.result, found.spf.domain, found.dmarc.result) == ("temperror", "acme.example", "temperror")
    assert found.policy_result == "none"
