"""Macros of SPF records, by the examples of RFC 7208 section 7.4."""

from ipaddress import ip_address

import pytest

from mailhub.domains.macros import expand

FOUR, SIX = ip_address("192.0.2.3"), ip_address("2001:db8::cb01")
DOMAIN = "email.example.com"


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("plain.example", "plain.example"),
        ("%{s}", "postmaster@email.example.com"),
        ("%{o}", "email.example.com"),
        ("%{d}", "email.example.com"),
        ("%{d4}", "email.example.com"),
        ("%{d2}", "example.com"),
        ("%{d1}", "com"),
        ("%{dr}", "com.example.email"),
        ("%{d2r}", "example.email"),
        ("%{l}", "postmaster"),
        ("%{l-}", "postmaster"),
        ("%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com"),
        ("%{S}", "postmaster%40email.example.com"),
        ("%%%_%-", "% %20"),
        ("%{p}", "unknown"),
    ],
)
def test_macros_are_put_in(text: str, made: str) -> None:
    assert expand(text, DOMAIN, FOUR) == made


def test_an_ipv6_address_is_written_in_nibbles() -> None:
    assert expand("%{ir}.%{v}", DOMAIN, SIX) == ("1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6")


def test_no_address_is_the_one_nobody_has() -> None:
    assert expand("%{i}", DOMAIN, None) == "0.0.0.0"
