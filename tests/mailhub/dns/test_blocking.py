"""The lookup for threads without a loop: the same answers and errors, one thread for all, an end to waiting."""

import threading
import time

import pytest
from dns.rdatatype import AAAA, TXT

from mailhub.config_sections import DnsConfig
from mailhub.dns.asking import Unanswered
from mailhub.dns.blocking import KEPT, Blocking, blocking
from mailhub.dns.lookup import NoSuchName
from mailhub.errors import UserError
from tests.dns_server import MAIL, SILENT, DnsServer, Zone

ZONES = {
    "good.example": Zone(mx=MAIL.mx, a=("192.0.2.1",), txt=("hello",)),
    "alias.example": Zone(cname="good.example"),
    "1.2.0.192.in-addr.arpa": Zone(ptr=("mail.good.example",)),
    "silent.example": SILENT,
}


def test_answers_errors_and_one_thread() -> None:
    with DnsServer(dict(ZONES)) as dns:
        settings = DnsConfig(resolvers=[dns.address], timeout=20)
        before = threading.active_count()
        lookup = blocking(settings)
        assert blocking(DnsConfig(resolvers=[dns.address], timeout=20)) is lookup
        assert threading.active_count() == before + 1
        assert lookup.txt("good.example") == ["hello"]
        assert lookup.mx("good.example") == [(10, "mx.example.net")]
        assert lookup.addresses("good.example") == ["192.0.2.1"]
        assert lookup.cname("alias.example") == "good.example"
        assert lookup.ptr("192.0.2.1") == ["mail.good.example"]
        assert [each.strings for each in lookup.find("alias.example", TXT)] == [(b"hello",)]
        assert lookup.find("good.example", AAAA) == ()
        with pytest.raises(NoSuchName):
            lookup.txt("gone.example")
        dns.zones = lambda domain: Zone(txt=("changed",))
        assert lookup.txt("good.example") == ["hello"]
        lookup.forget("good.example")
        assert lookup.txt("good.example") == ["changed"]


def test_few_are_kept() -> None:
    with DnsServer(dict(ZONES)) as dns:
        before = threading.active_count()
        lookups = [blocking(DnsConfig(resolvers=[dns.address], timeout=20.0 + n)) for n in range(KEPT + 3)]
        assert len(set(lookups)) == KEPT + 3
        deadline = time.monotonic() + 20
        while threading.active_count() > before + KEPT and time.monotonic() < deadline:
            time.sleep(0.01)
        assert threading.active_count() <= before + KEPT
        assert lookups[-1].txt("good.example") == ["hello"]


def test_nobody_waits_for_ever() -> None:
    with DnsServer(dict(ZONES)) as dns:
        lookup = Blocking(DnsConfig(resolvers=[dns.address], timeout=60), patience=0.1)
        with pytest.raises(Unanswered):
            lookup.txt("silent.example")
        lookup.close()


def test_servers_that_make_no_sense() -> None:
    with pytest.raises(UserError, match="dns.resolvers"):
        blocking(DnsConfig(resolvers=["dns.example"]))


def test_a_question_may_have_less_patience() -> None:
    with DnsServer(dict(ZONES)) as dns:
        lookup = Blocking(DnsConfig(resolvers=[dns.address], timeout=20))
        begun = time.monotonic()
        with pytest.raises(Unanswered):
            lookup.find("silent.example", TXT, 0.1)
        assert time.monotonic() - begun < 19
        lookup.close()
