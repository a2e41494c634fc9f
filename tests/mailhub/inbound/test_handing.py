"""Plugins get their mail with who it is from, and no mail waits for another's name servers."""

import time
from dataclasses import replace

import pytest

from mailhub import hookimpl
from mailhub.authentication.verdicts import Verdicts
from mailhub.db import bulk, db
from mailhub.hub import Hub
from mailhub.inbound import Mail, arrivals, handing
from mailhub.inbound.arrivals import Arrival
from mailhub.inbound.asking import Envelope, unknown
from mailhub.messages import NEVER
from mailhub.testing import Clock, make_owner
from tests.dns_server import SILENT, DnsServer, Zone
from tests.mailhub.domains.zones import configure
from tests.mailhub.inbound.coming import come, work


class Box:
    """A plugin that takes everything."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []

    @hookimpl
    def receive_mail(self, mail: Mail) -> bool:
        self.mails.append(mail)
        return True


@pytest.fixture
def box(sqlite_core: Hub) -> Box:
    made = Box()
    sqlite_core.manager.register(made, "box")
    make_owner(sqlite_core)
    return made


def letter(domain: str) -> bytes:
    return f"From: eve@{domain}\r\nSubject: Hello\r\n\r\nHello.\r\n".encode()


def until_handed(hub: Hub) -> None:
    """Let time pass until nothing is put off any more."""
    for _ in range(60):
        work(hub)
        if not Arrival.select().where(Arrival.due_at < NEVER).exists():
            return
        hub.clock = Clock(hub.clock() + 1)


ZONES = {
    "_dmarc.reject.example": Zone(txt=("v=DMARC1; p=reject",)),
    "_dmarc.quarantine.example": Zone(txt=("v=DMARC1; p=quarantine",)),
    "_dmarc.none.example": Zone(txt=("v=DMARC1; p=none",)),
}


@pytest.mark.parametrize(
    ("policy", "handed"),
    [
        ("tag", ["none.example", "quarantine.example", "reject.example"]),
        ("quarantine", ["none.example"]),
        ("refuse", ["none.example", "reject.example"]),
    ],
)
def test_mail_in_anothers_name_is_kept_for_staff_where_the_policy_says_so(
    sqlite_core: Hub, box: Box, policy: str, handed: list[str]
) -> None:
    domains = ["none.example", "quarantine.example", "reject.example"]
    with DnsServer(ZONES) as dns:
        configure(sqlite_core, "dns", resolvers=[dns.address])
        for each in domains:
            come(sqlite_core, letter(each), "box@in.example", sender=f"eve@{each}", policy=policy)
        until_handed(sqlite_core)
    assert sorted(each.sender.partition("@")[2] for each in box.mails) == handed
    assert all(each.verdicts is not None for each in box.mails)
    kept = [each.kept for each in Arrival.select()]
    assert kept == ["unauthenticated"] * (3 - len(handed))


def test_slow_name_servers_hold_only_their_own_mail(sqlite_core: Hub, box: Box) -> None:
    zones = {"slow.example": SILENT, "quick.example": Zone(txt=("v=spf1 -all",))}
    with DnsServer(zones) as dns:
        sqlite_core.config = replace(
            sqlite_core.config, dns=replace(sqlite_core.config.dns, resolvers=[dns.address], timeout=0.5)
        )
        come(sqlite_core, letter("slow.example"), "box@in.example", sender="eve@slow.example")
        come(sqlite_core, letter("quick.example"), "box@in.example", sender="eve@quick.example")
        work(sqlite_core)
        assert [each.sender for each in box.mails] == ["eve@quick.example"]
        assert Arrival.get().attempts == 0
        deadline = time.monotonic() + 20
        while len(box.mails) < 2 and time.monotonic() < deadline:
            until_handed(sqlite_core)
    assert box.mails[1].verdicts is not None
    assert box.mails[1].verdicts.spf.result == "temperror"


def handed_from(hub: Hub, box: Box, domain: str) -> Mail:
    """The mail from a domain, once it is handed on; time passes as it does."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        work(hub)
        found = [each for each in box.mails if each.sender.endswith(f"@{domain}")]
        if found:
            return found[0]
        time.sleep(0.05)
    raise AssertionError(f"mail from {domain} is not understood after {len(box.mails)} others")


def flood(hub: Hub, count: int) -> None:
    """Mail from one peer, each from another domain whose name servers are silent."""
    for number in range(count):
        come(hub, letter(f"d{number}.silent"), "box@in.example", sender=f"eve@d{number}.silent", peer="192.0.2.66")


def zone(name: str) -> Zone | None:
    return SILENT if name.endswith(".silent") else Zone(txt=("v=spf1 -all",)) if name == "quick.example" else None


def test_honest_mail_behind_a_flood_from_silent_domains_is_understood(sqlite_core: Hub, box: Box) -> None:
    with DnsServer(zone) as dns:
        configure(sqlite_core, "dns", resolvers=[dns.address])
        flood(sqlite_core, 400)
        come(sqlite_core, letter("quick.example"), "box@in.example", sender="eve@quick.example")
        verdicts = handed_from(sqlite_core, box, "quick.example").verdicts
        assert verdicts is not None
        assert verdicts.spf.result == "fail"
        assert max(each.attempts for each in Arrival.select()) == 0  # having waited is no failure


def test_mail_there_is_no_room_to_ask_about_is_handed_on_as_unknown(
    sqlite_core: Hub, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handing, "UNASKED", 500)
    with DnsServer(zone) as dns:
        configure(sqlite_core, "dns", resolvers=[dns.address], timeout=0.2)
        flood(sqlite_core, 100)
        deadline = time.monotonic() + 20
        while len(box.mails) < 100 and time.monotonic() < deadline:
            work(sqlite_core)
            time.sleep(0.05)
    assert len(box.mails) == 100
    assert {each.verdicts.dmarc.result for each in box.mails if each.verdicts} == {"temperror"}


def test_dns_servers_that_make_no_sense_hold_no_mail(sqlite_core: Hub, box: Box) -> None:
    configure(sqlite_core, "dns", resolvers=['["127.0.0.1:41053"]'])
    come(sqlite_core, letter("quick.example"), "box@in.example", sender="eve@quick.example")
    verdicts = handed_from(sqlite_core, box, "quick.example").verdicts
    assert verdicts is not None
    assert verdicts.spf.result == "temperror"


class Watched(Verdicts):
    """Verdicts that see whether the database is held while they are written into a mail."""

    held: list[bool]

    def field(self, hostname: str) -> bytes:
        self.held.append(db.in_transaction())
        return super().field(hostname)


def test_nothing_is_locked_while_a_mail_gets_its_results(sqlite_core: Hub, box: Box) -> None:
    come(sqlite_core, letter("quick.example"), "box@in.example", sender="eve@quick.example")
    with bulk():
        (claimed,) = arrivals.claim(0, sqlite_core.ms(), 1)
    watched = Watched(*unknown(Envelope(1, claimed.content, claimed.peer, "", claimed.sender, claimed.received_at)))
    watched.held = []
    handing.give(sqlite_core, 0, claimed, lambda: watched)
    assert watched.held == [False]
    assert box.mails[0].content.startswith(b"Authentication-Results:")
