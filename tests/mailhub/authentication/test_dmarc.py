"""DMARC: records, alignment, what is asked, for one author and for several."""

from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailhub.authentication.asking import Asking
from mailhub.authentication.dmarc import (
    MOST_DOMAINS,
    BadRecord,
    Record,
    aligned,
    check_dmarc,
    find_record,
    find_records,
    matters,
    organisation,
    read_record,
)
from mailhub.authentication.mail import Mail
from mailhub.authentication.senders import from_domains
from mailhub.authentication.signature import Texts
from mailhub.authentication.verdicts import Dkim, Dmarc, Spf
from mailhub.config_sections import DnsConfig
from mailhub.dns.asking import Unanswered
from mailhub.dns.blocking import Blocking
from tests.dns_server import SILENT, DnsServer, Zone
from tests.mailhub.authentication.signing import texts

NO_SPF = Spf("none", "", "mailfrom")


def check(
    author: str = "ada@example.com",
    *,
    spf: str = "none other.example",
    dkim: str = "",
    draw: float = 0.5,
    **records: str,
) -> Dmarc:
    """The verdict with the record of example.com, or those of the domains given with `_` for each full stop."""
    result, domain = spf.split()
    signed = [Dkim(*each.split(), "sel") for each in dkim.split(",") if each]
    table = {f"_dmarc.{name.replace('_', '.')}": record.encode() for name, record in records.items()}
    mail = Mail(f"From: {author}\r\n\r\n".encode())
    return verdict(mail, texts(table), Spf(result, domain, "mailfrom"), signed, draw)


def verdict(mail: Mail, lookup: Texts, spf: Spf = NO_SPF, dkim: Sequence[Dkim] = (), draw: float = 0.5) -> Dmarc:
    """The verdict on a mail with these results."""
    domains = from_domains(mail)
    records = {name: find_record(name, lookup) for name in domains} if len(domains) <= MOST_DOMAINS else {}
    return check_dmarc(mail, records, spf, dkim, lambda: draw)


@pytest.mark.parametrize(
    ("record", "spf", "dkim", "result"),
    [
        ("v=DMARC1; p=reject", "pass example.com", "", "pass"),
        ("v=DMARC1; p=reject", "pass news.example.com", "", "pass"),
        ("v=DMARC1; p=reject; aspf=s", "pass news.example.com", "", "fail"),
        ("v=DMARC1; p=reject; aspf=r", "pass news.example.com", "", "pass"),
        ("v=DMARC1; p=reject; aspf=s", "pass example.com", "", "pass"),
        ("v=DMARC1; p=reject", "softfail example.com", "", "fail"),
        ("v=DMARC1; p=reject", "neutral example.com", "", "fail"),
        ("v=DMARC1; p=reject", "pass example.org", "", "fail"),
        ("v=DMARC1; p=reject", "none other.example", "pass example.com", "pass"),
        ("v=DMARC1; p=reject", "fail example.com", "pass mail.example.com", "pass"),
        ("v=DMARC1; p=reject; adkim=s", "fail example.com", "pass mail.example.com", "fail"),
        ("v=DMARC1; p=reject; adkim=S ; ", "fail example.com", "pass mail.example.com", "fail"),
        ("v=DMARC1; p=reject", "fail example.com", "fail example.com,pass example.com", "pass"),
        ("v=DMARC1; p=reject", "fail example.com", "policy example.com", "fail"),
        ("v=DMARC1; p=reject", "fail example.com", "temperror example.com", "temperror"),
        ("v=DMARC1; p=reject", "temperror example.com", "fail example.com", "temperror"),
        ("v=DMARC1; p=reject", "temperror example.org", "fail example.com", "fail"),
        ("v=DMARC1; p=reject", "none other.example", "pass com", "fail"),
        ("v=DMARC1; p=reject", "none other.example", "pass badexample.com", "fail"),
        (" v = DMARC1 ;p=none;x=y", "none other.example", "", "fail"),
        ("v=DMARC2; p=none", "pass example.com", "", "none"),
        ("p=none; v=DMARC1", "pass example.com", "", "none"),
        ("v=DMARC1", "pass example.com", "", "permerror"),
        ("v=DMARC1; p=refuse", "pass example.com", "", "permerror"),
        ("v=DMARC1; p=refuse; rua=mailto:d@example.com", "pass example.com", "", "pass"),
        ("v=DMARC1; rua=nowhere", "pass example.com", "", "permerror"),
        ("v=DMARC1; p=reject; sp=x", "pass example.com", "", "permerror"),
    ],
)
def test_records_and_alignment(record: str, spf: str, dkim: str, result: str) -> None:
    assert check(spf=spf, dkim=dkim, example_com=record).result == result


