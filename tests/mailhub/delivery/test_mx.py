"""Where mail goes, by a DNS server on loopback: each case of RFC 5321 section 5.1, and what is done with policies."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from typing import Any, TypeVar

import pytest

from mailhub.config_sections import DnsConfig
from mailhub.delivery.mta_sts import Policy
from mailhub.delivery.mx import ADDRESSES, HOSTS, Destinations, Mx, MxHost, NoMail, open_destinations, short_name
from mailhub.dns.asking import Asker
from mailhub.dns.lookup import Lookup
from mailhub.hub import Hub
from tests.dns_server import FAILING, NULL_MX, SILENT, DnsServer, Zone

T = TypeVar("T")
ZONES = {
    "good.example": Zone(mx=((20, "B.mail.example"), (10, "a.mail.example")), ttl=600),
    "a.mail.example": Zone(a=("203.0.113.1", "203.0.113.11"), aaaa=("2001:db8::1",), ttl=900),
    "b.mail.example": Zone(a=("203.0.113.2",)),
    "six.mail.example": Zone(aaaa=("2001:db8::6",)),
    "equal.example": Zone(mx=((10, "a.mail.example"), (10, "b.mail.example"), (20, "six.mail.example"))),
    "null.example": NULL_MX,
    "nullish.example": Zone(mx=((0, "."), (10, "b.mail.example"))),
    "web.example": Zone(a=("203.0.113.3",)),
    "web6.example": Zone(aaaa=("2001:db8::3",)),
    "nothing.example": Zone(),
    "hostless.example": Zone(mx=((10, "gone.example"), (20, "nothing.example"), (30, "203.0.113.9"))),
    "noway.example": Zone(mx=((10, "zero.example"),)),
    "zero.example": Zone(a=("0.0.0.0", "224.0.0.1", "255.255.255.255"), aaaa=("::", "ff02::1", "::ffff:7f00:1")),
    "half.example": Zone(mx=((10, "failing.example"), (20, "b.mail.example"))),
    "unsure.example": Zone(mx=((10, "failing.example"), (20, "gone.example"))),
    "failing.example": FAILING,
    "silent.example": SILENT,
    "alias.example": Zone(cname="good.example"),
    "adrift.example": Zone(cname="gone.example"),
    "weblias.example": Zone(cname="web.example"),
    "xn--bcher-kva.example": Zone(mx=((10, "b.mail.example"),)),
    "ours.example": Zone(mx=((10, "mail.here.example"), (20, "b.mail.example"))),
    "backup.example": Zone(mx=((10, "a.mail.example"), (20, "MAIL.here.example"), (20, "b.mail.example"), (30, "c.example"))),
    "localhost.example": Zone(mx=((10, "localhost"),)),
    "loop.example": Zone(mx=((10, "loop.mail.example"),)),
    "loop.mail.example": Zone(a=("127.0.0.1",)),
    "behind.example": Zone(mx=((10, "failing.example"), (20, "loop.mail.example"), (30, "b.mail.example"))),
    "mail.here.example": Zone(a=("203.0.113.200",)),
    "crowd.example": Zone(mx=tuple((n, f"h{n}.crowd.example") for n in range(30))),
    **{f"h{n}.crowd.example": Zone(a=tuple(f"203.0.{n}.{k}" for k in range(1, 6))) for n in range(30)},
}  # fmt: skip


@pytest.fixture
def dns() -> Iterator[DnsServer]:
    with DnsServer(dict(ZONES)) as server:
        yield server


class Fixed:
    """Policies that are given instead of found."""

    def __init__(self, **modes: tuple[str, tuple[str, ...]]) -> None:
        self.modes = modes

    async def policy(self, domain: str) -> Policy | None:
        mode: Any = self.modes.get(domain.partition(".")[0])
        return Policy("1", mode[0], mode[1], 86400) if mode else None


def ask(dns: DnsServer, work: Callable[[Destinations], Awaitable[T]], timeout: float = 20, **options: Any) -> T:
    async def run() -> T:
        lookup = Lookup(Asker([("127.0.0.1", dns.port)], timeout))
        try:
            return await work(Destinations(lookup, names=["mail.here.example"], **options))
        finally:
            lookup.close()

    return asyncio.run(run())


def find(dns: DnsServer, domain: str, **options: Any) -> Mx:
    return ask(dns, lambda at: at.destination(domain), **options)


def refusal(dns: DnsServer, domain: str, **options: Any) -> tuple[str, int, str]:
    with pytest.raises(NoMail) as caught:
        find(dns, domain, **options)
    outcome = caught.value.outcome
    assert outcome.text.endswith(".")
    return outcome.kind, outcome.code, outcome.enhanced


def names(mx: Mx) -> list[str]:
    return [host.name for host in mx.hosts]


def test_servers_in_order_of_preference_with_their_addresses(dns: DnsServer) -> None:
    mx = find(dns, "good.example")
    assert names(mx) == ["a.mail.example", "b.mail.example"]
    assert set(mx.hosts[0].addresses[:2]) == {"203.0.113.1", "203.0.113.11"}
    assert mx.hosts[0].addresses[2:] == ("2001:db8::1",)
    assert (mx.key, mx.provider, mx.certified, mx.policy) == ("a.mail.example; b.mail.example", "", False, None)


def test_equal_ones_are_shuffled_and_worse_ones_stay_behind(dns: DnsServer) -> None:
    async def often(at: Destinations) -> set[tuple[str, ...]]:
        mx = await at.destination("equal.example")
        return {tuple(host.name[0] for host, _ in mx.attempts("203.0.113.99")) for _ in range(100)}

    seen = ask(dns, often)
    assert seen == {("a", "a", "b"), ("b", "a", "a")}
    assert find(dns, "equal.example").key == "a.mail.example, b.mail.example; six.mail.example"


@pytest.mark.parametrize(
    ("domain", "hosts"),
    [
        ("web.example", ["web.example"]),
        ("web6.example", ["web6.example"]),
        ("alias.example", ["a.mail.example", "b.mail.example"]),
        ("weblias.example", ["web.example"]),
        ("Bücher.example", ["b.mail.example"]),
        ("nullish.example", ["b.mail.example"]),
        ("half.example", ["b.mail.example"]),
    ],
)
def test_other_ways_to_a_server(dns: DnsServer, domain: str, hosts: list[str]) -> None:
    assert names(find(dns, domain)) == hosts


@pytest.mark.parametrize(
    ("domain", "kind", "code", "enhanced"),
    [
        ("null.example", "bounced", 556, "5.1.10"),
        ("gone.example", "bounced", 550, "5.1.2"),
        ("adrift.example", "bounced", 550, "5.1.2"),
        ("no name", "bounced", 550, "5.1.2"),
        ("", "bounced", 550, "5.1.2"),
        ("nothing.example", "bounced", 550, "5.1.2"),
        ("hostless.example", "bounced", 550, "5.1.2"),
        ("noway.example", "bounced", 550, "5.1.2"),
        ("failing.example", "deferred", 451, "4.4.3"),
        ("unsure.example", "deferred", 451, "4.4.3"),
        ("ours.example", "bounced", 554, "5.4.6"),
        ("localhost.example", "bounced", 554, "5.4.6"),
        ("loop.example", "bounced", 554, "5.4.6"),
        ("behind.example", "deferred", 451, "4.4.3"),
    ],
)
def test_nowhere_to_go(dns: DnsServer, domain: str, kind: str, code: int, enhanced: str) -> None:
    assert refusal(dns, domain) == (kind, code, enhanced)


def test_silence_is_no_verdict(dns: DnsServer) -> None:
    assert refusal(dns, "silent.example", timeout=0.1) == ("deferred", 451, "4.4.3")


def test_where_we_are_a_backup_only_better_servers_are_asked(dns: DnsServer) -> None:
    assert names(find(dns, "backup.example")) == ["a.mail.example"]


def test_this_machine_is_not_ourselves_at_a_port_we_do_not_listen_on(dns: DnsServer) -> None:
    assert find(dns, "loop.example", port=2600).attempts() == [
        (MxHost("loop.mail.example", ("127.0.0.1",), 10), "127.0.0.1")
    ]
    assert refusal(dns, "loop.example", port=2600, ports=[2600])[2] == "5.4.6"


@pytest.mark.parametrize(
    ("literal", "address"),
    [("[203.0.113.7]", "203.0.113.7"), ("[IPv6:2001:db8::7]", "2001:db8::7"), ("[ipv6:2001:DB8:0::7]", "2001:db8::7")],
)
def test_address_literals(dns: DnsServer, literal: str, address: str) -> None:
    mx = find(dns, literal)
    assert (mx.key, [(host.name, host.addresses) for host in mx.hosts]) == (literal.lower(), [(address, (address,))])
    assert dns.asked == {}


@pytest.mark.parametrize(
    "literal",
    ["[]", "[192.0.2]", "[203.0.113.7", "[example.com]", "[0.0.0.0]", "[2001:db8::1]", "[IPv6:203.0.113.1.2]"],
)
def test_literals_that_are_none(dns: DnsServer, literal: str) -> None:
    assert refusal(dns, literal) == ("bounced", 550, "5.1.2")


def test_a_literal_that_is_here(dns: DnsServer) -> None:
    assert refusal(dns, "[127.0.0.1]") == ("bounced", 554, "5.4.6")


def test_an_address_to_leave_from_decides_the_family(dns: DnsServer) -> None:
    mx = find(dns, "good.example")
    assert {address for _, address in mx.attempts("203.0.113.99")} == {"203.0.113.1", "203.0.113.11", "203.0.113.2"}
    assert [address for _, address in mx.attempts("2001:db8::99")] == ["2001:db8::1"]
    with pytest.raises(NoMail) as caught:
        find(dns, "web6.example").attempts("203.0.113.99")
    assert (caught.value.outcome.kind, caught.value.outcome.enhanced) == ("deferred", "4.4.4")


def test_crowds_are_cut(dns: DnsServer) -> None:
    mx = find(dns, "crowd.example")
    assert names(mx) == [f"h{n}.crowd.example" for n in range(HOSTS)]
    assert len(mx.attempts("10.0.0.1")) == ADDRESSES


def test_who_has_many_domains_is_one_destination(dns: DnsServer) -> None:
    asked: list[tuple[list[str], str]] = []

    def provider(hosts: Any, domain: str) -> str:
        asked.append((list(hosts), domain))
        return "mailer"

    mx = find(dns, "good.example", provider=provider)
    assert (mx.key, mx.provider, mx.party) == ("mailer: a.mail.example; b.mail.example", "mailer", "mailer")
    assert asked == [(["a.mail.example"], "good.example"), (["b.mail.example"], "good.example")]


def test_one_server_of_a_provider_beside_others_makes_nobody_that_providers(dns: DnsServer) -> None:
    mx = find(dns, "good.example", provider=lambda hosts, domain: "mailer" if hosts[0].startswith("b.") else "")
    assert (mx.key, mx.provider) == ("a.mail.example; b.mail.example", "")


def test_a_key_is_no_longer_than_a_row_can_have() -> None:
    long = [f"{n}{'x' * 60}.{'y' * 60}.{'z' * 60}.example" for n in range(10)]
    zones = {name: Zone(a=("203.0.113.4",)) for name in [*long, "v.example", "w.example"]}
    for number, last in enumerate(["v.example", "w.example"]):
        zones[f"long{number}.example"] = Zone(mx=tuple(enumerate([*long[:9], last])))
    with DnsServer(zones) as dns:
        one, other = find(dns, "long0.example").key, find(dns, "long1.example").key
    assert one != other
    assert len(one) < 200


def test_what_is_known_is_not_asked_again_and_ends_with_the_shortest_time_to_live(dns: DnsServer) -> None:
    async def twice(at: Destinations) -> float:
        first = await at.destination("good.example")
        dns.asked.clear()
        assert await at.destination("good.example") is first
        assert at.known("good.example") is first
        assert at.known("web.example") is None
        for _ in range(2):
            with pytest.raises(NoMail):
                await at.destination("null.example")
        assert dns.asked == {("null.example", "MX"): 1}
        return first.expires - asyncio.get_running_loop().time()

    assert 200 < ask(dns, twice) <= 300  # b.mail.example holds for 300 s, the others longer


def test_an_enforced_policy_leaves_its_hosts_alone_and_asks_for_certificates(dns: DnsServer) -> None:
    fixed = Fixed(
        good=("enforce", ("b.mail.example",)), equal=("enforce", ("*.else.example",)), web=("testing", ("x.example",))
    )
    mx = find(dns, "good.example", policies=fixed)
    assert (names(mx), mx.certified, mx.key) == (["b.mail.example"], True, "certified b.mail.example")
    assert mx.party == "b.mail.example"
    assert refusal(dns, "equal.example", policies=fixed) == ("deferred", 451, "4.7.5")
    tried = find(dns, "web.example", policies=fixed)
    assert (names(tried), tried.certified, tried.policy and tried.policy.mode) == (["web.example"], False, "testing")
    assert refusal(dns, "null.example", policies=fixed)[2] == "5.1.10"
    assert not find(dns, "alias.example", policies=fixed).certified


def test_as_configured(dns: DnsServer, sqlite_core: Hub) -> None:
    async def on(work: Callable[..., Any], *arguments: Any) -> Any:
        return await asyncio.to_thread(work, *arguments)

    async def run() -> Any:
        at = open_destinations(sqlite_core, on, lambda hosts, domain: "mailer", ["helo.here.example"])
        try:
            return await at.destination("good.example"), at.names
        finally:
            at.close()

    sections = replace(sqlite_core.config, dns=DnsConfig([dns.address], 20))
    sections = replace(sections, delivery=replace(sections.delivery, private_mx=True))
    sqlite_core.config = replace(sections, smtp=replace(sections.smtp, hostname="MAIL.here.example"))
    mx, ours = asyncio.run(run())
    assert (mx.key, ours) == (
        "mailer: a.mail.example; b.mail.example",
        {"mail.here.example", "helo.here.example", "localhost"},
    )
    assert dns.asked["_mta-sts.good.example", "TXT"] == 1


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("mx.a.example", "mx.a.example"),
        ("a.mail.example, b.mail.example; six.mail.example", "a.mail.example +2"),
        ("certified mx.a.example; mx.b.example", "mx.a.example +1"),
        ("certified google: a.google.com, b.google.com", "google"),
        ("[ipv6:2001:db8::1]", "[ipv6:2001:db8::1]"),
        ("", ""),
    ],
)
def test_people_are_shown_whose_servers_they_are_or_the_first(key: str, shown: str) -> None:
    assert short_name(key) == shown
