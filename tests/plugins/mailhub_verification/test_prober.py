"""Domains looked up by a thread: each once, remembered, bounded; who cannot wait finds the answer next time."""

import gc
import threading
import time
from pathlib import Path

import pytest

from mailhub.dns.asking import Asker
from mailhub.errors import UserError
from mailhub.testing import make_config, make_hub
from mailhub_verification import prober as room
from mailhub_verification.prober import DOUBT, Prober, open_prober, prober_of
from tests.dns_server import MAIL, DnsServer, Zone

SOON = 20.0


def make(dns: DnsServer, timeout: float = 10, in_flight: int = 50) -> Prober:
    return Prober(Asker([("127.0.0.1", dns.port)], timeout), in_flight)


def test_a_domain_is_asked_once_while_it_is_remembered(dns: DnsServer) -> None:
    prober = make(dns)
    for _ in range(3):
        found = prober.ask(["good.example", "gone.example", "good.example"], time.monotonic() + SOON)
        assert {domain: facts.reasons for domain, facts in found.items()} == {
            "good.example": (),
            "gone.example": ("no-domain",),
        }
    assert dns.asked == {("good.example", "MX"): 1, ("gone.example", "MX"): 1}
    prober.close()


def test_who_cannot_wait_finds_the_answer_next_time(dns: DnsServer) -> None:
    prober = make(dns)
    began = time.monotonic()
    assert prober.ask(["silent.example"], 0.0) == {}
    assert time.monotonic() - began < 5, "the answer would have taken ten"
    prober.ask(["slow.example"], 0.0)
    assert prober.ask(["slow.example"], time.monotonic() + SOON)["slow.example"].reasons == ()
    assert dns.asked["slow.example", "MX"] == 1
    prober.close()


def test_two_who_ask_at_once_share_the_question(dns: DnsServer) -> None:
    prober = make(dns)
    threads = [threading.Thread(target=prober.ask, args=(["slow.example"], time.monotonic() + SOON)) for _ in range(5)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(SOON)
    assert dns.asked["slow.example", "MX"] == 1
    prober.close()


def test_no_more_in_flight_than_allowed() -> None:
    zones = {f"d{n}.example": Zone(mx=MAIL.mx, delay=0.1) for n in range(20)}
    with DnsServer(zones) as dns:
        prober = make(dns, in_flight=5)
        began = time.monotonic()
        assert len(prober.ask(zones, began + SOON)) == 20
        assert time.monotonic() - began > 0.35, "four rounds of five, a tenth of a second each"
        prober.close()


def test_what_is_remembered_is_bounded(dns: DnsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "REMEMBERED", 2)
    prober = make(dns)
    for domain in ("good.example", "null.example", "web.example", "good.example"):
        prober.ask([domain], time.monotonic() + SOON)
    assert dns.asked["good.example", "MX"] == 2
    prober.close()


def test_servers_that_have_gone_are_noticed_and_their_silence_is_not_remembered(dns: DnsServer) -> None:
    prober = make(dns, timeout=0.5)
    dns.deaf = True
    domains = [f"d{n}.example" for n in range(DOUBT)] + ["good.example"]
    assert {facts.reasons for facts in prober.ask(domains, time.monotonic() + SOON).values()} == {("dns-failed",)}
    assert not prober.is_heard()
    dns.deaf = False
    assert prober.is_heard()
    assert prober.ask(["good.example"], time.monotonic() + SOON)["good.example"].reasons == ()
    prober.close()


def test_many_failing_domains_are_no_failing_server(dns: DnsServer) -> None:
    prober = make(dns)
    dns.zones = lambda domain: Zone(rcode="SERVFAIL")
    prober.ask([f"d{n}.example" for n in range(DOUBT * 2)], time.monotonic() + SOON)
    assert prober.is_heard()
    prober.close()


def test_a_hub_has_one_prober_that_ends_with_it(tmp_path: Path, dns: DnsServer) -> None:
    before = threading.enumerate()
    with make_hub(tmp_path / "data", dns={"resolvers": [dns.address]}) as hub:
        assert prober_of(hub) is prober_of(hub)
        (thread,) = (each for each in threading.enumerate() if each not in before)
    del hub
    gc.collect()
    thread.join(SOON)
    assert not thread.is_alive()


@pytest.mark.parametrize(
    ("section", "wrong"),
    [("dns", {"timeout": 0.0}), ("verification", {"in_flight": 0}), ("dns", {"resolvers": ["dns.example"]})],
)
def test_a_wrong_configuration_says_so(tmp_path: Path, section: str, wrong: dict[str, object]) -> None:
    with pytest.raises(UserError, match=rf"{section}\.{next(iter(wrong))}"):
        open_prober(make_config(tmp_path, **{section: wrong}))
