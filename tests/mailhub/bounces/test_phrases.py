"""Phrases are found in texts made plain."""

from hypothesis import given
from hypothesis import strategies as st

from mailhub.bounces.phrases import GAP, LONGEST, Phrase, phrases, plain, said_in


def test_a_text_is_made_plain() -> None:
    assert plain('550  User\n<Joe.O\'Neil@there.example> “isn’t” no_one <"a b"@x.example>') == (
        ' 550 user <address> "isn\'t" no one <address> '
    )
    assert len(plain("a" * 2 * LONGEST)) == LONGEST + 2


def test_a_phrase_is_found_with_gaps_of_bounded_length() -> None:
    phrase = Phrase("mailbox…full")
    assert phrase.within(plain("Mailbox of somebody is full"))
    assert not phrase.within(plain("full mailbox"))
    assert not phrase.within(plain("mailbox" + "x" * (GAP + 1) + "full"))
    assert phrase.within(plain("mailbox" + "x" * (GAP + 1) + " mailbox is full"))


def test_an_underscore_is_the_end_of_a_word() -> None:
    assert said_in(plain("rbl says no"), phrases(["_rbl_"]))
    assert not said_in(plain("marble"), phrases(["_rbl_"]))


@given(st.text(max_size=300))
def test_any_text_is_looked_through(text: str) -> None:
    assert Phrase("…").within(plain(text))
