"""Every verdict on DMARC: a domain's own record, the nearest one above it, and what is wrong with it."""

import pytest

from mailhub.dns.lookup import Unanswered
from mailhub.domains.dmarc import authorisation_name, dmarc
from tests.dns_server import FAILING, Zone
from tests.mailhub.domains.zones import ask, texts

NAME = "news.acme.example"
OWN, ABOVE = "_dmarc.news.acme.example", "_dmarc.acme.example"
RUA = "rua=mailto:d@acme.example"


@pytest.mark.parametrize(
    ("zones", "state", "words"),
    [
        ({}, "missing", "Add the TXT record _dmarc.news.acme.example"),
        ({OWN: texts("hello"), ABOVE: Zone()}, "missing", "Add the TXT record"),
        ({OWN: texts(f"v=DMARC1; p=none; {RUA}")}, "ok", "refuse nothing"),
        ({OWN: texts(f"v=DMARC1; p=reject; {RUA}")}, "ok", "keep out"),
        ({OWN: texts(f"V=DMARC1;P=Quarantine;{RUA}")}, "ok", "keep out"),
        ({OWN: texts("v=DMARC1; p=reject")}, "warning", "Nobody gets the reports"),
        ({OWN: texts("v=DMARC1; p=maybe")}, "wrong", "says no policy"),
        ({OWN: texts("v=DMARC1")}, "wrong", "says no policy"),
        ({OWN: texts("v=DMARC1; p=none", "v=DMARC1; p=reject")}, "wrong", "2 DMARC records"),
        ({OWN: texts(f"v=DMARC1; p=none; adkim=s; {RUA}")}, "warning", "adkim=s"),
        ({ABOVE: texts(f"v=DMARC1; p=reject; {RUA}")}, "ok", "keep out"),
        ({ABOVE: texts(f"v=DMARC1; p=reject; sp=none; {RUA}")}, "ok", "refuse nothing"),
        ({ABOVE: texts(f"v=DMARC1; p=none; {RUA}"), OWN: texts(f"v=DMARC1; p=reject; {RUA}")}, "ok", "keep out"),
    ],
)
def test_dmarc(zones: dict[str, Zone], state: str, words: str) -> None:
    verdict = ask(zones, lambda lookup: dmarc(lookup, NAME))
    assert verdict.state == state, verdict
    assert words in verdict.said


def test_a_name_server_that_fails_is_no_verdict() -> None:
    with pytest.raises(Unanswered):
        ask({OWN: FAILING}, lambda lookup: dmarc(lookup, NAME))


HERE, SERVERS = "dmarc@bounce.news.acme.example", "dmarc@bounce.hub.example"


@pytest.mark.parametrize(
    ("zones", "address", "state", "words"),
    [
        ({OWN: texts(f"v=DMARC1; p=none; rua=mailto:{HERE}")}, HERE, "ok", "refuse nothing"),
        ({OWN: texts(f"v=DMARC1; p=none; rua=mailto:x@y.example, mailto:{HERE.upper()}!10m")}, HERE, "ok", "refuse nothing"),
        ({OWN: texts(f"v=DMARC1; p=none; {RUA}")}, HERE, "ok", f"elsewhere: to read them here, add ,mailto:{HERE}"),
        ({OWN: texts("v=DMARC1; p=none")}, HERE, "warning", "Nobody gets the reports"),
        ({OWN: texts(f"v=DMARC1; p=none; rua=mailto:{SERVERS}")}, SERVERS, "warning", f"{NAME}._report._dmarc.bounce.hub.example"),
        ({ABOVE: texts(f"v=DMARC1; p=none; rua=mailto:{SERVERS}")}, SERVERS, "warning", "acme.example._report._dmarc.bounce.hub"),
        (
            {OWN: texts(f"v=DMARC1; p=reject; rua=mailto:{SERVERS}"),
             f"{NAME}._report._dmarc.bounce.hub.example": texts("v=DMARC1")},
            SERVERS, "ok", "keep out",
        ),
    ],
)  # fmt: skip
def test_whether_the_reports_come_here(zones: dict[str, Zone], address: str, state: str, words: str) -> None:
    verdict = ask(zones, lambda lookup: dmarc(lookup, NAME, address))
    assert verdict.state == state, verdict
    assert words in verdict.said


def test_an_address_of_the_same_organisation_needs_no_leave() -> None:
    assert authorisation_name("acme.co.uk", "dmarc@bounce.acme.co.uk") == ""
    assert authorisation_name("news.acme.co.uk", "dmarc@bounce.acme.co.uk") == ""
    assert authorisation_name("acme.co.uk", "dmarc@bounce.hub.co.uk") == "acme.co.uk._report._dmarc.bounce.hub.co.uk"
