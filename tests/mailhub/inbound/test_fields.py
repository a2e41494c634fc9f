import pytest

from mailhub.errors import Invalid
from mailhub.inbound.fields import Field, addresses, is_closed, split, words


def test_fields_keep_every_byte() -> None:
    content = b"From: a@b.ca\r\nX-Long: one\r\n two\r\n\tthree\r\nOdd :\xff\r\n\r\nbody\r\n"
    fields, body = split(content)
    assert [each.name for each in fields] == ["from", "x-long", "odd"]
    assert b"".join(each.raw for each in fields) + b"\r\n" + body == content
    assert body == b"body\r\n"
    assert fields[1].value == "one two\tthree"


@pytest.mark.parametrize(
    ("content", "names", "body"),
    [
        (b"", [], b""),
        (b"\r\nbody\r\n", [], b"body\r\n"),
        (b"A: b\r\n", ["a"], b""),
        (b"A: b\r\n\r\n", ["a"], b""),
        (b"A:\r\n\r\n\r\n", ["a"], b"\r\n"),
    ],
)
def test_short_mails(content: bytes, names: list[str], body: bytes) -> None:
    fields, rest = split(content)
    assert ([each.name for each in fields], rest) == (names, body)


@pytest.mark.parametrize(
    "line", [b"no colon", b" folded first: x", b": empty", b"a b: c", b"From a@b.ca Mon", b"\xc3\xa9: x"]
)
def test_a_line_that_is_no_field(line: bytes) -> None:
    with pytest.raises(Invalid, match="no header field"):
        split(line + b"\r\n\r\nbody\r\n")


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (b"a@b.ca", ["a@b.ca"]),
        (b'"x@y.ca" <a@b.ca>', ["a@b.ca"]),
        (b"A <a@b.ca>, c@d.ca (C)", ["a@b.ca", "c@d.ca"]),
        (b"=?utf-8?q?x=40y=2Eca?= <a@b.ca>", ["a@b.ca"]),
        ("Été <été@b.ca>".encode(), ["été@b.ca"]),
        (b"", []),
    ],
)
def test_addresses(value: bytes, found: list[str]) -> None:
    assert addresses(Field("from", b"From: " + value + b"\r\n")) == found


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"Hello", "Hello"),
        (b"=?utf-8?b?w4l0w6k=?=", "Été"),
        (b"=?iso-8859-1?q?=C9t=E9?= x", "Été x"),
        (b"=?no-such-charset?q?x?=", "=?no-such-charset?q?x?="),
        (b"=?utf-8?b?abcde?=", "=?utf-8?b?abcde?="),
        ("Été".encode(), "Été"),
        (b"a\0b", "ab"),
        (b"\xff", "\ufffd"),
    ],
)
def test_words(value: bytes, text: str) -> None:
    assert words(Field("subject", b"Subject: " + value + b"\r\n")) == text


@pytest.mark.parametrize(
    ("text", "closed"),
    [
        ("me@own.example (a (nested \\) one))", True),
        ('"A < (B" <me@own.example>', True),
        ('(He said ") <me@own.example>', True),
        ("A -> B <me@own.example>", True),
        ("me@own.example (<victim@bank.example>", False),
        ("me@own.example (\\)", False),
        ("me@own.example ) <victim@bank.example>", False),
        ('"me@own.example <victim@bank.example>', False),
        ("me@own.example <victim@bank.example", False),
    ],
)
def test_what_opens_must_end(text: str, closed: bool) -> None:
    assert is_closed(text) == closed
