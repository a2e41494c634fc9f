"""Addresses: one form, one reason each, one key; and the pattern for the usual form says what email-validator says."""

import time

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import assume, example, given
from hypothesis import strategies as st

from mailhub.address import (
    MAX_ADDRESS,
    REASONS,
    address_key,
    check,
    domain_of,
    key_of,
    normalise,
    usual,
    without_addresses,
)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  James.Bond@Gmail.COM ", "James.Bond@gmail.com"),
        ("\u00a0a@b.ca\u200b", "a@b.ca"),
        ("'a@b.ca", "a@b.ca"),
        ("'MailTo:a@b.ca?subject=Bonjour", "a@b.ca"),
        ("< a@b.ca >", "a@b.ca"),
        ("a@Québec.ca", "a@xn--qubec-csa.ca"),
        ("o'neil@b.ca", "o'neil@b.ca"),
        ("Jean <a@b.ca>", "Jean <a@b.ca>"),
        ('"a@b"@C.ca', '"a@b"@c.ca'),
        ("none", "none"),
        ("a@\udcff.ca", "a@\udcff.ca"),
    ],
)
def test_normalise(typed: str, kept: str) -> None:
    assert normalise(typed) == kept
    assert normalise(kept) == kept


@pytest.mark.parametrize(
    "address",
    [
        "a@b.ca",
        "o'neil+x=y@a-b.co.uk",
        "1@2.travel",
        "prénom@b.ca",
        "a@xn--qubec-csa.ca",
        "a@abc--d.ca",
        "a@québec.ca",
        "a@b.XN--P1AI",
        '"a b"@b.ca',
        '"a@b"@b.ca',
        "x" * 64 + "@b.ca",
    ],
)
def test_good_addresses(address: str) -> None:
    assert check(address) is None


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("", "empty"),
        (" \u00a0", "empty"),
        ("jean.tremblay", "no-at-sign"),
        ("a@@b.ca", "extra-at-sign"),
        ("a@b@c.ca", "extra-at-sign"),
        ("a@b.ca, c@d.ca", "several-addresses"),
        ("a@b.ca;c@d.ca", "several-addresses"),
        ("Jean T <a@b.ca>", "name-with-address"),
        ("jean tremblay@b.ca", "space-inside"),
        ("a@b.ca\nBcc", "space-inside"),
        ("x" * 65 + "@b.ca", "too-long"),
        ("é" * 33 + "@b.ca", "too-long"),
        ("a@" + "b." * 126 + "ca", "too-long"),
        (".a@b.ca", "bad-local-part"),
        ("a..b@b.ca", "bad-local-part"),
        ("a.@b.ca", "bad-local-part"),
        ("@b.ca", "bad-local-part"),
        ('"a"b@b.ca', "bad-local-part"),
        ('"a\nb"@b.ca', "bad-local-part"),
        ("\udcffa@b.ca", "bad-local-part"),
        ("a@gmail", "no-dot-in-domain"),
        ("a@", "bad-domain"),
        ("a@b.ca.", "bad-domain"),
        ("a@b..ca", "bad-domain"),
        ("a@-b.ca", "bad-domain"),
        ("a@b_c.ca", "bad-domain"),
        ("a@00--0.ca", "bad-domain"),
        ("a@b.ab--c.ca", "bad-domain"),
        ("a@b.c", "bad-domain"),
        ("a@1.2.3.4", "bad-domain"),
        ("a@[1.2.3.4]", "bad-domain"),
        ("a@" + "b" * 64 + ".ca", "bad-domain"),
        ("a@b.ca;", "bad-domain"),
    ],
)
def test_bad_addresses_have_their_reason(address: str, reason: str) -> None:
    assert check(address) == reason
    assert reason in REASONS


def test_every_reason_is_a_sentence() -> None:
    assert all(sentence[0].isupper() and sentence.endswith(".") for sentence in REASONS.values())


@example("-@00--0.aa")
@given(st.from_regex(r"[a-z.!'+\"\\ -]{1,6}@[a-zA-Z0-9.-]{1,12}\.[a-z]{2,3}", fullmatch=True))
def test_agrees_with_email_validator(address: str) -> None:
    try:
        validate_email(address, check_deliverability=False, allow_quoted_local=True, test_environment=True)
        valid = True
    except EmailNotValidError as error:
        assume("special-use" not in str(error))
        valid = False
    assert (check(address) is None) == valid


@given(st.text(max_size=300))
def test_any_text_gets_an_answer(text: str) -> None:
    kept = normalise(text)
    assert check(kept) in {None, *REASONS}
    assert -(2**63) <= address_key(text) < 2**63


def test_key_ignores_how_the_address_is_typed() -> None:
    assert address_key(" A@QUÉBEC.ca") == address_key("a@xn--qubec-csa.ca")
    assert address_key("e\u0301@b.ca") == address_key("É@B.ca")
    assert address_key("a@b.ca") != address_key("a@b.com")


def test_key_never_changes() -> None:
    """Tables hold these numbers: another hash would lose every suppression."""
    assert address_key("james.bond@gmail.com") == 1_686_091_827_033_890_808


def test_domain() -> None:
    assert domain_of("a@Sub.Québec.CA") == "sub.xn--qubec-csa.ca"
    assert domain_of("none") == ""


def test_length_is_checked_on_the_usual_form_too() -> None:
    assert check("a@" + "b." * 125 + "ca") is None
    assert len("a@" + "b." * 125 + "ca") == MAX_ADDRESS


def test_checking_is_fast() -> None:
    addresses = [f"person.{number}@example{number % 50}.com" for number in range(30_000)]
    began = time.process_time()
    assert not any(map(check, addresses))
    assert time.process_time() - began < 0.5  # 60,000 a second on a busy machine; alone it does over a million


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<blocky@example.net>: blocked", "<…>: blocked"),
        ('550 "a b"@x.example is full', "550 … is full"),
        ("see http://x.example/why?id=bob%40acme.example;ip=192.0.2.1", "see http://x.example/why?id=…;ip=192.0.2.1"),
        ("'o'neil+x@x.example', <x%y@[192.0.2.1]>", "…', <…[192.0.2.1]>"),
        ("user=é@ü.example sagt 5% nein", "user=… sagt 5% nein"),
        ("nobody is named, 5% 40", "nobody is named, 5% 40"),
        ("a@" * 3, "…"),
    ],
)
def test_addresses_are_taken_out_of_a_text_others_read(text: str, shown: str) -> None:
    assert without_addresses(text) == shown


@given(st.from_regex(r"['a-zA-Z0-9.+@ <>-]{1,20}(@[a-zA-Z0-9.-]{1,12}\.[a-zA-Z]{1,4})?", fullmatch=True))
def test_the_short_way_says_what_the_long_one_says(text: str) -> None:
    clean = normalise(text)
    assert usual(text) in ("", clean)
    if usual(text):
        assert check(clean) is None
        assert key_of(clean) == address_key(text)


def test_the_short_way_is_for_nearly_all() -> None:
    assert usual("Jean.Roy@Example.COM") == "Jean.Roy@example.com"
    for text in ("'a@b.ca", " a@b.ca", "é@b.ca", "a@b", f"{'x' * 65}@b.ca", f"a@{'b.' * 130}ca", ""):
        assert usual(text) == ""
