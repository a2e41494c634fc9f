"""Amounts are exact: what is written comes back as it was written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailhub import Invalid
from mailhub_billing.money import LARGEST, as_decimal, as_text, parse, parse_count, parse_sum


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


@pytest.mark.parametrize(
    ("text", "more", "less"),
    [("1,000", "1000", "1.00"), ("1.000", "1000", "1.00"), ("12,345", "12345", "12.3450"), ("0,250", "0250", "0.25")],
)
def test_three_decimals_of_a_sum_may_be_thousands(text: str, more: str, less: str) -> None:
    with pytest.raises(Invalid, match=f"{text} can be read in two ways: write {more} or {less}."):
        parse_sum("amount", text)
    assert parse_sum("amount", less) == parse("price", text), "as it says, it is taken"
    assert parse_sum("amount", more) == int(more) * 1_000_000


@pytest.mark.parametrize(("text", "amount"), [("50", 50_000_000), ("12,5", 12_500_000), (" 0.9045 ", 904_500)])
def test_a_sum_that_can_be_read_in_one_way(text: str, amount: int) -> None:
    assert parse_sum("amount", text) == amount


@pytest.mark.parametrize("text", ["1,000", "10.000", "1 000", "12.0", "-5", "", "²", "9" * 5000])
def test_mails_are_written_in_digits_alone(text: str) -> None:
    with pytest.raises(Invalid, match="no number of mails: write a whole one in digits alone"):
        parse_count("amount", text, 10**9)


def test_mails_have_a_largest_number() -> None:
    assert parse_count("amount", " 1000000000 ", 10**9) == 10**9
    with pytest.raises(Invalid, match="write 1000000000 at most"):
        parse_count("amount", "1000000001", 10**9)
