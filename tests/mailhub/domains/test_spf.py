"""SPF evaluated over a real name server: every mechanism, the limits of RFC 7208 section 4.6.4, records that are broken."""

from ipaddress import ip_address

import pytest

from mailhub.dns.lookup import Lookup, Unanswered
from mailhub.domains.spf import Broken, Outcome, Spf, evaluate, find_record, read
from tests.dns_server import FAILING, Zone
from tests.mailhub.domains.zones import ask, texts

ZONES = {
    "four.example": texts("v=spf1 ip4:192.0.2.0/24 -all", "something else"),
    "six.example": texts("v=spf1 ip6:2001:db8::/32 ~all"),
    "host.example": Zone(a=("192.0.2.10",), aaaa=("2001:db8::1",), txt=("v=spf1 a -all",)),
    "near.example": Zone(a=("192.0.2.99",), txt=("v=spf1 a/24//64 -all",)),
    "other.example": texts("v=spf1 a:host.example ?all"),
    "mx.example": Zone(mx=((10, "host.example"), (20, "gone.example")), txt=("v=spf1 mx -all",)),
    "include.example": texts("V=SPF1 include:fail.example include:four.example -all"),
    "fail.example": texts("v=spf1 -all"),
    "redirect.example": texts("v=spf1 redirect=four.example exp=why.example"),
    "ignored.example": texts("v=spf1 redirect=nothing.example +all"),
    "open.example": texts("v=spf1"),
    "exists.example": texts("v=spf1 exists:%{ir}.list.example -all"),
    "10.2.0.192.list.example": Zone(a=("127.0.0.2",)),
    "ptr.example": texts("v=spf1 ptr -all"),
    "10.2.0.192.in-addr.arpa": Zone(ptr=("out.ptr.example", "out.strange.example")),
    "out.ptr.example": Zone(a=("192.0.2.10",)),
    "nothing.example": Zone(),
    "two.example": texts("v=spf1 -all", "v=spf1 +all"),
    "lost.example": texts("v=spf1 include:nothing.example -all"),
    "astray.example": texts("v=spf1 redirect=nothing.example"),
    "loop.example": texts("v=spf1 include:loop.example -all"),
    "circle.example": texts("v=spf1 redirect=about.example"),
    "about.example": texts("v=spf1 redirect=circle.example"),
    "void.example": texts("v=spf1 a:a.gone.example a:b.gone.example ip4:192.0.2.10 -all"),
    "voids.example": texts("v=spf1 a:a.gone.example a:b.gone.example a:c.gone.example ip4:192.0.2.10 -all"),
    "ten.example": texts("v=spf1 " + " ".join(["a:host.example"] * 9) + " include:four.example -all"),
    "eleven.example": texts("v=spf1 " + " ".join(["a:two.host.example"] * 9) + " include:inner.example -all"),
    "inner.example": texts("v=spf1 mx:mx.example -all"),
    "two.host.example": Zone(a=("192.0.2.2",)),
    "early.example": texts("v=spf1 ip4:192.0.2.10 " + " ".join(["a:two.host.example"] * 11) + " -all"),
    "crowd.example": Zone(mx=tuple((n, f"m{n}.example") for n in range(11)), txt=("v=spf1 mx -all",)),
    "down.example": texts("v=spf1 include:failing.example -all"),
    "failing.example": FAILING,
}  # fmt: skip


def check(domain: str, address: str | None = "192.0.2.10") -> tuple[str, int]:
    """The result of an evaluation and how many terms asked DNS."""

    async def work(lookup: Lookup) -> tuple[str, int]:
        spf = Spf(lookup, ip_address(address) if address else None)
        return await spf.check(domain), spf.lookups

    return ask(ZONES, work)


