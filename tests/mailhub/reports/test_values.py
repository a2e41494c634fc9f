"""Texts, numbers and moments however they are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailhub.reports import values


@pytest.mark.parametrize(
    ("written", "made"),
    [("1700000000", 1_700_000_000_000), (" 1700000000.0 ", 1_700_000_000_000), ("1700000000000", 1_700_000_000_000),
     ("2026-09-21T00:00:00Z", 1_789_948_800_000), ("2026-09-21T02:00:00+02:00", 1_789_948_800_000),
     ("2026-09-21 00:00:00", 1_789_948_800_000), ("Mon, 21 Sep 2026 00:00:00 +0000", 1_789_948_800_000),
     (1_700_000_000, 1_700_000_000_000), ("", None), ("-5", None), ("9" * 18, None), ("9" * 400, None), ("soon", None),
     (None, None), ([], None), ("0001-01-01T00:00:00Z", None)],
)  # fmt: skip
def test_moments(written: object, made: int | None) -> None:
    assert values.moment(written) == made


@pytest.mark.parametrize(
    ("written", "made"),
    [("3", 3), (" 1,204 ", 1204), ("2.0", 2), (-4, 0), ("9" * 18, values.MOST), ("9" * 40, 7), ("many", 7), ("", 7),
     (None, 7), (True, 7), (12.9, 12), (float("inf"), 7), (10**400, 7)],
)  # fmt: skip
def test_counts(written: object, made: int) -> None:
    assert values.count(written, missing=7) == made


@pytest.mark.parametrize(("written", "made"), [("100", 100), ("50%", 50), ("101", None), ("-1", None), ("", None)])
def test_shares(written: str, made: int | None) -> None:
    assert values.share(written) == made


@pytest.mark.parametrize(
    ("written", "made"),
    [(" 192.0.2.1 ", "192.0.2.1"), ("2001:DB8:0:0::1", "2001:db8::1"), ("[IPv6:2001:db8::1]", "2001:db8::1"),
     ("mx.example", "mx.example"), ("x" * 100, "x" * 64), (None, "")],
)  # fmt: skip
def test_addresses(written: object, made: str) -> None:
    assert values.address(written) == made


def test_names_and_words() -> None:
    assert values.domain(" ACME.Example. ") == "acme.example"
    assert values.word(" Pass\n") == "pass"
    assert values.text("a\0b\n\t c") == "ab c"
    assert values.text("x" * 5000) == "x" * 255
    assert values.text("\ud800") == "?"
    assert (values.iso(1_789_948_800_999), values.iso(None)) == ("2026-09-21T00:00:00Z", None)


@given(st.one_of(st.text(), st.integers(), st.floats(), st.none(), st.lists(st.text())))
def test_nothing_raises(written: object) -> None:
    assert 0 <= values.count(written) <= values.MOST
    at = values.moment(written)
    assert at is None or values.iso(at)
    assert len(values.text(written)) <= 255
    assert len(values.address(written)) <= 64
