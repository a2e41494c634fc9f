"""SPF over real DNS questions: every mechanism, modifier, macro and limit of RFC 7208, with zones of our own."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailhub.authentication.asking import Asking
from mailhub.authentication.spf import check_spf
from mailhub.authentication.verdicts import Spf
from mailhub.config_sections import DnsConfig
from mailhub.dns.blocking import Blocking
from tests.dns_server import FAILING, DnsServer, Zone

FOUR, SIX = "192.0.2.25", "2001:db8::25"


def spf(*records: str, **more: object) -> Zone:
    """A domain with these SPF records."""
    return Zone(txt=tuple(f"v=spf1 {record}".rstrip() for record in records), **more)  # type: ignore[arg-type]


ZONES = {
    "all.example": spf("+all"),
    "ip.example": spf("ip4:192.0.2.0/24 ip6:2001:db8::/32 -all"),
    "one.example": spf("ip4:192.0.2.25 -ip4:192.0.2.26 ~ip4:192.0.2.27 ?all"),
    "a.example": spf("a -all", a=(FOUR,), aaaa=(SIX,)),
    "net.example": spf("a:a.example/24//64 -all"),
    "mx.example": spf("mx -all", mx=((10, "a.example"), (20, "gone.example"))),
    "mx6.example": spf("mx ip6:2001:db8::25 -all", mx=tuple((number, f"m{number}.example") for number in range(5))),
    **{f"m{number}.example": Zone(a=("198.51.100.1",)) for number in range(5)},
    "manymx.example": spf("mx -all", mx=tuple((number, f"m{number}.example") for number in range(11))),
    "ptr.example": spf("ptr -all"),
    "25.2.0.192.in-addr.arpa": Zone(ptr=("liar.example", "failing.example", "host.ptr.example")),
    "liar.example": Zone(a=("198.51.100.1",)),
    "host.ptr.example": Zone(a=(FOUR,)),
    "26.2.0.192.in-addr.arpa": FAILING,
    "exists.example": spf("exists:%{ir}.%{v}.%{l1r-}.%{d2}.list.example -all"),
    "25.2.0.192.in-addr.ada.exists.example.list.example": Zone(a=("127.0.0.2",)),
    "include.example": spf("include:ip.example -all"),
    "includes-softly.example": spf("include:soft.example ?all"),
    "soft.example": spf("~all"),
    "includes-none.example": spf("include:none.example -all"),
    "includes-failing.example": spf("include:failing.example -all"),
    "redirect.example": spf("ip4:198.51.100.1 redirect=ip.example"),
    "redirect-unused.example": spf("redirect=none.example ?all"),
    "redirect-none.example": spf("redirect=none.example"),
    "loop.example": spf("include:loop.example"),
    "loop-a.example": spf("include:loop-b.example"),
    "loop-b.example": spf("redirect=loop-a.example"),
    "alias.example": Zone(cname="ip.example"),
    "none.example": Zone(txt=("something else",)),
    "neutral.example": spf(""),
    "two.example": spf("-all", "+all"),
    "case.example": Zone(txt=("V=sPf1 IP4:192.0.2.25 -ALL",)),
    "nearly.example": Zone(txt=("v=spf10 -all",)),
    "failing.example": FAILING,
    "bad.example": spf("ip4:192.0.2.256 -all"),
    "unknown.example": spf("mechanism:x -all"),
    "modifier.example": spf("ip4:192.0.2.25 future=%{d} -all"),
    "macro.example": spf("exists:%{s}.%{o} exists:%{z} -all"),
    "exp.example": spf("-all exp=why.exp.example"),
    "long.example": spf(" ".join(["ip4:198.51.100.1"] * 300) + " +all"),
    "ten.example": spf(" ".join(f"exists:yes{number}.example" for number in range(9)) + " a:a.example -all"),
    "eleven.example": spf(" ".join(f"exists:no{number % 2}.m0.example" for number in range(11)) + " +all"),
    "eleven-terms.example": spf(" ".join(["a:m0.example"] * 11) + " +all"),
    "void.example": spf("a:v1.example a:v2.example a:v3.example +all"),
    "void-two.example": spf("a:v1.example a:v2.example +all"),
    "quoted.example": spf("exists:%{l}.exists.example -all"),
    "helo.example": spf("ip4:192.0.2.25 -all"),
    "deep.example": spf("exists:%{d}." + "%{d1r}." * 60 + "end.example -all"),
    "xn--bcher-kva.example": spf("ip4:192.0.2.25 -all"),
}


@pytest.fixture(scope="module")
def server() -> Iterator[DnsServer]:
    """A DNS server that knows `ZONES`."""
    with DnsServer(ZONES) as made:
        yield made


@pytest.fixture(scope="module")
def dns(server: DnsServer) -> Iterator[Blocking]:
    """The lookup that asks it."""
    made = Blocking(DnsConfig(resolvers=[server.address], timeout=20))
    yield made
    made.close()


def check(dns: Blocking, sender: str, ip: str = FOUR, helo: str = "helo.example") -> Spf:
    """The verdict on a sender, or a local part `ada` at a domain."""
    return check_spf(ip, helo, sender if "@" in sender or not sender else f"ada@{sender}", Asking(dns, 20))


@pytest.mark.parametrize(
    ("domain", "ip", "result"),
    [
        ("all.example", FOUR, "pass"),
        ("ip.example", FOUR, "pass"),
        ("ip.example", SIX, "pass"),
        ("ip.example", "198.51.100.1", "fail"),
        ("ip.example", "::ffff:192.0.2.25", "pass"),
        ("one.example", FOUR, "pass"),
        ("one.example", "192.0.2.26", "fail"),
        ("one.example", "192.0.2.27", "softfail"),
        ("one.example", "192.0.2.28", "neutral"),
        ("a.example", FOUR, "pass"),
        ("a.example", SIX, "pass"),
        ("a.example", "192.0.2.26", "fail"),
        ("net.example", "192.0.2.200", "pass"),
        ("net.example", "2001:db8::ffff", "pass"),
        ("net.example", "2001:db8:0:1::1", "fail"),
        ("mx.example", FOUR, "pass"),
        ("mx.example", "192.0.2.26", "fail"),
        ("mx6.example", SIX, "pass"),
        ("manymx.example", FOUR, "permerror"),
        ("ptr.example", FOUR, "pass"),
        ("ptr.example", "192.0.2.26", "fail"),
        ("exists.example", FOUR, "pass"),
        ("exists.example", "192.0.2.26", "fail"),
        ("include.example", FOUR, "pass"),
        ("include.example", "198.51.100.1", "fail"),
        ("includes-softly.example", FOUR, "neutral"),
        ("includes-none.example", FOUR, "permerror"),
        ("includes-failing.example", FOUR, "temperror"),
        ("redirect.example", FOUR, "pass"),
        ("redirect.example", "198.51.100.2", "fail"),
        ("redirect-unused.example", FOUR, "neutral"),
        ("redirect-none.example", FOUR, "permerror"),
        ("loop.example", FOUR, "permerror"),
        ("loop-a.example", FOUR, "permerror"),
        ("alias.example", FOUR, "pass"),
        ("none.example", FOUR, "none"),
        ("gone.example", FOUR, "none"),
        ("neutral.example", FOUR, "neutral"),
        ("two.example", FOUR, "permerror"),
        ("case.example", FOUR, "pass"),
        ("nearly.example", FOUR, "none"),
        ("failing.example", FOUR, "temperror"),
        ("bad.example", FOUR, "permerror"),
        ("unknown.example", FOUR, "permerror"),
        ("modifier.example", FOUR, "pass"),
        ("macro.example", FOUR, "permerror"),
        ("exp.example", FOUR, "fail"),
        ("long.example", FOUR, "permerror"),
        ("eleven-terms.example", FOUR, "permerror"),
        ("void.example", FOUR, "permerror"),
        ("void-two.example", FOUR, "pass"),
        ("deep.example", FOUR, "fail"),
        ("bücher.example", FOUR, "pass"),
    ],
)
def test_results(dns: Blocking, domain: str, ip: str, result: str) -> None:
    assert check(dns, domain, ip).result == result


def test_whose_verdict_it_is(dns: Blocking) -> None:
    assert check(dns, "Ada@IP.example")[:3] == ("pass", "ip.example", "mailfrom")
    assert check(dns, "")[:3] == ("pass", "helo.example", "helo")
    assert check(dns, "", "192.0.2.26")[:3] == ("fail", "helo.example", "helo")
    assert check(dns, "", helo="")[:3] == ("none", "", "helo")
    assert check(dns, "", helo="[192.0.2.25]").result == "none"
    assert check(dns, "", helo="localhost").result == "none"
    assert check(dns, "bücher.example").domain == "xn--bcher-kva.example"


@pytest.mark.parametrize(
    "sender", ["@ip.example", '"a b@c"@ip.example', "a@b@ip.example", "é@ip.example", "\0@ip.example"]
)
def test_odd_local_parts(dns: Blocking, sender: str) -> None:
    assert check(dns, sender).result == "pass"


@pytest.mark.parametrize(
    "sender", ["ada@", "ada@..", "ada@[192.0.2.25]", "ada@ip example", "ada@" + "x" * 64 + ".example", "@"]
)
def test_senders_without_a_domain(dns: Blocking, sender: str) -> None:
    assert check(dns, sender).result == "none"


def test_no_address_no_verdict(dns: Blocking) -> None:
    assert check(dns, "ip.example", "unix:/run/x")[:2] == ("none", "ip.example")
    assert check(dns, "ip.example", "").result == "none"


def test_ten_questions_are_enough(dns: Blocking, server: DnsServer) -> None:
    before = sum(server.asked.values())
    assert check(dns, "eleven.example").result == "permerror"
    assert sum(server.asked.values()) - before <= 12


def test_why_is_not_asked(dns: Blocking, server: DnsServer) -> None:
    assert check(dns, "exp.example").result == "fail"
    assert not any(name == "why.exp.example" for name, _ in server.asked)


def test_why_it_is_an_error(dns: Blocking) -> None:
    assert "failing.example" in check(dns, "failing.example").reason
    assert check(dns, "long.example").reason == "the record is too long"


def test_no_time_left(dns: Blocking) -> None:
    assert check_spf(FOUR, "helo.example", "a@ip.example", Asking(dns, 0)).result == "temperror"


_MECHANISMS = st.text(alphabet="aimxptrlcudehov46:/.%{}-+?~= 0129\u00e9", max_size=60)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(record=_MECHANISMS)
def test_any_record_has_a_verdict(dns: Blocking, server: DnsServer, record: str) -> None:
    name = f"any{abs(hash(record))}.example"
    ZONES[name] = spf(record)
    try:
        assert check(dns, name).result in ("pass", "fail", "softfail", "neutral", "permerror", "none", "temperror")
    finally:
        del ZONES[name]
