"""MTA-STS policies: found by DNS, fetched from a real HTTPS server, kept in the table, held to until they end."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from mailhub.delivery import mta_sts
from mailhub.delivery.mta_sts import NOT_AGAIN, Policies, Policy, read, report
from mailhub.delivery.mta_sts_rows import StsPolicy
from mailhub.delivery.tls import Trust
from mailhub.dns.asking import Asker
from mailhub.dns.lookup import Lookup
from mailhub.hub import Hub
from mailhub.testing import Clock
from tests.dns_server import FAILING, DnsServer, Zone
from tests.mailhub.delivery.authority import Authority, self_signed
from tests.mailhub.delivery.https_server import HttpsServer, Step, answer
from tests.mailhub.domains.zones import configure

DOMAIN = "good.example"
AUTHORITY = Authority()
TEXT = "version: STSv1\r\nmode: enforce\r\nmx: a.mail.example\r\nmx: *.Bücher.example\r\nmax_age: 604800\r\n".encode()
HOUR = 3600.0


class World:
    """DNS, a web server and one process's policies, whose clocks are moved together."""

    def __init__(self, hub: Hub, dns: DnsServer, web: HttpsServer, zones: dict[str, Zone]) -> None:
        self.hub, self.dns, self.web, self.zones = hub, dns, web, zones
        self.hub.clock = self.clock = Clock()
        configure(hub, "delivery", private_mx=True)
        self.queries = 0

    def says(self, identity: str, *says: Step) -> None:
        """What the domain tells from now on; no id: no record."""
        self.zones.pop(f"_mta-sts.{DOMAIN}", None)
        if identity:
            self.zones[f"_mta-sts.{DOMAIN}"] = Zone(txt=(f"v=STSv1; id={identity};",), ttl=60)
        self.web.says = says

    def later(self, seconds: float) -> None:
        self.clock.move(seconds)

    async def on(self, work: Callable[..., Any], *arguments: Any) -> Any:
        self.queries += 1
        return await asyncio.to_thread(work, *arguments)

    def policies(self, trust: str = AUTHORITY.pem) -> tuple[Policies, Lookup]:
        lookup = Lookup(Asker([("127.0.0.1", self.dns.port)], 20), clock=self.clock)
        return Policies(self.hub, lookup, self.on, port=self.web.port, trust=Trust(trust), patience=20), lookup


Scene = Callable[[Policies], Awaitable[Any]]


def play(world: World, scene: Scene, **options: Any) -> Any:
    async def run() -> Any:
        policies, lookup = world.policies(**options)
        try:
            return await scene(policies)
        finally:
            lookup.close()

    return asyncio.run(run())


def ask(world: World, **options: Any) -> Policy | None:
    """By a process that has just begun."""
    told: Policy | None = play(world, lambda at: at.policy(DOMAIN), **options)
    return told


@pytest.fixture
def world(sqlite_core: Hub) -> Iterator[World]:
    zones = {f"mta-sts.{DOMAIN}": Zone(a=("127.0.0.1",))}
    with DnsServer(zones) as dns, HttpsServer(AUTHORITY.server([f"mta-sts.{DOMAIN}"])) as web:
        yield World(sqlite_core, dns, web, zones)


def test_a_policy_is_found_once_for_all_processes(world: World) -> None:
    world.says("1", answer(TEXT))
    policy = ask(world)
    assert policy is not None
    assert (policy.id, policy.mode, policy.max_age) == ("1", "enforce", 604800)
    assert policy.hosts == ("a.mail.example", "*.xn--bcher-kva.example")
    world.says("1")
    assert ask(world) == policy
    assert world.web.heard == [f"GET /.well-known/mta-sts.txt HTTP/1.1 Host: mta-sts.{DOMAIN}"]


def test_a_domain_without_one_costs_one_question(world: World) -> None:
    async def often(policies: Policies) -> None:
        for _ in range(20):
            assert await policies.policy(DOMAIN) is None

    play(world, often)
    assert world.dns.asked == {(f"_mta-sts.{DOMAIN}", "TXT"): 1}
    assert world.queries == 1, "the table is read once at first"


@pytest.mark.parametrize(
    "texts",
    [
        ("v=spf1 -all",), ("v=STSv1",), ("v=STSv1; id=;",), ("v=STSv1; id=a-b;",), (f"v=STSv1; id={'x' * 33};",),
        ("v=STSv2; id=1;",), ("v=STSv1; id=1;", "v=STSv1; id=2;"), ("x v=STSv1; id=1;",), ("v=STSv1; xid=1;",),
    ],
)  # fmt: skip
def test_records_that_say_nothing(world: World, texts: tuple[str, ...]) -> None:
    world.zones[f"_mta-sts.{DOMAIN}"] = Zone(txt=texts)
    world.web.says = [answer(TEXT)]
    assert ask(world) is None
    assert world.web.heard == []


