"""What one mail may ask: bounded in number and in time."""

from collections.abc import Iterator

import pytest
from dns.rdatatype import A

from mailhub.authentication.asking import MOST_QUESTIONS, Asking
from mailhub.config_sections import DnsConfig
from mailhub.dns.asking import Unanswered
from mailhub.dns.blocking import Blocking
from tests.dns_server import FAILING, SILENT, WEB_ONLY, DnsServer, Zone

ZONES = {
    "web.example": WEB_ONLY,
    "text.example": Zone(txt=("x" * 300, "\u00e9")),
    "failing.example": FAILING,
    "silent.example": SILENT,
}


@pytest.fixture(scope="module")
def dns() -> Iterator[Blocking]:
    """A lookup that asks a server which knows `ZONES`."""
    with DnsServer(ZONES) as server:
        made = Blocking(DnsConfig(resolvers=[server.address], timeout=20))
        yield made
        made.close()


def test_answers_are_counted(dns: Blocking) -> None:
    asking = Asking(dns, 20)
    assert [each.address for each in asking.find("web.example", A)] == ["192.0.2.1"]
    assert asking.find("text.example", A) == asking.find("gone.example", A) == asking.find("no name", A) == ()
    assert sorted(asking.texts("text.example")) == [b"x" * 300, "\u00e9".encode()]
    with pytest.raises(Unanswered):
        asking.find("failing.example", A)
    assert (asking.answered, asking.unanswered) == (5, 1)


def test_the_number_is_bounded(dns: Blocking) -> None:
    asking = Asking(dns, 20)
    for _ in range(MOST_QUESTIONS):
        asking.find("web.example", A)
    with pytest.raises(Unanswered):
        asking.find("web.example", A)


def test_the_time_is_bounded(dns: Blocking) -> None:
    now = 100.0
    asking = Asking(dns, 20, lambda: now)
    assert asking.find("web.example", A)
    now = 120.0
    with pytest.raises(Unanswered):
        asking.find("web.example", A)
    with pytest.raises(Unanswered):
        Asking(dns, 0.05).find("silent.example", A)


def test_a_part_of_the_time_leaves_the_rest(dns: Blocking) -> None:
    now = 100.0
    asking = Asking(dns, 20, lambda: now)
    with asking.part(0.5):
        with asking.part(0.5):
            now = 105.0
            with pytest.raises(Unanswered):
                asking.find("web.example", A)
        assert asking.find("web.example", A)
        now = 110.0
        with pytest.raises(Unanswered):
            asking.find("web.example", A)
    assert asking.find("web.example", A)
    now = 120.0
    with pytest.raises(Unanswered), asking.part(0.5):
        asking.find("web.example", A)
