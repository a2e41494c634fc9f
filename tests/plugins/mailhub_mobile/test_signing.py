"""Tokens are true for the sign-in they were made for, and for nothing else."""

from mailhub.hub import Hub
from mailhub_mobile import signing
from mailhub_mobile.signing import ACCESS, REFRESH, Token

GIVEN = Token(ACCESS, 7, 3, 1_800_000_000_000)


def test_a_token_says_what_it_was_given_and_is_true_for_its_sign_in_alone(sqlite_hub: Hub) -> None:
    text = signing.make(sqlite_hub, GIVEN, "family")
    assert signing.peek(text, ACCESS) == GIVEN
    assert signing.is_true(sqlite_hub, text, "family")
    assert not signing.is_true(sqlite_hub, text, "another")
    assert not signing.is_true(sqlite_hub, text, "")


def test_an_access_token_is_no_refresh_token(sqlite_hub: Hub) -> None:
    text = signing.make(sqlite_hub, GIVEN, "family")
    assert signing.peek(text, REFRESH) is None
    swapped = signing.make(sqlite_hub, GIVEN._replace(kind=REFRESH), "family")
    assert text[2:] != swapped[2:]


def test_each_changed_letter_makes_it_untrue(sqlite_hub: Hub) -> None:
    text = signing.make(sqlite_hub, GIVEN, "family")
    for place in range(len(text)):
        forged = text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :]
        assert not signing.is_true(sqlite_hub, forged, "family"), place


def test_other_texts_are_no_tokens(sqlite_hub: Hub) -> None:
    text = signing.make(sqlite_hub, GIVEN, "family")
    for other in ("", "x", text[:-1], text + "A", text + "\n", "é" * 56, "=" * 56, "A" * 56):
        assert signing.peek(other, ACCESS) is None, other
        assert not signing.is_true(sqlite_hub, other, "family"), other
