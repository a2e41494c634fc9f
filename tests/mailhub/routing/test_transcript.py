"""Everything said is written down, secrets are not, and hostile servers fill no memory."""

import base64

from mailhub.errors import Sentence
from mailhub.routing.transcript import LONGEST_LINE, MASK, MOST_LINES, Transcript


def test_lines_say_when_who_and_what() -> None:
    heard = Transcript()
    heard.us("EHLO here.example")
    heard.them("250 there")
    heard.note(Sentence("Kept, {count} bytes.", count=5))
    assert [line[1:] for line in heard.lines] == [
        ["us", "EHLO here.example", {}],
        ["them", "250 there", {}],
        ["note", "Kept, {count} bytes.", {"count": "5"}],
    ]
    assert all(isinstance(line[0], int) for line in heard.lines)


def test_a_secret_is_masked_wherever_it_comes_from() -> None:
    heard = Transcript("me", "secret-word")
    coded = base64.b64encode(b"secret-word").decode()
    heard.them(f"535 {coded} and secret-word are wrong")
    heard.note(Sentence("{reason}", reason="not secret-word"))
    assert heard.lines[0][2] == f"535 {MASK} and {MASK} are wrong"
    assert heard.lines[1][3] == {"reason": f"not {MASK}"}


def test_a_short_password_does_not_blot_out_other_words() -> None:
    assert Transcript("me", "a").clean("a bad day") == "a bad day"


def test_what_a_server_says_is_bounded_and_printable() -> None:
    heard = Transcript()
    heard.them("250 \x1b[31m" + "x" * 5000)
    assert heard.lines[0][2].startswith("250 �[31m")
    assert len(heard.lines[0][2]) == LONGEST_LINE
    for _ in range(2 * MOST_LINES):
        heard.them("250 again")
    assert len(heard.lines) == MOST_LINES
