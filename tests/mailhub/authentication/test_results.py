"""Authentication-Results that a mail brings along: what is in our name goes, everything else stays."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailhub.authentication.results import MOST_FIELDS, stamp, strip
from mailhub.authentication.verdicts import Arc, Dmarc, Spf, Verdicts

REST = b"From: a@example.com\r\nSubject: x\r\n\r\nAuthentication-Results: mx.example.net; in the body\r\n"
FOUND = Verdicts(Spf("none", "", "helo"), (), Arc("none"), Dmarc("none", "example.com"))


@pytest.mark.parametrize(
    "field",
    [
        b"Authentication-Results: mx.example.net; spf=pass\r\n",
        b"authentication-results:MX.EXAMPLE.NET;\r\n\tspf=pass\r\n dkim=pass\r\n",
        b"Authentication-Results : mx.example.net 1; none\r\n",
        b"Authentication-Results: (a (nested) comment; x) mx.example.net; none\r\n",
        b'Authentication-Results: "mx.example\\.net"; none\r\n',
        b"Authentication-Results:\r\n mx.example.net; none\r\n",
        b"Authentication-Results: mx.example.net(x); none\r\n",
        b"Authentication-Results: mx.example.net.; none\r\n",
        b"Authentication-Results: Mx.Example.NET. 1; none\r\n",
        b"Authentication-Results: mx.example.net/1; none\r\n",
        b"Authentication-Results: mx.example.net./ 1; none\r\n",
        b"Authentication-Results: mx.example.net(x)/1; none\r\n",
        b"Authentication-Results: mx.example.net=1; none\r\n",
        b"Authentication-Results: mx.example.net\r\n",
        b'Authentication-Results: "MX.example.net."; none\r\n',
        b'Authentication-Results: " mx.example.net /1"; none\r\n',
        b'Authentication-Results:(a)\r\n\t(b)"mx.example.net" (c) 1; none\r\n',
        b'Authentication-Results: (a \\) ( b)) "mx.example.net"; none\r\n',
        b'Authentication-Results: "mx.example".net; none\r\n',
        b'Authentication-Results: mx.example".net"; none\r\n',
        b"Authentication-Results: mx.example.net\x00; none\r\n",
        b"Authentication-Results: " + b"(a)" * 1362 + b"mx.example.net; none\r\n",
        b"Authentication-Results: ; none\r\n",
        b"Authentication-Results:\r\n",
        b"Authentication-Results: " + b"()" * 100_000 + b"mx.example.net; none\r\n",
        b"Authentication-Results: " + b"(" * 100_000 + b"\r\n",
    ],
)
def test_what_is_in_our_name_goes(field: bytes) -> None:
    assert strip(field + REST, "mx.example.net") == REST
    assert strip(b"X: 1\r\n" + field + field + REST, "mx.example.net") == b"X: 1\r\n" + REST
    unix = (field + REST).replace(b"\r\n", b"\n")
    assert strip(unix, "Mx.example.net") == REST.replace(b"\r\n", b"\n")


@pytest.mark.parametrize(
    "field",
    [
        b"Authentication-Results: mx.example.org; spf=pass\r\n",
        b"Authentication-Results: spf=pass (it is) smtp.mailfrom=example.com\r\n",
        b"Authentication-Results: (mx.example.net) mx.example.org; spf=pass\r\n",
        b"Authentication-Results: evil.mx.example.net; spf=pass\r\n",
        b"ARC-Authentication-Results: i=1; mx.example.net; spf=pass\r\n",
        b"X-Authentication-Results: mx.example.net; spf=pass\r\n",
        b"Subject: Authentication-Results: mx.example.net; spf=pass\r\n",
        b"Subject: x\r\n Authentication-Results: mx.example.net; spf=pass\r\n",
    ],
)
def test_everything_else_stays(field: bytes) -> None:
    assert strip(field + REST, "mx.example.net") == field + REST


def test_beyond_the_bound_all_go() -> None:
    other, ours = (
        b"Authentication-Results: a.example; x=pass\r\n",
        b"Authentication-Results: mx.example.net; x=pass\r\n",
    )
    content = b"X: 1\r\n" + (other + b"X: 2\r\n") * (MOST_FIELDS - 1) + ours + (other + ours + b"X: 3\r\n") * 50 + REST
    kept = strip(content, "mx.example.net")
    assert kept == b"X: 1\r\n" + (other + b"X: 2\r\n") * (MOST_FIELDS - 1) + b"X: 3\r\n" * 50 + REST


@pytest.mark.parametrize("start", [b"(a)", b"(", b'"', b"\\(", b"()" * 2000 + b"a", b""])
def test_many_long_fields_take_no_time(start: bytes) -> None:
    line = b"Authentication-Results: " + (start * 4096)[:4000] + b"\r\n"
    begun = time.process_time()
    strip(line * (8_000_000 // len(line)) + REST, "mx.example.net")
    assert time.process_time() - begun < 5  # a copy for each comment took ten


def test_a_mail_gets_one_field_of_ours() -> None:
    content = stamp(b"Authentication-Results: mx.example.net; spf=pass\r\n" + REST, FOUND, "mx.example.net")
    assert content == FOUND.field("mx.example.net") + REST
    assert stamp(content, FOUND, "mx.example.net") == content


@given(st.binary(max_size=200))
def test_any_octets(content: bytes) -> None:
    forged = b"Authentication-Results: mx.example.net; x=pass\r\nX: "
    kept = strip(forged + content, "mx.example.net")
    assert kept.startswith(b"X: ")
    assert strip(kept, "mx.example.net") == kept
