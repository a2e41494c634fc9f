"""What was meant by a mistyped domain; domains that only look like one are left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailhub_verification.typos import BIG, distance, suggestion


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("gmial.com", "gmail.com"), ("gmal.com", "gmail.com"), ("gmail.co", "gmail.com"), ("gmail.con", "gmail.com"),
        ("gnail.com", "gmail.com"), ("hotmial.con", "hotmail.com"), ("hotmaill.com", "hotmail.com"),
        ("outlok.fr", "outlook.fr"), ("oragne.fr", "orange.fr"), ("laposte.ent", "laposte.net"), ("aol.con", "aol.com"),
        ("wanado.fr", "wanadoo.fr"), ("iclould.com", "icloud.com"), ("protonmial.com", "protonmail.com"),
    ],
)  # fmt: skip
def test_a_slip_is_recognised(typed: str, meant: str) -> None:
    assert suggestion(typed) == meant


@pytest.mark.parametrize(
    "domain",
    [
        "example.com", "tree.fr", "hotmail.se", "hotmail.dk", "yahoo.gr", "web.dk", "gmx.fr", "foxmail.com", "yopmail.com",
        "orange.com", "mail.com", "ymail.com", "a.b", "x" * 60 + ".com", "", *BIG,
    ],
)  # fmt: skip
def test_another_domain_is_no_slip(domain: str) -> None:
    assert suggestion(domain) == ""


@given(st.text(max_size=30))
def test_any_text_has_an_answer(text: str) -> None:
    assert suggestion(text) in {"", *BIG}


@given(st.text("abc", max_size=6), st.text("abc", max_size=6))
def test_distance_is_a_distance(one: str, other: str) -> None:
    assert distance(one, other) == distance(other, one)
    assert (distance(one, other) == 0) == (one == other)
    assert abs(len(one) - len(other)) <= distance(one, other) <= max(len(one), len(other))


def test_a_swap_of_neighbours_is_one_slip() -> None:
    assert distance("gmial", "gmail") == 1
