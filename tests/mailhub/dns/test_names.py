"""Domain names as DNS takes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailhub.dns.names import ascii_name, reverse_name


@pytest.mark.parametrize(
    ("name", "ascii_form"),
    [
        ("Example.COM", "example.com"),
        ("example.com.", "example.com"),
        ("_mta-sts.Bücher.example", "_mta-sts.xn--bcher-kva.example"),
        ("bücher。example", "xn--bcher-kva.example"),
        ("ΣΊΓΜΑ.example", "xn--kxaef0b6a.example"),
        ("x" * 63 + ".example", "x" * 63 + ".example"),
    ],
)
def test_names(name: str, ascii_form: str) -> None:
    assert ascii_name(name) == ascii_form


@pytest.mark.parametrize(
    "name", ["", ".", "..", "a..b", ".a", "x" * 64, "é" * 60, "a\tb", "a b", "a\0b", ".".join(["abcd"] * 60)]
)
def test_what_dns_cannot_hold(name: str) -> None:
    with pytest.raises(ValueError, match="no domain name|IDNA|odepoint|abel"):
        ascii_name(name)


@given(st.text())
def test_any_text_is_a_name_of_labels_or_none(name: str) -> None:
    try:
        told = ascii_name(name)
    except ValueError:
        return
    assert told.isascii()
    assert all(0 < len(label) < 64 for label in told.split("."))
    assert len(told) < 254


def test_addresses_turned_round() -> None:
    assert reverse_name("192.0.2.1") == "1.2.0.192.in-addr.arpa"
    assert reverse_name("2001:db8::1").startswith("1.0.0.0.")
    with pytest.raises(ValueError, match="example"):
        reverse_name("example.com")
