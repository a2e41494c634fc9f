"""The parts a signature is read in."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailhub.authentication.keys import Problem
from mailhub.authentication.mail import Field
from mailhub.authentication.signature import (
    LONGEST_FIELD,
    canonical_forms,
    decoded,
    name_of,
    read_tags,
    signed_names,
    without_signature,
)


@pytest.mark.parametrize(
    ("value", "left"),
    [
        (b" a=1; b=AA\r\n AA; c=2\r\n", b" a=1; b=; c=2\r\n"),
        (b" a=1; b=AAAA\r\n", b" a=1; b="),
        (b"b=AAAA; bh=BBBB", b"b=; bh=BBBB"),
        (b" bh=b=x; b =A=A ;", b" bh=b=x; b =;"),
        (b" \r\n b\t=\r\n AA;\r\n h=b:c\r\n", b" \r\n b\t=;\r\n h=b:c\r\n"),
        (b" a=1\r\n", b" a=1\r\n"),
    ],
)
def test_its_own_value_is_taken_out(value: bytes, left: bytes) -> None:
    assert without_signature(Field(b"DKIM-Signature", value)).value == left


def test_tags() -> None:
    assert read_tags(Field(b"X", b" a = 1 ;b=x=y; c=\r\n 2 3;\r\n")) == {b"a": b"1", b"b": b"x=y", b"c": b"2 3"}
    for value in (b"a=1; a=1", b"a", b"=1", b"a=1;;b=2", b"a=" + b"x" * LONGEST_FIELD):
        with pytest.raises(Problem):
            read_tags(Field(b"X", value))


def test_names_of_domains() -> None:
    assert name_of(b"Sel_1.Example.COM") == "sel_1.example.com"
    assert name_of("b\u00fccher.example".encode()) == "xn--bcher-kva.example"
    for value in (b"", b".", b"a..b", b"a b", b"a(b", b"-a", b"a@b", b"x" * 64, b"\xff", b"a\0b", b"a.b." * 70):
        with pytest.raises(Problem):
            name_of(value)


def test_canonical_forms() -> None:
    assert canonical_forms({}) == (b"simple", b"simple")
    assert canonical_forms({b"c": b"relaxed"}) == (b"relaxed", b"simple")
    assert canonical_forms({b"c": b"simple/relaxed"}) == (b"simple", b"relaxed")
    for value in (b"", b"/", b"Relaxed", b"relaxed/", b"relaxed/relaxed/simple", b"nofws"):
        with pytest.raises(Problem):
            canonical_forms({b"c": value})


def test_signed_names() -> None:
    assert signed_names({b"h": b"From : to:\r\n Subject"}) == [b"from", b"to", b"subject"]
    with pytest.raises(Problem):
        signed_names({b"h": b"x:" * 1001})


def test_base64() -> None:
    assert decoded(b"YW\r\n Jj") == b"abc"
    for value in (b"", b"YWJ", b"YW=J", b"Y!Jj", b"====", b"\xff"):
        with pytest.raises(Problem):
            decoded(value)


@given(st.binary(max_size=60))
def test_any_value_is_read_or_a_problem(value: bytes) -> None:
    for read in (decoded, name_of, lambda each: read_tags(Field(b"X", each)), lambda each: signed_names({b"h": each})):
        with contextlib.suppress(Problem):
            assert read(value) is not None
    assert len(without_signature(Field(b"X", value)).value) <= len(value)
