"""PTR and HELO of the addresses mail leaves from, and which those are."""

from dataclasses import replace

import pytest

from mailhub.domains.ours import Ours
from mailhub.domains.sending_addresses import check_address, find_addresses
from tests.dns_server import Zone
from tests.mailhub.domains.zones import OURS, ask

PTR = "10.2.0.192.in-addr.arpa"
HERE = Zone(a=("192.0.2.10",))


@pytest.mark.parametrize(
    ("zones", "state", "words"),
    [
        ({}, "missing", "PTR record mail.hub.example"),
        ({PTR: Zone(ptr=("mail.hub.example",)), "mail.hub.example": HERE}, "ok", "confirm each other"),
        ({PTR: Zone(ptr=("mail.hub.example",))}, "wrong", "does not lead back"),
        ({PTR: Zone(ptr=("mail.hub.example",)), "mail.hub.example": Zone(a=("192.0.2.99",))}, "wrong", "does not lead back"),
        ({PTR: Zone(ptr=("out.hub.example",)), "out.hub.example": HERE}, "warning", "make them the same"),
        (
            {PTR: Zone(ptr=("out.hub.example",)), "out.hub.example": HERE, "mail.hub.example": HERE},
            "ok", "confirm each other",
        ),
        ({PTR: Zone(ptr=("gone.example", "mail.hub.example")), "mail.hub.example": HERE}, "ok", "confirm each other"),
    ],
)  # fmt: skip
def test_an_address_and_its_name(zones: dict[str, Zone], state: str, words: str) -> None:
    verdict = ask(zones, lambda lookup: check_address(lookup, OURS, "192.0.2.10"))
    assert (verdict.state, verdict.kind) == (state, "ptr"), verdict
    assert words in verdict.said


def test_an_address_of_a_pool_says_its_own_name() -> None:
    zones = {PTR: Zone(ptr=("out.hub.example",)), "out.hub.example": HERE}
    ours = replace(OURS, names={"192.0.2.10": "out.hub.example"})
    assert ask(zones, lambda lookup: check_address(lookup, ours, "192.0.2.10")).state == "ok"


@pytest.mark.parametrize(
    ("ours", "found"),
    [
        (OURS, ("192.0.2.10",)),
        (replace(OURS, addresses=()), ("192.0.2.7", "2001:db8::7")),
        (replace(OURS, addresses=(), relayed=True), ()),
        (replace(OURS, addresses=(), host=""), ()),
        (replace(OURS, addresses=(), host="gone.example"), ()),
        (replace(OURS, addresses=(), host="local.example"), ()),
    ],
)
def test_where_mail_leaves_from(ours: Ours, found: tuple[str, ...]) -> None:
    zones = {"mail.hub.example": Zone(a=("192.0.2.7",), aaaa=("2001:db8::7",)), "local.example": Zone(a=("127.0.0.1",))}
    assert ask(zones, lambda lookup: find_addresses(lookup, ours)) == found
