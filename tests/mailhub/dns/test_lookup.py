"""Lookups of a real server on loopback: each kind of record, CNAME records, what is remembered and for how long."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import TypeVar

import pytest
from dns.rdatatype import A

from mailhub.config_sections import DnsConfig
from mailhub.dns.asking import Asker
from mailhub.dns.lookup import LONGEST, LONGEST_NONE, SHORTEST, Lookup, NoSuchName, Unanswered, open_lookup
from tests.dns_server import FAILING, MAIL, NULL_MX, SILENT, DnsServer, Zone

T = TypeVar("T")
ZONES = {
    "good.example": Zone(
        mx=((20, "Second.example"), (10, "first.example")), a=("192.0.2.1",), aaaa=("2001:db8::1",),
        txt=("v=spf1 -all", "x" * 600, "clé"), ttl=600,
    ),
    "null.example": NULL_MX,
    "four.example": Zone(a=("192.0.2.4",), fails=("AAAA",)),
    "half.example": Zone(fails=("AAAA",)),
    "nothing.example": Zone(),
    "failing.example": FAILING,
    "silent.example": SILENT,
    "alias.example": Zone(cname="good.example", ttl=30),
    "step.example": Zone(cname="alias.example", alone=True),
    "adrift.example": Zone(cname="gone.example"),
    "round.example": Zone(cname="about.example", alone=True),
    "about.example": Zone(cname="round.example", alone=True),
    "xn--bcher-kva.example": Zone(txt=("books",)),
    "_dmarc.xn--bcher-kva.example": Zone(txt=("v=DMARC1",)),
    "1.2.0.192.in-addr.arpa": Zone(ptr=("Mail.good.example",)),
    "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa": Zone(ptr=("six.good.example",)),
    "many.example": Zone(txt=tuple(f"{n} " + "y" * 200 for n in range(40))),
    "slow.example": Zone(mx=MAIL.mx, delay=0.1),
    "brief.example": Zone(a=("192.0.2.9",), ttl=0),
    "lasting.example": Zone(a=("192.0.2.9",), ttl=1_000_000),
}  # fmt: skip
SOON = 0.2


class Hands:
    """A clock moved by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def dns() -> Iterator[DnsServer]:
    with DnsServer(dict(ZONES)) as server:
        yield server


def look(
    dns: DnsServer,
    work: Callable[[Lookup], Awaitable[T]],
    timeout: float = 20,
    entries: int = 100,
    clock: Hands | None = None,
) -> T:
    async def run() -> T:
        asker = Asker([("127.0.0.1", dns.port)], timeout)
        lookup = Lookup(asker, entries=entries, clock=clock or Hands())
        try:
            return await work(lookup)
        finally:
            lookup.close()

    return asyncio.run(run())


def test_each_kind_of_record(dns: DnsServer) -> None:
    assert sorted(look(dns, lambda at: at.txt("good.example"))) == ["clé", "v=spf1 -all", "x" * 600]
    assert look(dns, lambda at: at.mx("Good.Example.")) == [(10, "first.example"), (20, "second.example")]
    assert look(dns, lambda at: at.addresses("good.example")) == ["192.0.2.1", "2001:db8::1"]
    assert look(dns, lambda at: at.cname("alias.example")) == "good.example"
    assert look(dns, lambda at: at.cname("good.example")) == ""
    assert look(dns, lambda at: at.ptr("192.0.2.1")) == ["mail.good.example"]
    assert look(dns, lambda at: at.ptr("2001:db8::1")) == ["six.good.example"]


def test_nothing_there_is_an_empty_answer_and_a_null_mx_is_one_without_a_name(dns: DnsServer) -> None:
    assert look(dns, lambda at: at.mx("nothing.example")) == []
    assert look(dns, lambda at: at.addresses("nothing.example")) == []
    assert look(dns, lambda at: at.mx("null.example")) == [(0, "")]


def test_names_beyond_ascii(dns: DnsServer) -> None:
    assert look(dns, lambda at: at.txt("Bücher.example")) == ["books"]
    assert look(dns, lambda at: at.txt("_dmarc.bücher。example")) == ["v=DMARC1"]


@pytest.mark.parametrize(
    "name", ["", "a..example", f"{'l' * 64}.example", "long." * 60 + "example", "a b.example", "☃..de"]
)
def test_what_is_no_name_does_not_exist_and_nobody_is_asked(dns: DnsServer, name: str) -> None:
    with pytest.raises(NoSuchName):
        look(dns, lambda at: at.txt(name))
    assert dns.asked == {}


def test_errors(dns: DnsServer) -> None:
    with pytest.raises(NoSuchName):
        look(dns, lambda at: at.mx("gone.example"))
    for domain in ("failing.example", "silent.example"):
        with pytest.raises(Unanswered):
            look(dns, lambda at, domain=domain: at.mx(domain), SOON)