@pytest.mark.parametrize("text", ["v=STSv1; id=1", "v=STSv1;id=1;", "v=STSv1 ; more=x; id = 1 ; y=z"])
def test_records_as_they_are_written(world: World, text: str) -> None:
    world.zones[f"_mta-sts.{DOMAIN}"] = Zone(txt=("else", text))
    world.web.says = [answer(TEXT)]
    assert ask(world) is not None


def test_another_id_brings_another_policy_and_a_failed_fetch_keeps_the_old_one(world: World) -> None:
    async def scene(policies: Policies) -> list[str]:
        seen = []
        for identity, says in (("1", [answer(TEXT)]), ("2", []), ("3", [answer(TEXT.replace(b"a.mail", b"c.mail"))])):
            world.says(identity, *says)
            world.later(NOT_AGAIN + 1)
            policy = await policies.policy(DOMAIN)
            assert policy is not None
            seen.append(f"{policy.id} {policy.hosts[0]}")
        return seen

    assert play(world, scene) == ["1 a.mail.example", "1 a.mail.example", "3 c.mail.example"]
    assert len(world.web.heard) == 3


def test_a_policy_holds_although_dns_has_lost_it_and_ends_with_its_time(world: World) -> None:
    world.says("1", answer(TEXT))
    policy = ask(world)
    for zone in (None, FAILING):
        world.says("")
        if zone is not None:
            world.zones[f"_mta-sts.{DOMAIN}"] = zone
        assert ask(world) == policy
    world.later(604_800)
    assert ask(world) is None
    assert StsPolicy.select().count() == 1, "rows that have ended go when another comes"


def test_a_policy_is_renewed_daily_so_that_it_does_not_run_out(world: World) -> None:
    async def scene(policies: Policies) -> list[int]:
        counts = []
        for seconds in (0, 20 * HOUR, 5 * HOUR, HOUR):
            world.later(seconds)
            assert await policies.policy(DOMAIN) is not None
            counts.append(len(world.web.heard))
        return counts

    world.says("1", answer(TEXT))
    assert play(world, scene) == [1, 1, 2, 2]


def test_the_mode_none_is_kept_and_asks_for_nothing(world: World) -> None:
    world.says("1", answer(b"version: STSv1\nmode: none\nmax_age: 86400\n"))
    assert ask(world) is None
    assert ask(world) is None
    assert len(world.web.heard) == 1


@pytest.mark.parametrize(
    "says",
    [
        [answer(TEXT, "text/html")], [answer(TEXT, status="302 Found", more="Location: https://else.example/\r\n")],
        [answer(b"version: STSv1\nmode: enforce\nmax_age: 5\n")], [b"HTTP/1.1 200 OK\r\n"], [],
    ],
)  # fmt: skip
def test_what_cannot_be_fetched_is_no_policy_and_is_left_alone_for_a_while(
    world: World, says: list[Step], caplog: pytest.LogCaptureFixture
) -> None:
    async def scene(policies: Policies) -> list[int]:
        counts = []
        for seconds in (0.0, 200.0, 101.0):
            world.later(seconds)
            assert await policies.policy(DOMAIN) is None
            counts.append(len(world.web.heard))
        return counts

    world.says("1", *says)
    assert play(world, scene) == [1, 1, 2]
    assert f"the MTA-STS policy of {DOMAIN} could not be read" in caplog.text


def test_a_certificate_that_is_not_believed_brings_no_policy(world: World) -> None:
    world.says("1", answer(TEXT))
    assert ask(world, trust=Authority().pem) is None
    with HttpsServer(self_signed([f"mta-sts.{DOMAIN}"]), answer(TEXT)) as web:
        world.web = web
        assert ask(world) is None
        assert web.heard == []


def test_without_an_address_nothing_is_fetched(world: World) -> None:
    world.says("1", answer(TEXT))
    del world.zones[f"mta-sts.{DOMAIN}"]
    assert ask(world) is None


def test_many_who_ask_at_once_wait_for_one_answer(world: World) -> None:
    async def scene(policies: Policies) -> list[Policy | None]:
        return await asyncio.gather(*(policies.policy(DOMAIN) for _ in range(50)))

    world.says("1", 0.05, answer(TEXT))
    assert len(set(play(world, scene))) == 1
    assert len(world.web.heard) == 1