@pytest.mark.parametrize(
    ("domain", "address", "result", "lookups"),
    [
        ("four.example", "192.0.2.10", "pass", 0),
        ("four.example", "198.51.100.1", "fail", 0),
        ("four.example", "2001:db8::1", "fail", 0),
        ("six.example", "2001:db8::1", "pass", 0),
        ("six.example", "192.0.2.10", "softfail", 0),
        ("host.example", "192.0.2.10", "pass", 1),
        ("host.example", "2001:db8::1", "pass", 1),
        ("host.example", "192.0.2.11", "fail", 1),
        ("near.example", "192.0.2.10", "pass", 1),
        ("near.example", "198.51.100.1", "fail", 1),
        ("other.example", "192.0.2.10", "pass", 1),
        ("other.example", "192.0.2.11", "neutral", 1),
        ("mx.example", "192.0.2.10", "pass", 1),
        ("mx.example", "192.0.2.11", "fail", 1),
        ("include.example", "192.0.2.10", "pass", 2),
        ("include.example", "198.51.100.1", "fail", 2),
        ("redirect.example", "192.0.2.10", "pass", 1),
        ("ignored.example", "198.51.100.1", "pass", 0),
        ("open.example", "192.0.2.10", "neutral", 0),
        ("exists.example", "192.0.2.10", "pass", 1),
        ("exists.example", "192.0.2.11", "fail", 1),
        ("ptr.example", "192.0.2.10", "pass", 1),
        ("ptr.example", "192.0.2.11", "fail", 1),
        ("nothing.example", "192.0.2.10", "none", 0),
        ("gone.example", "192.0.2.10", "none", 0),
        ("void.example", "192.0.2.10", "pass", 2),
        ("ten.example", "198.51.100.1", "fail", 10),
        ("early.example", "192.0.2.10", "pass", 0),
    ],
)
def test_what_receivers_conclude(domain: str, address: str, result: str, lookups: int) -> None:
    assert check(domain, address) == (result, lookups)


@pytest.mark.parametrize(
    ("domain", "words"),
    [
        ("two.example", "two.example has 2 SPF records"),
        ("lost.example", "includes nothing.example, which has none"),
        ("astray.example", "leads to nothing.example"),
        ("loop.example", "more than 10 look-ups"),
        ("circle.example", "more than 10 look-ups"),
        ("eleven.example", "more than 10 look-ups"),
        ("voids.example", "more than 2 hosts that do not exist"),
        ("crowd.example", "more than 10 hosts"),
    ],
)
def test_what_receivers_cannot_use(domain: str, words: str) -> None:
    with pytest.raises(Broken, match=words):
        check(domain)


def test_a_walk_without_an_address_counts_everything() -> None:
    assert check("include.example", None) == ("fail", 2)
    with pytest.raises(Broken, match="more than 10"):
        check("early.example", None)


def test_a_name_server_that_fails_is_no_verdict() -> None:
    with pytest.raises(Unanswered):
        check("down.example")


@pytest.mark.parametrize(
    "record",
    [
        "v=spf1 ip4:192.0.2.0/33", "v=spf1 ip4:2001:db8::1", "v=spf1 ip6:192.0.2.1", "v=spf1 ip4", "v=spf1 include",
        "v=spf1 include:", "v=spf1 all:x", "v=spf1 a/33", "v=spf1 a//129", "v=spf1 include:a.example/24", "v=spf1 hello",
        "v=spf1 192.0.2.1", "v=spf1 redirect=", "v=spf1 redirect=a redirect=b", "v=spf1 ip4:192.0.2.0/24//64", "v=spf1 exists",
    ],
)  # fmt: skip
def test_a_record_that_cannot_be_read(record: str) -> None:
    with pytest.raises(Broken):
        read(record)


def test_a_record_is_read() -> None:
    policy = read("v=spf1 ~mx:a.example/24//64 unknown=1 redirect=b.example")
    assert [tuple(term) for term in policy.terms] == [("softfail", "mx", "a.example", 24, 64)]
    assert policy.redirect == "b.example"
    assert read("v=spf1 -all redirect=b.example").redirect == ""


def test_the_record_is_found_among_others() -> None:
    assert ask(ZONES, lambda lookup: find_record(lookup, "four.example")) == "v=spf1 ip4:192.0.2.0/24 -all"
    assert ask(ZONES, lambda lookup: find_record(lookup, "nothing.example")) is None


def judge(domain: str, *addresses: str) -> Outcome:
    return ask(ZONES, lambda lookup: evaluate(lookup, domain, addresses))


def test_all_our_addresses_are_evaluated() -> None:
    assert judge("four.example", "192.0.2.10", "192.0.2.11").outside == ()
    assert judge("four.example", "192.0.2.10", "2001:db8::1").outside == ("2001:db8::1",)
    assert judge("nothing.example", "192.0.2.10").record is None
    assert judge("include.example").included == {"fail.example", "four.example"}


def test_a_record_over_the_limit_is_told_where_our_address_comes_early() -> None:
    outcome = judge("early.example", "192.0.2.10")
    assert outcome.outside == ()
    assert outcome.over is not None
    assert "more than 10" in outcome.over
    assert judge("ten.example", "192.0.2.10").over is None
    with pytest.raises(Broken):
        judge("eleven.example", "192.0.2.10")
    with pytest.raises(Broken):
        judge("early.example")
