"""One look at everything: all verdicts in one go, silence told as silence, an end after a while."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace

import pytest

from mailhub import domains
from mailhub.accounts import Domain
from mailhub.db import transaction
from mailhub.domains.keys import keys_of, record_name
from mailhub.domains.looking import Subject, look, look_at, subject_of
from mailhub.domains.owning import proof_value
from mailhub.domains.verdicts import Look
from mailhub.hub import Hub
from mailhub.testing import make_owner
from tests.dns_server import FAILING, SILENT, DnsServer, Zone
from tests.mailhub.domains.zones import OURS, ask, configure, texts

WE = replace(OURS, public_url="http://127.0.0.1:1")


@pytest.fixture
def domain(sqlite_core: Hub) -> Domain:
    """A domain of an account that is not the operator's."""
    make_owner(sqlite_core)
    account = make_owner(sqlite_core)[0].id
    with transaction():
        return domains.add(sqlite_core, account, "acme.example")


def zones_of(domain: Domain) -> dict[str, Zone]:
    """Everything as it should be."""
    return {
        "_mailhub.acme.example": texts(proof_value(domain)),
        **{record_name(key, "acme.example"): texts(key.record) for key in keys_of(domain)},
        "acme.example": texts("v=spf1 ip4:192.0.2.10 ~all"),
        "_dmarc.acme.example": texts("v=DMARC1; p=reject; rua=mailto:d@acme.example"),
        "bounce.acme.example": Zone(cname="mail.hub.example"),
        "link.acme.example": Zone(cname="hub.example"),
        "10.2.0.192.in-addr.arpa": Zone(ptr=("mail.hub.example",)),
        "mail.hub.example": Zone(a=("192.0.2.10",), txt=("v=spf1 a -all",)),
    }  # fmt: skip


def see(subject: Subject, zones: Mapping[str, Zone], **more: float) -> Look:
    return ask(zones, lambda lookup: look(lookup, WE, subject, **more), timeout=0.5)


def states(seen: Look) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for verdict in seen.verdicts:
        found.setdefault(verdict.state, []).append(verdict.kind)
    return found


def test_everything_as_it_should_be(sqlite_core: Hub, domain: Domain) -> None:
    seen = see(subject_of(sqlite_core, domain), zones_of(domain))
    assert states(seen) == {
        "ok": ["proof", "dkim", "dkim", "spf", "dmarc", "return_path", "ptr", "spf"],
        "warning": ["tracking"],  # nobody answers there
        "missing": ["mta_sts", "tls_rpt"],
    }
    assert seen.proofs == (proof_value(domain),)


def test_nothing_there(sqlite_core: Hub, domain: Domain) -> None:
    assert states(see(subject_of(sqlite_core, domain), {})) == {
        "missing": ["proof", "dkim", "dkim", "spf", "dmarc", "return_path", "tracking", "mta_sts", "tls_rpt", "ptr"]
    }


def test_the_operators_needs_no_proof(sqlite_core: Hub) -> None:
    with transaction():
        own = domains.add(sqlite_core, make_owner(sqlite_core)[0].id, "server.example")
    subject = subject_of(sqlite_core, own)
    assert not subject.needs_proof
    assert "proof" not in {verdict.kind for verdict in see(subject, {}).verdicts}


def test_a_rival_whose_record_stands_is_told(sqlite_core: Hub, domain: Domain) -> None:
    other = make_owner(sqlite_core)[0]
    rival = Domain.create(account=other, name="acme.example", proved_at=1, created_at=1)
    both = texts(proof_value(domain), proof_value(rival))
    proof = see(subject_of(sqlite_core, domain), {"_mailhub.acme.example": both}).verdicts[0]
    assert (proof.kind, proof.state) == ("proof", "wrong")
    mine = texts(proof_value(domain))
    assert see(subject_of(sqlite_core, domain), {"_mailhub.acme.example": mine}).verdicts[0].state == "ok"


def test_servers_that_fail_are_no_fault_of_the_domain(sqlite_core: Hub, domain: Domain) -> None:
    zones = dict.fromkeys(zones_of(domain), FAILING)
    zones |= dict.fromkeys(("_mta-sts.acme.example", "_smtp._tls.acme.example"), FAILING)
    seen = see(subject_of(sqlite_core, domain), zones)
    assert set(states(seen)) == {"unasked"}
    assert seen.proofs == ()


def test_silence_has_an_end(sqlite_core: Hub, domain: Domain) -> None:
    zones = zones_of(domain) | {"acme.example": SILENT, "_dmarc.acme.example": SILENT}
    found = states(see(subject_of(sqlite_core, domain), zones, limit=0.2))
    assert {"spf", "dmarc"} <= set(found["unasked"])


def test_addresses_that_cannot_be_found_leave_spf_unasked(sqlite_core: Hub, domain: Domain) -> None:
    zones = zones_of(domain) | {"mail.hub.example": FAILING}
    subject = subject_of(sqlite_core, domain)
    seen = ask(zones, lambda lookup: look(lookup, replace(WE, addresses=()), subject), timeout=0.5)
    assert states(seen)["unasked"] == ["spf", "spf"]


def test_spf_is_judged_at_the_return_path_once_that_leads_here(sqlite_core: Hub, domain: Domain) -> None:
    zones, subject = zones_of(domain), subject_of(sqlite_core, domain)
    without = zones | {"mail.hub.example": Zone(a=("192.0.2.10",))}
    found = [{each.name: each.state for each in see(subject, each).verdicts if each.kind == "spf"}
             for each in (zones, without, {**without, "bounce.acme.example": Zone()})]  # fmt: skip
    assert found == [
        {"acme.example": "ok", "bounce.acme.example": "ok"},
        {"acme.example": "ok", "bounce.acme.example": "missing"},
        {"acme.example": "ok"},
    ]


def test_this_servers_own_host_is_looked_at_with_the_operators_domain(sqlite_core: Hub) -> None:
    configure(sqlite_core, "smtp", hostname="mail.hub.example")
    configure(sqlite_core, "domains", addresses=["192.0.2.10"])
    with transaction():
        own = domains.add(sqlite_core, make_owner(sqlite_core)[0].id, "hub.example")
    seen = see(subject_of(sqlite_core, own), {"mail.hub.example": texts("v=spf1 ip4:192.0.2.10 -all")})
    assert {each.name: each.state for each in seen.verdicts if each.kind == "spf"} == {
        "hub.example": "missing", "mail.hub.example": "ok",
    }  # fmt: skip


def test_a_look_asks_whom_the_configuration_names(sqlite_core: Hub, domain: Domain) -> None:
    with DnsServer(zones_of(domain)) as dns:
        configure(sqlite_core, "dns", resolvers=[dns.address])
        configure(sqlite_core, "domains", addresses=["192.0.2.10"])
        seen = asyncio.run(look_at(sqlite_core, domain))
    assert seen.verdicts[0].state == "ok"
