"""Everything at once: one mail, its keys and policies in a real zone, the verdicts and the field."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailhub.authentication.asking import Asking
from mailhub.authentication.checking import check, check_with
from mailhub.authentication.verdicts import Verdicts
from mailhub.config_sections import DnsConfig
from mailhub.dns.blocking import Blocking
from tests.dns_server import FAILING, DnsServer, Zone
from tests.mailhub.authentication.signing import MAIL, rsa_pair, seal, sign

ZONES = {
    "example.com": Zone(txt=("v=spf1 ip4:192.0.2.1 -all",)),
    "sel._domainkey.example.com": Zone(txt=(rsa_pair().record.decode(),)),
    "_dmarc.example.com": Zone(txt=("v=DMARC1; p=quarantine; pct=20",)),
    "arc._domainkey.hop1.example": Zone(txt=(rsa_pair(1024, 1).record.decode(),)),
}


@pytest.fixture(scope="module")
def dns() -> Iterator[Blocking]:
    """A lookup that asks a server which knows `ZONES`."""
    with DnsServer(ZONES) as server:
        made = Blocking(DnsConfig(resolvers=[server.address], timeout=20))
        yield made
        made.close()


def test_a_mail_that_is_what_it_says(dns: Blocking) -> None:
    found = check(seal(sign(), {}, {}), "192.0.2.1", "mx.example.com", "ada@example.com", dns)
    assert found.told() == {
        "spf": {"result": "pass", "domain": "example.com"},
        "dkim": [{"result": "pass", "domain": "example.com", "selector": "sel"}],
        "arc": {"result": "pass"},
        "dmarc": {"result": "pass", "domain": "example.com", "policy": "quarantine"},
    }
    assert b"dmarc=pass policy.dmarc=quarantine header.from=example.com\r\n" in found.field("mx.example.net")


def test_a_mail_that_is_not(dns: Blocking) -> None:
    for draw, asked in ((0.1, "quarantine"), (0.3, "none")):
        found = check(MAIL, "198.51.100.1", "evil.example", "ada@example.com", dns, draw=lambda now=draw: now)
        assert (found.spf.result, found.dkim, found.arc.result, found.dmarc.result) == ("fail", (), "none", "fail")
        assert found.policy_result == asked


def test_a_signature_alone_is_enough(dns: Blocking) -> None:
    found = check(sign(), "198.51.100.1", "relay.example", "", dns)
    assert (found.spf.result, found.dmarc.result) == ("none", "pass")


def test_a_signature_holds_when_the_mail_came(dns: Blocking) -> None:
    for came, result in ((1_000_000_000, "pass"), (1_000_000_002, "fail")):
        found = check(sign(x="1000000001"), "192.0.2.1", "mx.example.com", "ada@example.com", dns, now=came)
        assert found.dkim[0].result == result


def test_names_in_other_letters_and_with_a_last_dot(dns: Blocking) -> None:
    ZONES["sel._domainkey.xn--bcher-kva.example"] = ZONES["sel._domainkey.example.com"]
    ZONES["_dmarc.xn--bcher-kva.example"] = ZONES["_dmarc.example.com"]
    content = sign(MAIL.replace(b"ada@example.com", b"ada@xn--bcher-kva.example"), d="bücher.example")
    assert check(content, "198.51.100.1", "relay.example", "", dns).dmarc.result == "pass"
    content = sign(d="Example.com.", i="@example.com")
    assert check(content, "198.51.100.1", "relay.example", "", dns).dmarc.result == "pass"


def test_no_time_is_a_passing_fault(dns: Blocking) -> None:
    found = check(sign(), "192.0.2.1", "mx.example.com", "ada@example.com", dns, timeout=0)
    assert [found.spf.result, found.dkim[0].result, found.dmarc.result] == ["temperror"] * 3


def among_broken(content: bytes) -> Verdicts:
    """The verdicts on a mail under 12 signatures of broken domains, by way of another, where each question to one of them
    takes all the time there is."""
    broken = b"".join(sign(d=f"broken{number}.example").removesuffix(MAIL) for number in range(12))
    zones = {**ZONES, "broken.example": FAILING}
    zones |= {f"sel._domainkey.broken{number}.example": FAILING for number in range(12)}
    with DnsServer(zones) as server:

        def clock() -> float:
            return 20.0 * sum(count for (name, _), count in server.asked.items() if "broken" in name)

        dns = Blocking(DnsConfig(resolvers=[server.address], timeout=20))
        asking = Asking(dns, 20, clock)
        found = check_with(broken + content, "198.51.100.1", "mx", "eve@broken.example", asking, lambda: 0.0)
        dns.close()
    return found


def test_silence_elsewhere_hides_no_forger() -> None:
    found = among_broken(MAIL)
    assert (found.spf.result, found.dmarc.result, found.policy_result) == ("temperror", "fail", "quarantine")
    assert [each.result for each in found.dkim] == ["temperror"] * 12


def test_silence_elsewhere_hides_no_author() -> None:
    found = among_broken(sign())
    assert [each.result for each in found.dkim] == ["temperror"] * 11 + ["neutral", "pass"]
    assert (found.spf.result, found.dmarc.result) == ("temperror", "pass")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=400), ip=st.text(max_size=20), helo=st.text(max_size=20), sender=st.text(max_size=20))
def test_any_mail_has_verdicts(dns: Blocking, content: bytes, ip: str, helo: str, sender: str) -> None:
    found = check(content, ip, helo, sender, dns)
    assert found.field("mx.example.net").startswith(b"Authentication-Results: mx.example.net;\r\n spf=")
