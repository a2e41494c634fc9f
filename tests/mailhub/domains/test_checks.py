"""Every verdict of every check of a domain's own records, over a real name server."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from mailhub.accounts import Domain
from mailhub.dns.lookup import Unanswered
from mailhub.domains import checks
from mailhub.domains.ours import Ours
from mailhub.domains.verdicts import Verdict
from tests.dns_server import FAILING, Zone
from tests.mailhub.domains.zones import OURS, ask, texts

NAME = "acme.example"
KEY = "mh-rsa._domainkey.acme.example"
RECORD = "v=DKIM1; k=rsa; p=" + "A" * 300
WE = ("192.0.2.10",)
HUB = {"hub.example": Zone(a=("192.0.2.80",))}


@pytest.mark.parametrize(
    ("found", "taken", "state", "words"),
    [
        ([], False, "missing", "Add the TXT record _mailhub.acme.example"),
        (["mailhub-verification=other"], False, "wrong", "Add the TXT record"),
        (["x", "mailhub-verification=abc"], False, "ok", "proved"),
        (['"mailhub-verification=abc" '], False, "ok", "proved"),
        (["mailhub-verification=abc"], True, "wrong", "Another account"),
        (["mailhub-verification=abcd"], False, "wrong", "Add the TXT record"),
    ],
)
def test_proof(found: list[str], taken: bool, state: str, words: str) -> None:
    verdict = checks.proof(Domain(name=NAME, token="abc"), found, taken)
    assert (verdict.state, verdict.name) == (state, "_mailhub.acme.example")
    assert words in verdict.said


@pytest.mark.parametrize(
    ("zone", "state", "words"),
    [
        (None, "missing", "Add the TXT record"),
        (Zone(), "missing", "Add the TXT record"),
        (texts(RECORD), "ok", "find the key"),
        (texts(RECORD.replace("; ", ";") + ";"), "ok", "find the key"),
        (texts("p=" + "A" * 300), "ok", "find the key"),
        (texts(RECORD.replace("A" * 300, "A" * 100 + " " + "A" * 200)), "ok", "find the key"),
        (texts(RECORD, "v=DKIM1; p=x"), "wrong", "2 TXT records"),
        (texts("v=DKIM1; k=rsa; p="), "wrong", "revoked"),
        (texts("v=DKIM1; k=rsa; p=" + "A" * 200), "wrong", "cut off"),
        (texts("v=DKIM1; k=rsa; p=BBBB"), "wrong", "another key"),
        (texts("v=DKIM1; k=ed25519; p=" + "A" * 300), "wrong", "another key"),
        (texts("v=DKIM2; p=" + "A" * 300), "wrong", "another key"),
        (texts("hello"), "wrong", "another key"),
        (texts(RECORD + "; h=sha1"), "wrong", "forbids"),
        (texts(RECORD + "; s=chat"), "wrong", "forbids"),
        (texts(RECORD + "; h=sha1:sha256; s=email; t=s"), "ok", "find the key"),
        (texts(RECORD + "; t=y"), "warning", "only tested"),
        (Zone(cname="key.elsewhere.example"), "ok", "find the key"),
    ],
)
def test_dkim(zone: Zone | None, state: str, words: str) -> None:
    zones = {"key.elsewhere.example": texts(RECORD), **({KEY: zone} if zone else {})}
    verdict = ask(zones, lambda lookup: checks.dkim(lookup, KEY, RECORD))
    assert verdict.state == state, verdict
    assert words in verdict.said


def spf(zone: Zone | None, ours: Ours = OURS, addresses: tuple[str, ...] = WE) -> Verdict:
    zones: dict[str, Zone] = {
        "spf.relay.example": texts("v=spf1 ip4:198.51.100.0/24 -all"), "out.example": Zone(a=("198.51.100.9",)),
    }  # fmt: skip
    zones |= {NAME: zone} if zone else {}
    return ask(zones, lambda lookup: checks.sender(lookup, NAME, ours, addresses))


RELAYED = replace(OURS, addresses=(), spf_include="spf.relay.example", relayed=True)


@pytest.mark.parametrize(
    ("record", "state", "words"),
    [
        ("v=spf1 ip4:192.0.2.10 ~all", "ok", "may send"),
        ("v=spf1 ~all", "wrong", "put ip4:192.0.2.10 into it"),
        ("v=spf1 +all", "wrong", "anybody"),
        ("v=spf1 all", "wrong", "anybody"),
        ("v=spf1 oops", "wrong", "no SPF"),
        ("v=spf1 ip4:192.0.2.10 " + "a:out.example " * 11 + "~all", "warning", "more than 10"),
        ("v=spf1 " + "a:out.example " * 11 + "ip4:192.0.2.10 ~all", "wrong", "more than 10"),
        ("google-site-verification=1", "missing", "Add the TXT record acme.example"),
    ],
)
def test_spf(record: str, state: str, words: str) -> None:
    verdict = spf(texts(record))
    assert verdict.state == state, verdict
    assert words in verdict.said


def test_spf_that_is_not_there_twice_or_not_answered() -> None:
    assert spf(None).state == "missing"
    twice = spf(texts("v=spf1 a ~all", "v=spf1 mx ~all"))
    assert (twice.state, twice.found) == ("wrong", "v=spf1 a ~all | v=spf1 mx ~all")
    with pytest.raises(Unanswered):
        spf(FAILING)


@pytest.mark.parametrize(
    ("record", "state"),
    [
        ("v=spf1 include:spf.relay.example ~all", "ok"),
        ("v=spf1 redirect=spf.relay.example", "wrong"),
        ("v=spf1 a:acme.example ~all", "wrong"),
    ],
)
def test_spf_behind_a_smart_host_includes_its_domain(record: str, state: str) -> None:
    verdict = spf(texts(record), RELAYED, ())
    assert verdict.state == state
    assert state == "ok" or "include:spf.relay.example" in verdict.said


def test_spf_of_a_server_that_does_not_know_where_its_mail_leaves() -> None:
    unknown = replace(OURS, host="", addresses=(), relayed=True)
    assert spf(texts("v=spf1 mx ~all"), unknown, ()).state == "warning"


def back(zones: Mapping[str, Zone], ours: Ours = OURS) -> Verdict:
    return ask(zones, lambda lookup: checks.return_path(lookup, NAME, ours, WE))


@pytest.mark.parametrize(
    ("zone", "state"),
    [
        (Zone(cname="mail.hub.example"), "ok"),
        (Zone(mx=((10, "mail.hub.example"),)), "ok"),
        (Zone(a=("192.0.2.10",)), "ok"),
        (Zone(mx=((10, "mx.other.example"),), a=("192.0.2.10",)), "wrong"),
        (Zone(cname="mx.other.example"), "wrong"),
        (Zone(a=("198.51.100.1",)), "wrong"),
        (Zone(), "missing"),
        (None, "missing"),
    ],
)
def test_return_path(zone: Zone | None, state: str) -> None:
    verdict = back({"bounce.acme.example": zone} if zone else {})
    assert (verdict.state, verdict.name) == (state, "bounce.acme.example")
    assert "mail.hub.example" in verdict.said or state != "wrong"


def test_return_path_of_the_server_and_of_one_without_a_name() -> None:
    verdict = back(
        {"bounces.hub.example": Zone(mx=((10, "mail.hub.example"),))}, replace(OURS, return_path="bounces.hub.example")
    )
    assert (verdict.state, verdict.name) == ("ok", "bounces.hub.example")
    assert back({}, replace(OURS, host="")).state == "unasked"


def link(zones: Mapping[str, Zone], ours: Ours = OURS) -> Verdict:
    return ask({**HUB, **zones}, lambda lookup: checks.tracking(lookup, NAME, ours))


@pytest.mark.parametrize(
    ("zone", "state"),
    [
        (Zone(cname="other.example"), "wrong"),
        (Zone(a=("198.51.100.1",)), "wrong"),
        (Zone(), "missing"),
        (None, "missing"),
    ],
)
def test_tracking(zone: Zone | None, state: str) -> None:
    assert link({"link.acme.example": zone} if zone else {}).state == state


@pytest.mark.parametrize("zone", [Zone(cname="hub.example"), Zone(a=("192.0.2.80",))])
def test_tracking_that_leads_here_and_is_not_answered(zone: Zone) -> None:
    closed = replace(OURS, public_url="http://127.0.0.1:1")
    verdict = link({"link.acme.example": zone}, closed)
    assert verdict.state == "warning"
    assert "do not answer" in verdict.said


def test_tracking_of_a_server_without_a_name() -> None:
    assert link({}, replace(OURS, web_host="")).state == "unasked"


@pytest.mark.parametrize(
    ("found", "state"),
    [(("v=STSv1; id=1",), "ok"), (("v=STSv1;",), "wrong"), (("v=STSv1; id=1", "v=STSv1; id=2"), "wrong"), ((), "missing")],
)  # fmt: skip
def test_mta_sts(found: tuple[str, ...], state: str) -> None:
    zones = {"_mta-sts.acme.example": texts("x", *found)}
    assert ask(zones, lambda lookup: checks.mta_sts(lookup, NAME)).state == state


@pytest.mark.parametrize(
    ("found", "state"),
    [(("v=TLSRPTv1; rua=mailto:a@b.example",), "ok"), (("v=TLSRPTv1",), "wrong"), ((), "missing")],
)  # fmt: skip
def test_tls_rpt(found: tuple[str, ...], state: str) -> None:
    zones = {"_smtp._tls.acme.example": texts("x", *found)}
    assert ask(zones, lambda lookup: checks.tls_rpt(lookup, NAME)).state == state


def test_tls_reports_that_go_elsewhere_are_noted() -> None:
    zones = {"_smtp._tls.acme.example": texts("v=TLSRPTv1; rua=mailto:Tls@ours.example, mailto:b@c.example")}
    seen = ask(zones, lambda lookup: checks.tls_rpt(lookup, NAME, "tls@ours.example"))
    assert (seen.state, seen.said) == ("ok", "Failures of TLS are reported.")
    seen = ask(zones, lambda lookup: checks.tls_rpt(lookup, NAME, "tls@other.example"))
    assert seen.state == "ok"
    assert "add ,mailto:tls@other.example" in seen.said


def test_what_is_shown_has_an_end() -> None:
    assert checks.shown(["a", "b"]) == "a | b"
    assert len(checks.shown(["x" * 600])) == 500


@pytest.mark.parametrize(("address", "public"), [("192.0.2.1", True), ("127.0.0.1", False), ("fe80::1", False)])
def test_addresses_that_others_see(address: str, public: bool) -> None:
    assert checks.is_public(address) is public
