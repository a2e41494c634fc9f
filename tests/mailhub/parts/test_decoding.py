"""What mail writes in octets is read as text, as far as it can be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailhub.parts.decoding import codec_of, decoded, text_of, words


@pytest.mark.parametrize(
    ("raw", "encoding", "octets"),
    [
        (b"aGVs\nbG8=\n", "BASE64", b"hello"),
        (b"aGVsbG8", "base64", b"hello"),
        (b"aGVs*bG8", "base64", b"hello"),
        (b"a=3Db=\nc", "quoted-printable", b"a=bc"),
        (b"begin 644 a.txt\n%:&5L;&\\\n`\nend\n", "x-uuencode", b"hello"),
        (b"=3D", "8bit", b"=3D"),
        (b"=3D", "no-such", b"=3D"),
    ],
)
def test_transfer_encodings(raw: bytes, encoding: str, octets: bytes) -> None:
    assert decoded(raw, encoding) == octets


@pytest.mark.parametrize(
    ("octets", "charset", "text"),
    [
        ("größe".encode("latin-1"), "iso-8859-1", "größe"),
        ("“größe”".encode("cp1252"), "iso-8859-1", "“größe”"),
        ("größe".encode(), "us-ascii", "größe"),
        ("größe".encode("cp1252"), "utf-8", "größe"),
        ("宛先".encode("iso2022_jp"), "iso-2022-jp", "宛先"),
        ("宛先".encode("iso2022_jp"), "", "宛先"),
        ("宛先①".encode("cp932"), "Shift_JIS", "宛先①"),
        ("邮箱".encode("gb18030"), "gb2312", "邮箱"),
        ("ящик".encode("koi8-r"), "KOI8-R", "ящик"),
        (b"plain", "unknown-8bit", "plain"),
        (b"a\r\nb\rc", "", "a\nb\nc"),
    ],
)
def test_charsets(octets: bytes, charset: str, text: str) -> None:
    assert text_of(octets, charset, 1000) == text


def test_text_is_bounded_even_inside_a_character() -> None:
    assert text_of("éé".encode(), "utf-8", 3).startswith("é")


@pytest.mark.parametrize("charset", ["zlib", "punycode", "idna", "unicode_escape", "\0", "rot13", "hex"])
def test_a_codec_that_is_no_charset_is_refused(charset: str) -> None:
    assert codec_of(charset) == ""


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("=?utf-8?q?caf=C3?= =?UTF-8?q?=A9_noir?= now", "café noir now"),
        ("a =?iso-2022-jp?B?GyRCMDhAaBsoQg==?= b", "a 宛先 b"),
        ("=?utf-8*en?Q?one?=\t =?utf-8?Q?two?=", "onetwo"),
        ("=?utf-8?x?no?= =?broken", "=?utf-8?x?no?= =?broken"),
    ],
)
def test_encoded_words(value: str, text: str) -> None:
    assert words(value) == text


@given(st.binary(), st.text(max_size=20), st.sampled_from(["base64", "quoted-printable", "uuencode", ""]))
def test_any_octets_are_some_text(octets: bytes, charset: str, encoding: str) -> None:
    assert isinstance(text_of(decoded(octets, encoding), charset, 100), str)


@given(st.text(alphabet="=?utf8-QqBb _C3\n", max_size=200))
def test_any_value_is_some_words(value: str) -> None:
    assert isinstance(words(value), str)