def test_the_policy_that_holds() -> None:
    record = "v=DMARC1; p=reject; sp=quarantine"
    assert check(example_com=record)[:4] == ("fail", "example.com", "reject", "reject")
    assert check("a@news.example.com", example_com=record)[:4] == (
        "fail", "news.example.com", "quarantine", "quarantine"
    )  # fmt: skip
    own = check("a@news.example.com", example_com=record, news_example_com="v=DMARC1; p=none; sp=reject")
    assert own[:4] == ("fail", "news.example.com", "none", "none")
    assert check("a@a.b.c.example.com", example_com="v=DMARC1; p=Reject").policy == "reject"
    assert check("a@a.b.example.com", b_example_com=record).result == "none"


def test_a_pass_says_the_policy_and_asks_nothing() -> None:
    assert check(spf="pass example.com", example_com="v=DMARC1; p=reject")[2:4] == ("reject", "none")


def test_nothing_published() -> None:
    assert check() == Dmarc("none", "example.com")


@pytest.mark.parametrize(
    ("record", "draw", "asked"),
    [
        ("p=reject; pct=50", 0.49, "reject"),
        ("p=reject; pct=50", 0.5, "quarantine"),
        ("p=quarantine; pct=0", 0.0, "none"),
        ("p=none; pct=0", 0.0, "none"),
        ("p=reject; pct=100", 0.999, "reject"),
        ("p=reject; pct=101", 0.999, "reject"),
        ("p=reject; pct=-1", 0.999, "reject"),
        ("p=reject; pct=many", 0.999, "reject"),
    ],
)
def test_the_percentage(record: str, draw: float, asked: str) -> None:
    assert check(draw=draw, example_com=f"v=DMARC1; {record}").asked == asked


def test_several_records_are_none() -> None:
    mail = Mail(b"From: a@example.com\r\n\r\n")
    found = verdict(mail, lambda name: [b"v=DMARC1; p=reject", b"v=DMARC1; p=none"])
    assert found.result == "none"
    found = verdict(mail, lambda name: [b"v=spf1 -all", b"v=DMARC1; p=reject"])
    assert found.asked == "reject"


def test_a_policy_dns_does_not_tell() -> None:
    def silent(name: str) -> list[bytes]:
        raise Unanswered(name)

    mail = Mail(b"From: a@example.com\r\n\r\n")
    assert verdict(mail, silent)[:2] == ("temperror", "example.com")


@pytest.mark.parametrize("header", ["", "From: \r\n", "From: nobody\r\n", "From: a@b.example\r\nFrom: c@d.example\r\n"])
def test_no_author(header: str) -> None:
    found = verdict(Mail(f"{header}To: x@example.net\r\n\r\n".encode()), texts({}))
    assert found.result == "permerror"
    assert found.missing_from
    assert found.asked == "none"


