"""Addresses as mails that come back write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailhub.bounces.addresses import addresses_in, from_verp, same, spelt, trimmed, typed


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("<a@b.example>, 'c@d.example': and \"e@f.example\"; (g@h.example)", ["a@b.example", "c@d.example", "e@f.example", "g@h.example"]),  # noqa: E501
        ("RCPT=a@b.example mailto:c@d.example?x=y", ["a@b.example", "c@d.example"]),
        ("o'neil@b.example.", ["o'neil@b.example"]),
        ('"two words"@b.example', ['"two words"@b.example']),
        ("宛先「a@b.example」、次", ["a@b.example"]),
        ("a@b.example a@b.example A@B.Example", ["a@b.example", "A@b.example"]),
        ("jörg@bücher.example", ["jörg@xn--bcher-kva.example"]),
        ("root@localhost, @x.example, a@, a@@b", []),
    ],
)  # fmt: skip
def test_addresses_in_text(text: str, addresses: list[str]) -> None:
    assert addresses_in(text) == addresses


@pytest.mark.parametrize(
    ("value", "address"),
    [
        ("rfc822; a@b.example", "a@b.example"), ("RFC822;<a@b.example>", "a@b.example"), ("a@b.example", "a@b.example"),
        ("utf-8; a@b.example (Pat)", "a@b.example"), ("LOCAL; pat", ""), ("", ""),
    ],
)  # fmt: skip
def test_typed_addresses(value: str, address: str) -> None:
    assert typed(value) == address


def test_xtext_is_undone() -> None:
    assert spelt("rfc822;a+2Bb+40c.example") == "rfc822;a+b@c.example"


@pytest.mark.parametrize(
    ("path", "address"),
    [
        ("list-bounces+pat=there.example@ours.example", "pat@there.example"),
        ("b-123-pat.o=mail.there.example@ours.example", "pat.o@mail.there.example"),
        ("bounces@ours.example", ""),
        ("prvs=1234=pat@there.example", ""),
        ("SRS0=abc=de=there.example=pat@ours.example", ""),
    ],
)
def test_variable_return_paths(path: str, address: str) -> None:
    assert from_verp(path) == address


def test_trimmed_and_same() -> None:
    assert trimmed(" <a@B.Example>. ") == "a@b.example"
    assert trimmed("nothing") == ""
    assert same("A@b.example", "a@b.example")


@given(st.text(max_size=300))
def test_any_text_has_some_or_none(text: str) -> None:
    assert all("@" in address for address in addresses_in(text))