def test_aliases_are_followed_by_the_server_or_by_us_and_no_further_than_they_lead(dns: DnsServer) -> None:
    found = look(dns, lambda at: at.find("alias.example", A))
    assert (found.name, [each.address for each in found.records]) == ("good.example", ["192.0.2.1"])
    assert found.expires == 1030, "the shortest time to live on the way"
    assert look(dns, lambda at: at.mx("step.example"))[0] == (10, "first.example")
    assert look(dns, lambda at: at.txt("step.example"))
    with pytest.raises(NoSuchName):
        look(dns, lambda at: at.mx("adrift.example"))
    with pytest.raises(Unanswered):
        look(dns, lambda at: at.mx("round.example"))


def test_one_kind_of_address_is_enough_and_a_failure_is_not_taken_for_none(dns: DnsServer) -> None:
    assert look(dns, lambda at: at.addresses("four.example")) == ["192.0.2.4"]
    with pytest.raises(Unanswered):
        look(dns, lambda at: at.addresses("half.example"))


def test_addresses_hold_as_long_as_those_there_are(dns: DnsServer) -> None:
    assert look(dns, lambda at: at.addresses_until("lasting.example")) == (["192.0.2.9"], 1000 + LONGEST)
    assert look(dns, lambda at: at.addresses_until("nothing.example")) == ([], 1000 + LONGEST_NONE)


def test_a_long_answer_comes_by_tcp(dns: DnsServer) -> None:
    assert len(look(dns, lambda at: at.txt("many.example"))) == 40


def test_a_question_is_asked_once_while_its_answer_is_believed(dns: DnsServer) -> None:
    clock = Hands()

    async def again(lookup: Lookup) -> list[int]:
        counts = []
        for moment in (0, 0, 599, 602):
            clock.now = 1000 + moment
            await lookup.mx("good.example")
            counts.append(dns.asked["good.example", "MX"])
        return counts

    assert look(dns, again, clock=clock) == [1, 1, 1, 2]


@pytest.mark.parametrize(
    ("domain", "seconds"),
    [
        ("brief.example", SHORTEST),
        ("good.example", 600),
        ("lasting.example", LONGEST),
        ("nothing.example", LONGEST_NONE),
    ],
)
def test_how_long_an_answer_is_believed(dns: DnsServer, domain: str, seconds: int) -> None:
    assert look(dns, lambda at: at.find(domain, A)).expires == 1000 + seconds


def test_what_does_not_exist_is_believed_a_minute_and_a_failure_for_seconds(dns: DnsServer) -> None:
    clock = Hands()

    async def again(lookup: Lookup) -> list[int]:
        counts = []
        for domain, moment in (
            ("gone", 0),
            ("gone", 59),
            ("gone", 61),
            ("failing", 61),
            ("failing", 65),
            ("failing", 67),
        ):
            clock.now = 1000 + moment
            with pytest.raises((NoSuchName, Unanswered)):
                await lookup.mx(f"{domain}.example")
            counts.append(dns.asked[f"{domain}.example", "MX"])
        return counts

    assert look(dns, again, clock=clock) == [1, 1, 2, 2, 2, 4], "a failing question is put twice"


def test_many_who_ask_at_once_share_one_question_and_none_takes_it_from_the_others(dns: DnsServer) -> None:
    async def together(lookup: Lookup) -> list[object]:
        asking = [asyncio.ensure_future(lookup.mx("slow.example")) for _ in range(50)]
        await asyncio.sleep(0)
        asking[0].cancel()
        return await asyncio.gather(*asking, return_exceptions=True)

    told = look(dns, together)
    assert isinstance(told[0], asyncio.CancelledError)
    assert told[1:] == [list(MAIL.mx)] * 49
    assert dns.asked == {("slow.example", "MX"): 1}


def test_what_is_kept_is_bounded(dns: DnsServer) -> None:
    async def many(lookup: Lookup) -> None:
        for domain in ("good.example", "null.example", "nothing.example", "good.example"):
            await lookup.mx(domain)

    look(dns, many, entries=2)
    assert dns.asked["good.example", "MX"] == 2
    assert dns.asked["null.example", "MX"] == 1


def test_what_a_person_changed_is_asked_again(dns: DnsServer) -> None:
    async def changed(lookup: Lookup) -> list[list[str]]:
        before = await lookup.addresses("good.example")
        dns.zones = lambda domain: Zone(a=("192.0.2.77",))
        unknown = await lookup.addresses("good.example")
        lookup.forget("Good.example")
        return [before, unknown, await lookup.addresses("good.example")]

    before, unknown, after = look(dns, changed)
    assert before == unknown
    assert after == ["192.0.2.77"]


def test_as_configured(dns: DnsServer) -> None:
    async def run() -> list[tuple[int, str]]:
        lookup = open_lookup(DnsConfig(resolvers=[dns.address], timeout=20))
        try:
            return await lookup.mx("good.example")
        finally:
            lookup.close()

    assert asyncio.run(run())[0] == (10, "first.example")
