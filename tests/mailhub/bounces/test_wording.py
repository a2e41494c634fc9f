"""A mail's own words, and where they end."""

import pytest

from mailhub.bounces.wording import cut_returned, one_line, own_words, without_tags
from mailhub.parts import parts_of


def test_plain_text_comes_before_html_and_the_returned_mail_is_left_out() -> None:
    mail = (
        b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nThis is long enough to be the words of the mail itself.\n--b\n"
        b"Content-Type: text/html\n\n<p>page</p>\n--b\nContent-Type: message/rfc822\n\nSubject: x\n\nreturned\n--b--\n"
    )
    words = own_words(parts_of(mail))
    assert "long enough" in words
    assert "page" not in words
    assert "returned" not in words


def test_tags_go_and_blocks_stay_apart() -> None:
    assert without_tags("<style>p{}</style><p>one</p><p>two &lt;a@b.example&gt; <c@d.example> 1 < 2").split() == [
        "one", "two", "<a@b.example>", "<c@d.example>", "1", "<", "2",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "mark",
    [
        "--- Below this line is a copy of the message.",
        "------ This is a copy of the message, including all the headers. ------",
        "   ----- Original message follows -----",
        "|------------------------- Message text follows: ------------------------|",
        "Original message follows.",
        "-----Ursprüngliche Nachricht-----",
        "Received: from a.example by b.example\nFrom: x\nTo: y\nSubject: z",
        "Return-Path: <a@b.example>\nReceived: from a.example\n by b.example\nFrom: x\nTo: y",
    ],
)
def test_the_returned_mail_begins_at_a_mark(mark: str) -> None:
    words, rest = cut_returned(f"Your mail failed.\n\n{mark}\nSubject: Hello\n")
    assert words.strip() == "Your mail failed."
    assert rest.startswith(mark.split("\n")[0])


@pytest.mark.parametrize(
    "line", ["Your message is too large.", "The original message was received at noon", "From: us", "---"]
)
def test_other_lines_are_none(line: str) -> None:
    assert cut_returned(f"Failed.\n{line}\nmore") == (f"Failed.\n{line}\nmore", "")


def test_one_line() -> None:
    assert one_line(" a\n\tb \x00c ") == "a b c"
    assert len(one_line("x" * 1000)) == 500
