"""The From field as people and programs write it, and as nobody should."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailhub.authentication.mail import Mail
from mailhub.authentication.senders import LONGEST_FROM, from_domains


def domains(value: str) -> list[str]:
    return from_domains(Mail(f"From: {value}\r\n\r\n".encode("utf-8", "replace")))


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("ada@example.com", ["example.com"]),
        ("<ada@Example.COM>", ["example.com"]),
        ("Ada <ada@example.com>", ["example.com"]),
        ('"Ada, of <eve@evil.example>" <ada@example.com>', ["example.com"]),
        ('"a \\" b@evil.example" <ada@example.com>', ["example.com"]),
        ("Ada (eve@evil.example, (nested) x) <ada@example.com>", ["example.com"]),
        ("ada@example.com (Ada)", ["example.com"]),
        ("Ada\r\n <ada@example.com>", ["example.com"]),
        ('"quoted@local"@example.com', ["example.com"]),
        ("a@example.com, b@example.org, c@example.com", ["example.com", "example.org"]),
        ("eve@evil.example <ada@example.com>", ["example.com"]),
        ("<ada@example.com> <bob@example.org>", ["example.com", "example.org"]),
        ("Friends: a@example.com, b@example.org;", ["example.com", "example.org"]),
        ("Nobody:;", []),
        ("<@relay.example,@other.example:ada@example.com>", ["example.com"]),
        ("ada@bücher.example", ["xn--bcher-kva.example"]),
        ("=?utf-8?q?Ada_=3Ceve=40evil.example=3E?= <ada@example.com>", ["example.com"]),
        ("ada", []),
        ("ada@", []),
        ("ada@exa mple.com", []),
        ("ada@[192.0.2.1]", ["[192.0.2.1]"]),
        ("(", []),
        ('"', []),
        ("<ada@example.com", ["example.com"]),
        ("ada@example.com>", ["example.com"]),
        ("", []),
    ],
)
def test_fields(value: str, found: list[str]) -> None:
    assert domains(value) == found


def test_no_field_or_two() -> None:
    assert from_domains(Mail(b"To: x@example.com\r\n\r\n")) == []
    assert from_domains(Mail(b"From: a@example.com\r\nfrom : a@example.com\r\n\r\n")) == []
    assert from_domains(Mail(b"FROM : a@example.com\r\n\r\n")) == ["example.com"]


def test_a_field_without_end() -> None:
    assert domains("x " * LONGEST_FROM + "<a@example.com>") == []
    assert domains("(" * 60_000) == domains("<" * 60_000) == domains('"\\' * 30_000) == domains("[" * 60_000) == []
    assert len(domains(",".join(f"a@{number}.example" for number in range(3000)))) == 3000


@given(st.text(alphabet='ab@.<>()",;:[]\\ é', max_size=60))
def test_anything_has_its_domains(value: str) -> None:
    assert all(domain and "@" not in domain for domain in domains(value))
