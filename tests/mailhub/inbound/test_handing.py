"""Plugins get their mail with who it is from, and no mail waits for another's name servers."""

import time
from dataclasses import replace

import pytest

from mailhub import hookimpl
from mailhub.hub import Hub
from mailhub.inbound import Mail
from mailhub.inbound.arrivals import Arrival
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
