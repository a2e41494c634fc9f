"""XML as a stream: what it gives, what it refuses, and what it makes of wrong charsets."""

import itertools
import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailhub.reports.records import Unreadable
from mailhub.reports.trees import children
from mailhub.reports.unpacking import sliced


def tree(content: bytes, root: str = "feedback") -> list[object]:
    return list(children(sliced(content), root))


def test_children_come_as_small_trees_with_plain_names() -> None:
    content = (
        b'<n:Feedback xmlns:n="urn:x"><n:A/><b>\n one </b><c><d>1</d><D x="2">&lt;2</D></c>tail</n:Feedback> junk <'
    )
    assert tree(content) == [("a", ""), ("b", "one"), ("c", {"d": ["1", "<2"]})]


def test_charsets() -> None:
    text = "<feedback><a>Société</a></feedback>"
    assert tree(text.encode()) == [("a", "Société")]
    assert tree(b"\xef\xbb\xbf  " + text.encode()) == [("a", "Société")]
    assert tree(b"\r\n" + text.encode("latin-1")) == [("a", "Société")]
    assert tree(text.encode("utf-16")) == [("a", "Société")]
    assert tree(text.encode("utf-16-be")) == [("a", "Société")]
    for declared, codec in (("utf-16", "utf-8"), ("windows-1252", "cp1252"), ("UTF-8", "latin-1"), ("birds", "utf-8")):
        assert tree(f'<?xml version="1.0" encoding="{declared}"?>{text}'.encode(codec)) == [("a", "Société")]


def test_a_charset_that_breaks_within_a_sign_at_a_border() -> None:
    content = "<feedback><a>Société</a><b>é</b></feedback>".encode()
    for at in range(1, len(content)):
        assert list(children(iter([content[:at], content[at:]]), "feedback")) == [("a", "Société"), ("b", "é")]
    mixed = list(children(iter([b"<feedback><a>\xc3", b"X</a></feedback>"]), "feedback"))
    assert mixed == [("a", "ÃX")]


def test_signs_that_xml_forbids_are_left_out_and_a_schema_that_never_ends() -> None:
    assert tree(b"<feedback><a>o\x00n\x0be</a></feedback>") == [("a", "one")]
    assert tree(b'<feedback><xs:schema xmlns:xs="x"><a>1</a></feedback>') == [("a", "1")]


def test_a_bare_ampersand_is_meant_as_one_wherever_a_chunk_ends() -> None:
    content = b"<feedback><a>A&B & C&nbsp;D&amp;E&#233;&#xe9;</a></feedback>&"
    for at in range(1, len(content)):
        assert list(children(iter([content[:at], content[at:]]), "feedback")) == [("a", "A&B & C&nbsp;D&Eéé")]


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"<feedback><a>1</a>", "cut off"), (b"<feedback><a></b></feedback>", "broken in line 1"), (b"", "cut off"),
     (b"<html></html>", "no DMARC report"), (b"<feedback>\n<a>1 < 2</a></feedback>", "broken in line 2"),
     (b'<!DOCTYPE feedback [<!ENTITY a "b">]><feedback>&a;</feedback>', "document type"),
     (b'<!DOCTYPE feedback SYSTEM "file:///etc/passwd"><feedback/>', "document type"),
     (b"<feedback>" + b"<a>" * 60 + b"</a>" * 60 + b"</feedback>", "nested"),
     (b"<feedback><r>" + b"<a/>" * 10_001 + b"</r></feedback>", "repeated"),
     (b'<feedback a="' + b"x" * 2_000_000 + b'"/>', "more than a million signs"),
     (b"<feedback><!--" + b"x" * 2_000_000, "more than a million signs")],
)  # fmt: skip
def test_what_is_no_report_is_said(content: bytes, said: str) -> None:
    with pytest.raises(Unreadable, match=said):
        tree(content)


def test_what_came_before_a_break_is_given() -> None:
    found = children(sliced(b"<feedback><a>1</a><b></c>"), "feedback")
    assert next(found) == ("a", "1")
    with pytest.raises(Unreadable):
        next(found)


def test_a_long_document_needs_no_memory() -> None:
    def endless() -> Iterator[bytes]:
        yield b"<feedback>"
        yield from itertools.repeat(b"<record><row><count>1</count></row></record>" * 100, 300)
        yield b"<long>" + b"x" * 65_536
        yield from itertools.repeat(b"y" * 65_536, 30)
        yield b"</long></feedback>"

    tracemalloc.start()
    try:
        counted = 0
        for name, _ in children(endless(), "feedback"):
            counted += name == "record"
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert counted == 30_000
    assert peak < 2_000_000


@given(st.binary(max_size=400))
def test_anything_ends_in_a_tree_or_a_sentence(content: bytes) -> None:
    said = set()
    for given_ in (content, b"<feedback>" + content, b"<feedback><a>" + content + b"</a></feedback>"):
        try:
            tree(given_)
        except Unreadable as trouble:
            said.add(str(trouble)[-1])
    assert said <= {"."}
