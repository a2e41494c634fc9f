"""Texts are compared without regard to case in every alphabet, and signs that patterns know stand for themselves."""

import pytest

from mailhub.db import sql
from mailhub.hub import Hub
from mailhub_contacts.segment_texts import capitals, compare, dated


@pytest.mark.parametrize(
    ("how", "column", "text", "wanted"),
    [
        ("is", "SAINT-ÉTIENNE", "saint-étienne", True),
        ("is", "saint-etienne", "saint-étienne", False),
        ("contains", "Le Theâtre", "ÉÂ", False),
        ("contains", "LE THÉÂTRE", "éâ", True),
        ("begins", "ΩMEGA", "ωm", True),
        ("begins", "a", "ab", False),
        ("ends", "Ünlü [a-z]*", "ü [a-z]*", True),
        ("ends", "b", "ab", False),
        ("contains", "100 % [a] é", "% [A] É", True),
        ("contains", "axé", "?É", False),
        ("is", "İ", "i", False),
        ("contains", "straße", "STRASSE", False),
    ],
)
def test_texts_are_compared(hub: Hub, how: str, column: str, text: str, wanted: bool) -> None:
    condition, said = compare(how, "CAST(? AS text)", [column], text)
    assert bool(sql(f"SELECT {condition}", said).fetchone()[0]) is wanted


def test_letters_with_one_capital_have_pairs() -> None:
    assert capitals("éßxµ") == {"É": "é", "\u039c": "µ"}


def test_a_text_may_begin_with_a_date(sqlite_hub: Hub) -> None:
    for text, wanted in (("2027-01-31T10:00", True), ("2027-02-01", False), ("31/01/2027", False), ("", False)):
        condition, said = dated("CAST(? AS text)", [text], "2027-01-01", "2027-01-31")
        assert bool(sql(f"SELECT {condition}", said).fetchone()[0]) is wanted
