"""A mail cut into fields and body, whatever its lines are."""

from hashlib import sha256

import pytest
from dkim.canonicalization import Relaxed, Simple
from hypothesis import given
from hypothesis import strategies as st

from mailhub.authentication.mail import LONGEST_HEADER, MOST_FIELDS, Field, Mail, relaxed, select, simple


@pytest.mark.parametrize(
    ("content", "fields", "body"),
    [
        (b"", [], b""),
        (b"\r\n", [], b""),
        (b"\r\nbody", [], b"body"),
        (b"\nbody\n", [], b"body\r\n"),
        (b"A: 1\r\n\r\n", [(b"A", b" 1\r\n")], b""),
        (b"A: 1", [(b"A", b" 1\r\n")], b""),
        (b"A:1\r\nb :\r\n  2\r\n\t3\r\n\r\nx", [(b"A", b"1\r\n"), (b"b ", b"\r\n  2\r\n\t3\r\n")], b"x"),
        (b"A: 1\nB: 2\n\nx\ny", [(b"A", b" 1\r\n"), (b"B", b" 2\r\n")], b"x\r\ny"),
        (b"A: 1\r\n\nx", [(b"A", b" 1\r\n")], b"x"),
        (b"A: 1\r2\r\n\r\nx\ry", [(b"A", b" 1\r2\r\n")], b"x\ry"),
        (b"From a@b Sun Nov 22\r\nA: 1\r\n\r\nx", [(b"A", b" 1\r\n")], b"x"),
        (b" lost\r\nA: 1\r\n\r\nx", [(b"A", b" 1\r\n")], b"x"),
        (b"A: 1\r\nno field\r\n more of it\r\nB: 2\r\n\r\nx", [(b"A", b" 1\r\n"), (b"B", b" 2\r\n")], b"x"),
        (b": x\r\nA: 1\r\n\r\n", [(b"A", b" 1\r\n")], b""),
        (b"\xff: x\r\nA:\xff\0\r\n\r\n\0", [(b"A", b"\xff\0\r\n")], b"\0"),
    ],
)
def test_halves(content: bytes, fields: list[tuple[bytes, bytes]], body: bytes) -> None:
    mail = Mail(content)
    assert mail.fields == fields
    assert mail.body == body
    assert not mail.cut


def test_names_are_found_in_any_case() -> None:
    assert [each.value for each in Mail(b"a: 1\r\nA : 2\r\nB: 3\r\n\r\n").named(b"a", b"c")] == [b" 1\r\n", b" 2\r\n"]


def test_a_header_too_long() -> None:
    mail = Mail(b"A: 1\r\nB: " + b"x" * LONGEST_HEADER + b"\r\n\r\nbody")
    assert (mail.fields, mail.cut, mail.body) == ([(b"A", b" 1\r\n")], True, b"body")
    mail = Mail(b"A: 1\r\n" * (MOST_FIELDS + 1) + b"\r\nbody")
    assert (len(mail.fields), mail.cut) == (MOST_FIELDS, True)


def test_fields_in_their_forms() -> None:
    field = Field(b"SubJect ", b"  a \r\n\t b  c\t\r\n")
    assert relaxed(field) == b"subject:a b c\r\n"
    assert simple(field) == b"SubJect :  a \r\n\t b  c\t\r\n"


def test_fields_are_taken_from_below() -> None:
    one, two, other = Field(b"A", b"1"), Field(b"a", b"2"), Field(b"B", b"3")
    assert select([one, two, other], [b"a", b"c", b"a", b"a", b"b"]) == [two, one, other]


@given(st.lists(st.sampled_from([b" ", b"\t", b"\r\n", b"x", b"\r", b"y z"]), max_size=30).map(b"".join))
def test_bodies_are_hashed_as_dkimpy_hashes_them(body: bytes) -> None:
    mail = Mail(b"A: 1\r\n\r\n" + body)
    assert mail.body_hash(False, None) == sha256(Simple.canonicalize_body(body)).digest()
    if not body.endswith((b" ", b"\t")):  # of a last line without end dkimpy keeps the blanks
        assert mail.body_hash(True, None) == sha256(Relaxed.canonicalize_body(body)).digest()


def test_a_part_of_the_body() -> None:
    mail = Mail(b"\r\nabc \r\n\r\n")
    assert mail.body_hash(True, 3) == sha256(b"abc").digest()
    assert mail.body_hash(False, 6) == sha256(b"abc \r\n").digest()
    assert mail.body_hash(True, 6) is None
    assert mail.body_hash(True, 0) == sha256(b"").digest()


def test_many_empty_lines_at_the_end() -> None:
    assert Mail(b"\r\nx" + b"\r\n" * 10_001).body_hash(False, None) == sha256(b"x\r\n").digest()


@given(st.binary(max_size=300))
def test_any_octets(content: bytes) -> None:
    mail = Mail(content)
    assert all(field.value.endswith(b"\r\n") and field.key for field in mail.fields)
    assert len(mail.body_hash(True, None) or b"") == 32
