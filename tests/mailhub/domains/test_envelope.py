"""SPF is judged at the name mail leaves under: the return path, which is seldom the author's domain."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from mailhub.domains.checks import return_path
from mailhub.domains.envelope import envelope, host_sender
from mailhub.domains.ours import Ours
from mailhub.domains.verdicts import Verdict, unasked
from tests.dns_server import FAILING, Zone
from tests.mailhub.domains.zones import OURS, ask, texts

BOUNCE, HOST = "bounce.acme.example", "mail.hub.example"
LED = Zone(cname=HOST)
ELSEWHERE = replace(OURS, return_path="bounces.hub.example")


def see(zones: Mapping[str, Zone], ours: Ours = OURS) -> Verdict | None:
    async def run(lookup):  # type: ignore[no-untyped-def]
        back = await return_path(lookup, "acme.example", ours, ours.addresses)
        return await envelope(lookup, "acme.example", ours, ours.addresses, back)

    return ask(zones, run)


def state_of(zones: Mapping[str, Zone], ours: Ours = OURS) -> str:
    seen = see(zones, ours)
    assert seen is not None
    return seen.state


def test_the_hosts_record_is_found_through_the_cname() -> None:
    for record in ("v=spf1 a -all", "v=spf1 ip4:192.0.2.10 ~all", "v=spf1 a:mail.hub.example ~all"):
        seen = see({BOUNCE: LED, HOST: Zone(a=("192.0.2.10",), txt=(record,))})
        assert seen is not None
        assert (seen.kind, seen.name, seen.state, seen.found) == ("spf", BOUNCE, "ok", record)


def test_a_host_without_spf_is_told_with_what_to_publish_where() -> None:
    seen = see({BOUNCE: LED, HOST: Zone(a=("192.0.2.10",)), "acme.example": texts("v=spf1 ip4:192.0.2.10 ~all")})
    assert seen is not None
    assert seen.state == "missing"
    assert "adds the TXT record mail.hub.example with v=spf1 ip4:192.0.2.10 ~all" in seen.said
    assert "replace the CNAME by an MX record" in seen.said


def test_a_host_whose_spf_names_others_is_told_at_its_own_name() -> None:
    seen = see({BOUNCE: LED, HOST: Zone(a=("192.0.2.10",), txt=("v=spf1 ip4:198.51.100.1 -all",))})
    assert seen is not None
    assert seen.state == "wrong"
    assert "The SPF record of mail.hub.example does not name this server" in seen.said


def test_mx_and_txt_do_as_well_as_a_cname() -> None:
    mx = Zone(mx=((10, HOST),))
    host = {HOST: Zone(a=("192.0.2.10",))}
    assert state_of({BOUNCE: replace(mx, txt=("v=spf1 ip4:192.0.2.10 ~all",)), **host}) == "ok"
    seen = see({BOUNCE: mx, **host})
    assert seen is not None
    assert seen.state == "missing"
    assert "add the TXT record bounce.acme.example with v=spf1 ip4:192.0.2.10 ~all" in seen.said


@pytest.mark.parametrize("zone", [None, Zone(mx=((10, "mx.other.example"),))])
def test_a_return_path_that_is_not_in_use_asks_for_nothing(zone: Zone | None) -> None:
    assert see({BOUNCE: zone} if zone else {}) is None


def test_silence_is_no_fault() -> None:
    silent = unasked("return_path", BOUNCE)

    async def run(lookup):  # type: ignore[no-untyped-def]
        return await envelope(lookup, "acme.example", OURS, OURS.addresses, silent)

    assert ask({BOUNCE: FAILING}, run).state == "unasked"


def test_a_server_that_knows_none_of_its_addresses_asks_nobody_for_spf() -> None:
    assert state_of({BOUNCE: LED, HOST: Zone(a=("10.0.0.1",))}, replace(OURS, addresses=(), relayed=True)) == "warning"


def test_one_return_path_for_all_is_judged_and_what_it_means_for_dmarc_said() -> None:
    name = ELSEWHERE.return_path
    assert state_of({name: Zone(mx=((10, HOST),))}, ELSEWHERE) == "missing"
    seen = see({name: Zone(mx=((10, HOST),), txt=("v=spf1 ip4:192.0.2.10 ~all",))}, ELSEWHERE)
    assert seen is not None
    assert (seen.name, seen.state) == (name, "ok")
    assert "the signature alone counts" in seen.said
    own = replace(OURS, return_path="back.acme.example")
    near = see({"back.acme.example": Zone(mx=((10, HOST),), txt=("v=spf1 ip4:192.0.2.10 ~all",))}, own)
    assert near is not None
    assert "signature alone" not in near.said


def test_the_host_itself() -> None:
    async def run(lookup):  # type: ignore[no-untyped-def]
        return await host_sender(lookup, HOST, OURS, OURS.addresses)

    assert ask({HOST: Zone(a=("192.0.2.10",), txt=("v=spf1 a -all",))}, run).state == "ok"
    assert "add the TXT record mail.hub.example" in ask({}, run).said
