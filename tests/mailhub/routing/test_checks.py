"""Hosts, domains, names and addresses: taken in their usual form, or refused."""

import re

import pytest

from mailhub.errors import Sentence
from mailhub.routing import checks


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("SMTP.Example.COM.", "smtp.example.com"),
        ("relay", "relay"),
        ("_smtp.example.com", "_smtp.example.com"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("192.0.2.1", "192.0.2.1"),
        ("[2001:DB8::1]", "2001:db8::1"),
    ],
)
def test_a_host_is_a_name_or_an_address(given: str, kept: str) -> None:
    assert checks.host(given) == kept


@pytest.mark.parametrize(
    "given", ["...", "a b", "-a.example", "a..b", "http://a.example", "192.0.2.300", "a" * 64, "ü" * 300]
)
def test_what_is_no_host_is_refused(given: str) -> None:
    with pytest.raises(ValueError, match=re.escape(given)):
        checks.host(given)


def test_a_domain_may_begin_with_a_star() -> None:
    assert checks.domain("*.Example.com") == "*.example.com"
    assert checks.domain("example.com") == "example.com"
    assert checks.domain("") == ""
    for wrong in ("com", "*", "*.com", "a.*.com", "*example.com"):
        with pytest.raises(ValueError, match=re.escape(wrong)):
            checks.domain(wrong)


def test_a_name_for_ehlo_has_a_dot() -> None:
    assert checks.helo("Mail1.Example.com") == "mail1.example.com"
    assert checks.helo("") == ""
    assert checks.helo("localhost") == "localhost"
    with pytest.raises(ValueError, match="mail1"):
        checks.helo("mail1")


def test_names_of_routes_and_pools_hold_no_signs_with_a_meaning() -> None:
    for right in ("smart.example.com:587", "Été", "e\u0301te\u0301", "東京 2", "हिन्दी", "a" * 64, "7"):
        assert checks.name(right, "route") is None
    for wrong in ("", "a=b", "a@b", "a/b", " a", "a.", "a" * 65, "a\nb", "a\u202eb", "☃"):
        assert "route’s name" in str(checks.name(wrong, "route"))
        assert "pool’s name" in str(checks.name(wrong, "pool"))


def test_a_name_typed_in_two_ways_is_one() -> None:
    assert checks.usual_name("E\u0301te\u0301") == "Été"


def test_an_address_of_this_machine_is_one_that_can_be_bound() -> None:
    assert checks.local_address("127.0.0.9") == "127.0.0.9"
    for wrong, why in (
        ("192.0.2.10", "not an address of this machine"),
        ("2001:db8::1", "not an address of this machine"),
        ("0.0.0.0", "No mail can leave from"),
        ("224.0.0.1", "No mail can leave from"),
        ("mail.example.com", "is no IP address"),
    ):
        found = checks.local_address(wrong)
        assert isinstance(found, Sentence)
        assert why in found


def test_the_usual_form_of_an_address() -> None:
    assert checks.usual("[2001:DB8:0::1]") == "2001:db8::1"
    assert checks.usual("not one") == "not one"


def test_streams_are_known() -> None:
    assert checks.stream("")
    assert checks.stream("bulk")
    assert not checks.stream("fast")
