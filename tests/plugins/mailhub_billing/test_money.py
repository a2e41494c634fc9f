"""Amounts are exact: what is written comes back as it was written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailhub import Invalid
from mailhub_billing.money import LARGEST, as_decimal, as_text, parse


@given(st.integers(0, LARGEST))
def test_an_amount_comes_back(amount: int) -> None:
    assert parse("amount", as_text(amount)) == amount
    assert parse("amount", as_text(amount).replace(".", ",")) == amount


@pytest.mark.parametrize(("text", "amount"), [("0.0045", 4500), ("12,50", 12_500_000), ("007", 7_000_000)])
def test_it_is_read_as_people_write_it(text: str, amount: int) -> None:
    assert parse("amount", f" {text} ") == amount


def test_ten_per_cent_less_of_a_price_is_exact() -> None:
    assert as_text(4500 * 90 // 100) == "0.00405"
    assert str(as_decimal(-4050)) == "-0.00405"
    assert as_text(-4050) == "-0.00405"


def test_too_much_says_what_is_taken() -> None:
    with pytest.raises(Invalid, match="write 2 at most"):
        parse("price", "2.1", 2_000_000)
