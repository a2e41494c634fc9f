"""Codes in words: the one a server answered with, not numbers that are something else."""

import pytest

from mailhub.bounces.codes import code_in, precise, status_in


@pytest.mark.parametrize(
    ("text", "code", "status"),
    [
        ("550 5.1.1 User unknown", 550, "5.1.1"),
        ("host mx[192.0.2.1] said: 550-5.7.26 no", 550, "5.7.26"),
        ("#< #5.1.1 smtp;550 unknown>", 550, "5.1.1"),
        ("Sorry (#5.1.2)", None, "5.1.2"),
        ("Remote Server returned '554 5.4.310 gone'", 554, "5.4.310"),
        ("ERROR_CODE :550", 550, None),
        ("Error=[552 full]", 552, None),
        ("connect to mx[5.1.1.4]:25", None, None),
        ("connect to 192.0.2.1 port 587", None, None),
        ("version 4.9.2-beta and 5505 people", None, None),
        ("the end is 5.1.1.", None, "5.1.1"),
        ("450 later, then 550 never", 450, None),
        ("", None, None),
    ],
)
def test_codes_in_words(text: str, code: int | None, status: str | None) -> None:
    assert (code_in(text), status_in(text)) == (code, status)


def test_a_status_may_say_nothing() -> None:
    assert [precise(each) for each in ("5.1.1", "5.0.0", "4.0.0", "", None)] == [True, False, False, False, False]