def test_the_worst_of_several_authors() -> None:
    records = {"example_com": "v=DMARC1; p=quarantine", "example_org": "v=DMARC1; p=reject"}
    both = "ada@example.com, bob@example.org"
    assert check(both, **records)[:4] == ("fail", "example.org", "reject", "reject")
    assert check(both, dkim="pass example.org", **records)[:2] == ("fail", "example.com")
    assert check(both, dkim="pass example.org,pass example.com", **records).result == "pass"
    assert check("a@example.com, b@example.com", dkim="pass example.com", **records).result == "pass"
    assert check("a@example.net, b@example.com", **records)[:2] == ("fail", "example.com")
    assert check(", ".join(f"a@{number}.example" for number in range(11))).missing_from


@pytest.fixture
def bank() -> Iterator[DnsServer]:
    """Servers of domains that say nothing, and of one that does."""
    silent = {f"_dmarc.silent{number}.example": SILENT for number in range(9)}
    with DnsServer({**silent, "_dmarc.bank.example": Zone(txt=("v=DMARC1; p=reject",))}) as server:
        yield server


def test_a_silent_author_hides_no_other(bank: DnsServer) -> None:
    authors = ", ".join([*(f"a@silent{number}.example" for number in range(9)), "ceo@bank.example"])
    dns = Blocking(DnsConfig(resolvers=[bank.address], timeout=20))
    found = dict[str, Record | Dmarc]()
    for seconds in (0.5, 2, 8, 20):  # more for a slow machine; without shares no time is enough
        found = find_records(Mail(f"From: {authors}\r\n\r\n".encode()), Asking(dns, seconds))
        if isinstance(found["bank.example"], Record):
            break
    dns.close()
    assert found.pop("bank.example") == Record("reject", False, False, 100)
    assert [each[0] for each in found.values()] == ["temperror"] * 9


def test_too_many_authors_are_not_asked_about() -> None:
    mail = Mail(f"From: {', '.join(f'a@{number}.example' for number in range(11))}\r\n\r\n".encode())
    with DnsServer({}) as server:
        dns = Blocking(DnsConfig(resolvers=[server.address], timeout=20))
        assert find_records(mail, Asking(dns, 20)) == {}
        dns.close()
    assert not server.asked


def test_whose_signatures_matter() -> None:
    records: dict[str, Record | Dmarc] = {
        "example.com": read_record(b"v=DMARC1; p=none", False),
        "example.org": read_record(b"v=DMARC1; p=none; adkim=s", False),
        "example.net": Dmarc("none", "example.net"),
    }
    signers = ["example.com", "a.example.com", "example.org", "a.example.org", "example.net", "evil.example", ""]
    assert [matters(each, records) for each in signers] == [True, True, True, False, False, False, False]


def test_organisations() -> None:
    assert organisation("a.b.example.co.uk") == "example.co.uk"
    assert organisation("example.com") == "example.com"
    assert organisation("co.uk") == "co.uk"
    assert organisation("a.b.xn--bcher-kva.example") == "xn--bcher-kva.example"
    assert aligned("a.example.co.uk", "b.example.co.uk", False)
    assert not aligned("a.co.uk", "b.co.uk", False)
    assert not aligned("a.example.com", "example.com", True)
    assert not aligned("example.com", "", False)


def test_a_record_read_alone() -> None:
    assert read_record(b"v=DMARC1;p=none;P=reject;pct=7;adkim=s", False) == Record("none", True, False, 7)
    assert read_record(b"v=DMARC1;p=none;sp=REJECT", True) == Record("reject", False, False, 100)


@given(st.binary(max_size=80), st.booleans())
def test_any_record_is_read_or_bad(record: bytes, below: bool) -> None:
    try:
        assert 0 <= read_record(b"v=DMARC1;p=none;" + record, below).percent <= 100
    except BadRecord:
        assert b"p" in record.lower()


@given(st.text(max_size=80))
def test_any_author_has_a_verdict(author: str) -> None:
    mail = Mail(f"From: {author}\r\n\r\n".encode("utf-8", "replace"))
    assert verdict(mail, texts({})).result in ("none", "permerror")
