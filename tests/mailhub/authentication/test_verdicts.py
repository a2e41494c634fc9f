"""The Authentication-Results field, read back by authres, whatever names a sender uses."""

import authres
from hypothesis import given
from hypothesis import strategies as st

from mailhub.authentication.verdicts import Arc, Dkim, Dmarc, Spf, Verdicts

FOUND = Verdicts(
    Spf("pass", "example.com", "mailfrom"),
    (
        Dkim("pass", "example.com", "sel", "rsa-sha256", "abcd/+12"),
        Dkim("fail", "example.org", "s" * 60, "ed25519-sha256", "zz", 'the "body" was changed'),
    ),
    Arc("pass", "list.example", 1),
    Dmarc("pass", "example.com", "reject"),
)


def read(verdicts: Verdicts, hostname: str = "mx.example.net") -> authres.AuthenticationResultsHeader:
    field = verdicts.field(hostname).decode("ascii")
    assert field.endswith("\r\n")
    assert all(line[0] == " " for line in field.split("\r\n")[1:-1])
    return authres.AuthenticationResultsHeader.parse(field.replace("\r\n", ""))


def test_authres_reads_it() -> None:
    header = read(FOUND)
    assert header.authserv_id == "mx.example.net"
    assert [(each.method, each.result) for each in header.results] == [
        ("spf", "pass"), ("dkim", "pass"), ("dkim", "fail"), ("arc", "pass"), ("dmarc", "pass")
    ]  # fmt: skip
    spf, good, bad, _, dmarc = header.results
    assert [(each.type, each.name, each.value) for each in spf.properties] == [("smtp", "mailfrom", "example.com")]
    assert ("header", "b", "abcd/+12") in [(each.type, each.name, each.value) for each in good.properties]
    assert bad.reason is not None
    assert ("policy", "dmarc", "reject") in [(each.type, each.name, each.value) for each in dmarc.properties]


def test_it_is_folded() -> None:
    assert all(len(line) < 78 for line in FOUND.field("mx.example.net").decode("ascii").splitlines())


def test_nothing_found() -> None:
    nothing = Verdicts(Spf("none", "", "helo"), (), Arc("none"), Dmarc("none", ""))
    assert nothing.field("mx") == (
        b"Authentication-Results: mx;\r\n spf=none;\r\n dkim=none;\r\n arc=none;\r\n dmarc=none\r\n"
    )


def test_the_short_form() -> None:
    assert FOUND.told() == {
        "spf": {"result": "pass", "domain": "example.com"},
        "dkim": [
            {"result": "pass", "domain": "example.com", "selector": "sel"},
            {"result": "fail", "domain": "example.org", "selector": "s" * 60},
        ],
        "arc": {"result": "pass"},
        "dmarc": {"result": "pass", "domain": "example.com", "policy": "reject"},
    }
    assert FOUND.policy_result == "none"


@given(st.text(max_size=400))
def test_a_sender_cannot_write_in_it(text: str) -> None:
    found = Verdicts(
        Spf("fail", text, "mailfrom", text), (Dkim("fail", text, text, text, text, text),), Arc("none"),
        Dmarc("fail", text, "none", "none", text),
    )  # fmt: skip
    header = read(found)
    assert [(each.method, each.result) for each in header.results] == [
        ("spf", "fail"), ("dkim", "fail"), ("arc", "none"), ("dmarc", "fail")
    ]  # fmt: skip
