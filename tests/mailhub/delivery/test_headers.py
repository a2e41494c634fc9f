import email
import email.policy
from email.header import decode_header, make_header

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailhub.delivery import headers
from mailhub.errors import UserError

WIDE = st.text(alphabet=st.sampled_from('abc é😀שלום 中?=_"\\,<>@\r\n\t.'), max_size=150)


def normal(text: str) -> str:
    return " ".join(part for part in "".join(c if c > " " and c != "\x7f" else " " for c in text).split(" ") if part)


@given(st.one_of(st.text(max_size=200), WIDE))
def test_a_subject_comes_back_folded_and_in_one_header(subject: str) -> None:
    value = headers.text(subject, used=9)
    message = email.message_from_bytes(b"Subject: " + value + b"\r\nX-After: 1\r\n\r\n")
    assert list(message.keys()) == ["Subject", "X-After"]
    for line in (b"Subject: " + value).split(b"\r\n"):
        assert len(line) <= 76
    assert str(make_header(decode_header(message["Subject"] or ""))) == normal(subject)


@given(st.text(alphabet="é中😀a", min_size=20, max_size=100).filter(lambda subject: not subject.isascii()))
def test_every_encoded_word_holds_whole_letters(subject: str) -> None:
    # RFC 2047, 5: some programs decode each word by itself.
    words = [decode_header(word.decode())[0] for word in headers.text(subject, used=9).split(b"\r\n ")]
    assert "".join(str(part, "utf-8") for part, _ in words) == subject


@given(st.one_of(st.text(max_size=100), WIDE))
def test_a_display_name_comes_back_and_adds_no_address(name: str) -> None:
    value = headers.address("a@example.com", name, used=4)
    message = email.message_from_bytes(b"To: " + value + b"\r\n\r\n", policy=email.policy.default)
    assert list(message.keys()) == ["To"]
    (address,) = message["To"].addresses
    assert address.addr_spec == "a@example.com"
    for line in (b"To: " + value).split(b"\r\n"):
        assert len(line) <= 76


NAMES = pytest.mark.parametrize(
    "name", ["Anne", "Anne Marie", "Zoë", "Dupont, Anne", 'Anne "la" \\ reine', "文字", "=?utf-8?q?x?="]
)


@NAMES
@pytest.mark.parametrize("more", ["", " 100%", " %b"])
def test_a_name_waits_for_its_address(name: str, more: str) -> None:
    name += more
    value = headers.phrase(name, used=10) % b"a@example.com"
    message = email.message_from_bytes(b"Reply-To: " + value + b"\r\n\r\n", policy=email.policy.default)
    (address,) = message["Reply-To"].addresses
    assert (address.display_name, address.addr_spec) == (name, "a@example.com")


@NAMES
def test_names_are_read_as_written(name: str) -> None:
    value = headers.address("a@example.com", name)
    message = email.message_from_bytes(b"To: " + value + b"\r\n\r\n", policy=email.policy.default)
    assert message["To"].addresses[0].display_name == name


def test_domains_become_a_labels() -> None:
    assert headers.address("jo@bücher.example") == b"jo@xn--bcher-kva.example"
    assert headers.address("jérôme@bücher.example") == "jérôme@xn--bcher-kva.example".encode()


@pytest.mark.parametrize("mailbox", ["", "nobody", "@example.com", "a@", "a@ex ample.com", "a@x\r\nBcc: y"])
def test_what_is_no_address_is_refused(mailbox: str) -> None:
    with pytest.raises(UserError, match="“"):
        headers.address(mailbox)


@pytest.mark.parametrize(
    ("mailbox", "written"),
    [
        ("a b@example.com", b'"a b"@example.com'),
        ('"a b"@example.com', b'"a b"@example.com'),
        ("a>,<evil@example.com", b'"a>,<evil"@example.com'),
        ("a@b@example.com", b'"a@b"@example.com'),
        ("a\r\nBcc: x@example.com", b'"a Bcc: x"@example.com'),
    ],
)
def test_odd_local_parts_are_quoted(mailbox: str, written: bytes) -> None:
    assert headers.address(mailbox) == written


def test_a_token_has_no_room_for_a_second_header() -> None:
    assert headers.token("<1@x>\r\nBcc: y") == b"<1@x>Bcc:y"


def test_a_date_reads_back() -> None:
    assert headers.date(1_793_500_000) == "Sun, 01 Nov 2026 02:26:40 +0000"
    assert email.utils.parsedate_to_datetime(headers.date(1_793_500_000)).timestamp() == 1_793_500_000
