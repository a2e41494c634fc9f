"""Recipients and reasons in sentences."""

import pytest

from mailhub.bounces.freeform import named_in, names_surely


def _named(text: str, expected: list[str] | None = None, senders: list[str] | None = None) -> list[str]:
    return [each.address for each in named_in(text, expected or [], senders or [])]


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("<a@b.example>:\nno", ["a@b.example"]),
        ("  * a@b.example\n  * c@d.example\nbecause they are full", ["a@b.example", "c@d.example"]),
        ("could not reach a@b.example, sorry. Contact postmaster@mx.example", ["a@b.example"]),
        ("Please contact\nhelp@mx.example\n\nRCPT TO:<a@b.example>", ["a@b.example"]),
        ("From: us@ours.example\nTo: a@b.example\nfailed", ["a@b.example"]),
        ("a@b.example\n  (expanded from: <c@d.example>)", ["c@d.example"]),
        ("Failed:\n a@b.example, c@d.example", ["a@b.example", "c@d.example"]),
        ("nobody is named", []),
    ],
)
def test_who_is_named(text: str, addresses: list[str]) -> None:
    assert _named(text) == addresses


def test_our_own_address_is_no_recipient_unless_no_other_is_named_or_it_was_written_to() -> None:
    assert _named("us@ours.example\na@b.example", senders=["us@ours.example"]) == ["a@b.example"]
    assert _named("us@ours.example: unknown", ["us@ours.example"], ["us@ours.example"]) == ["us@ours.example"]


def test_each_recipient_has_its_own_reason_and_a_list_shares_one() -> None:
    first, second = named_in("<a@b.example>:\nunknown user\n\n<c@d.example>:\nmailbox full\n", [], [])
    assert "unknown user" in first.words[0]
    assert "mailbox full" not in " ".join(first.words)
    assert "mailbox full" in second.words[0]
    first, second = named_in("a@b.example\nc@d.example\n\nmailbox full\n", [], [])
    assert "mailbox full" in first.words[0]
    assert "mailbox full" in second.words[0]


def test_a_reason_may_stand_before() -> None:
    (only,) = named_in("Subject: no such user\n\n552 mailbox full\n\nThese were affected:\n\n a@b.example\n", [], [])
    assert any("552 mailbox full" in words for words in only.words)
    assert not any("no such user" in words for words in only.words)


def test_a_line_names_somebody_surely_or_in_passing() -> None:
    assert names_surely("<a@b.example>: no")
    assert not names_surely("I heard that a@b.example is away")
