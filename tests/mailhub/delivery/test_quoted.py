import quopri
import re

from dkim.canonicalization import Relaxed
from hypothesis import given
from hypothesis import strategies as st

from mailhub.delivery.quoted import SOFT, encode, piece

# Letters that meet every rule of the encoding more often than chance would.
TRICKY = st.text(alphabet=st.sampled_from("  \t\n\r.=FromA-é😀ש\x00\x7f_?~!\u2028"), max_size=300)
TEXTS = st.one_of(st.text(max_size=300), TRICKY, st.text("a =", min_size=70, max_size=80))


def lines_of(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def check_form(encoded: bytes) -> None:
    assert encoded.isascii()
    assert b"\n" not in encoded.replace(b"\r\n", b"")
    assert b"\r" not in encoded.replace(b"\r\n", b"")
    for line in encoded.split(b"\r\n"):
        assert len(line) <= 76
        assert not line.startswith((b".", b"From "))
        assert not line.endswith((b" ", b"\t"))
        assert b"  " not in line
        assert b"\t" not in line
        assert re.fullmatch(rb"(?:[ -<>-~]|=[0-9A-F]{2})*=?", line)


@given(TEXTS)
def test_a_whole_text_comes_back(text: str) -> None:
    encoded = encode(text)
    check_form(encoded)
    assert quopri.decodestring(encoded).replace(b"\r\n", b"\n").decode() == lines_of(text)


@given(st.lists(TEXTS, max_size=8))
def test_pieces_join_to_their_text(texts: list[str]) -> None:
    encoded = b"".join(map(piece, texts))
    check_form(encoded)
    assert quopri.decodestring(encoded).replace(b"\r\n", b"\n").decode() == "".join(map(lines_of, texts))


@given(st.lists(TEXTS, max_size=8))
def test_the_result_is_its_own_relaxed_form(texts: list[str]) -> None:
    body = b"".join(map(piece, texts)) + b"--end--\r\n"
    assert Relaxed.canonicalize_body(body) == body


@given(TEXTS.filter(bool))
def test_a_piece_leaves_a_new_line_behind(text: str) -> None:
    assert piece(text).endswith(b"\r\n")


def test_nothing_is_broken_without_need() -> None:
    assert piece("") == b""
    assert piece("Anne") == b"Anne" + SOFT
    assert piece("Bonjour\n") == b"Bonjour\r\n"
    assert encode("x" * 73) == b"x" * 73
    assert encode("x" * 74) == b"x" * 73 + SOFT + b"x"


def test_line_starts_that_servers_change_are_spelt() -> None:
    assert encode(".\n..a\nFrom me\n.From") == b"=2E\r\n=2E.a\r\n=46rom me\r\n=2EFrom"
    assert encode("a" * 73 + "." + "b" * 73).split(b"\r\n") == [b"a" * 73 + b"=", b"=2E" + b"b" * 72 + b"=", b"b"]


def test_escapes_are_never_cut() -> None:
    for lead in range(60, 80):
        encoded = encode("a" * lead + "é" * 40)
        assert quopri.decodestring(encoded).decode() == "a" * lead + "é" * 40
        check_form(encoded)


def test_a_lone_surrogate_does_not_stop_a_mail() -> None:
    assert encode("a\ud800b") == b"a?b"