def test_what_another_process_fetched_is_heard_of_within_a_minute(world: World) -> None:
    async def scene(policies: Policies) -> list[bool]:
        assert await policies.policy(DOMAIN) is None
        world.says("1", answer(TEXT))
        other, lookup = world.policies()
        assert await other.policy(DOMAIN) is not None
        lookup.close()
        world.says("")
        heard = []
        for seconds in (30, 31):
            world.later(seconds)
            heard.append(await policies.policy(DOMAIN) is not None)
        return heard

    assert play(world, scene) == [False, True]


def test_a_database_that_is_away_keeps_nobody_from_asking(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.says("1", answer(TEXT))
    StsPolicy.drop_table()
    assert ask(world) is not None
    assert "could not be read from the database" in caplog.text
    assert "could not be written" in caplog.text


def test_what_is_kept_in_memory_is_bounded(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene(policies: Policies) -> int:
        for domain in (DOMAIN, "two.example", "three.example"):
            assert await policies.policy(domain) is not None
        world.later(mta_sts.LOOK)
        await policies.policy("none.example")
        return len(policies._kept)

    world.says("1", answer(TEXT))
    for domain in ("two.example", "three.example"):
        world.zones |= {
            f"_mta-sts.{domain}": Zone(txt=("v=STSv1; id=1;",)),
            f"mta-sts.{domain}": Zone(a=("127.0.0.1",)),
        }
    names = [f"mta-sts.{domain}" for domain in (DOMAIN, "two.example", "three.example")]
    monkeypatch.setattr(mta_sts, "REMEMBERED", 2)
    with HttpsServer(AUTHORITY.server(names), answer(TEXT)) as web:
        world.web = web
        assert play(world, scene) == 2


def test_names_that_are_none_have_no_policy(world: World) -> None:
    assert play(world, lambda at: at.policy("[192.0.2.1] x")) is None
    assert world.dns.asked == {}


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("a.mail.example", True), ("A.mail.example.", True), ("b.mail.example", False), ("x.wild.example", True),
        ("x.y.wild.example", False), ("wild.example", False), ("evilwild.example", False), ("*.wild.example", True),
    ],
)  # fmt: skip
def test_hosts_that_a_policy_allows(host: str, allowed: bool) -> None:
    assert Policy("1", "enforce", ("a.mail.example", "*.wild.example"), 86400).allows(host) is allowed


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "version"), (b"mode: enforce\nversion: STSv2\nmx: a.example\nmax_age: 9", "version"), (b"\xff\xfe", "utf-8"),
        (b"version: STSv1\nmx: a.example\nmax_age: 9", "mode"), (b"version: STSv1\nmode: hard\nmx: a\nmax_age: 9", "mode"),
        (b"version: STSv1\nmode: enforce\nmx: a.example", "max_age"), (b"version: STSv1\nmode: testing\nmax_age: 9", "server"),
        (b"version: STSv1\nmode: testing\nmx: a.example\nmax_age: -9", "max_age"),
        (b"version: STSv1\nmode: testing\nmx: a..example\nmax_age: 9", "domain name"),
    ],
)  # fmt: skip
def test_texts_that_are_no_policy(text: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read(text, "1", 0)


def test_what_is_unknown_or_said_twice_is_passed_over_and_ages_have_limits() -> None:
    text = b"version:STSv1\nmode: testing\nmode: enforce\nmx:a.example\nmood: good\nnothing\nmax_age: %d\n"
    policy = read(text % 99_999_999, "7", 5)
    assert (policy.mode, policy.hosts, policy.max_age, policy.fetched_at) == ("testing", ("a.example",), 31_557_600, 5)
    assert read(text % 0, "7", 5).expires_at() == 5 + mta_sts.SHORTEST_AGE * 1000


@pytest.mark.parametrize(
    ("mode", "host", "tls", "words"),
    [
        ("testing", "a.example", "TLSv1.3 verified", ""),
        ("testing", "b.example", "TLSv1.3 verified", "does not name"),
        ("testing", "a.example", "TLSv1.3", "not believed"),
        ("testing", "a.example", "", "no TLS"),
        ("enforce", "b.example", "", ""),
    ],
)
def test_testing_tells_the_log_alone(
    mode: Any, host: str, tls: str, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        report("good.example", Policy("1", mode, ("a.example",), 86400), host, tls)
    assert words in caplog.text
    assert bool(words) == bool(caplog.records)
    report("good.example", None, host, tls)
    assert bool(words) == bool(caplog.records)


def test_no_policy_is_fetched_from_a_private_address(world: World) -> None:
    configure(world.hub, "delivery", private_mx=False)
    world.says("1", answer(TEXT))
    assert ask(world) is None
    assert world.web.heard == []
    configure(world.hub, "delivery", private_mx=True)
    world.later(3600)
    assert ask(world) is not None
